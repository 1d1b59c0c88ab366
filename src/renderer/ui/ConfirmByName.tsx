/** Typing a connection's name before something that cannot be done by accident. Paste is allowed. */
import { Check } from "lucide-react";
import { useId } from "react";
import { Icon } from "./Icon.tsx";

export interface ConfirmByNameProps {
  name: string;
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
}

/** `value === name` is what unlocks the button beside it. */
export function ConfirmByName({ name, value, onChange, autoFocus }: ConfirmByNameProps) {
  const id = useId();
  return (
    <div className="confirmname">
      <label htmlFor={id}>
        Type <code className="mono">{name}</code> to confirm.
      </label>
      <span className="input">
        <input
          id={id}
          value={value}
          spellCheck={false}
          autoComplete="off"
          data-autofocus={autoFocus ? true : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
        {value === name && (
          <span className="ok">
            <Icon icon={Check} size={12} />
            matches
          </span>
        )}
      </span>
    </div>
  );
}
