/** On or off at once (Switch), and off or on as part of a form (Checkbox). */
import { Check } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Icon } from "./Icon.tsx";

export interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  className?: string;
  disabled?: boolean;
  describedBy?: string;
}

export function Switch({
  checked,
  onChange,
  label,
  className,
  disabled,
  describedBy,
}: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      aria-describedby={describedBy}
      disabled={disabled}
      className={`switch ${className ?? ""}`.trim()}
      onClick={() => onChange(!checked)}
    >
      <i />
    </button>
  );
}

export interface CheckboxProps {
  checked: boolean;
  onChange?: (checked: boolean) => void;
  help?: ReactNode;
  /** Always as it is: shown for what it says. */
  fixed?: boolean;
  children: ReactNode;
}

export function Checkbox({ checked, onChange, help, fixed, children }: CheckboxProps) {
  const id = useId();
  return (
    <label className="checkbox">
      <input
        type="checkbox"
        checked={checked}
        aria-disabled={fixed ? true : undefined}
        aria-describedby={help ? id : undefined}
        onChange={(event) => !fixed && onChange?.(event.target.checked)}
      />
      <i>
        <Icon icon={Check} />
      </i>
      <span>{children}</span>
      {help && (
        <span className="help" id={id}>
          {help}
        </span>
      )}
    </label>
  );
}
