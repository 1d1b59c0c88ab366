/** One of a few, all in sight. Native radios underneath. */
import type { LucideIcon } from "lucide-react";
import { useId } from "react";
import { Icon } from "./Icon.tsx";

export interface SegmentedProps<Id extends string> {
  label: string;
  options: { id: Id; text: string; icon?: LucideIcon }[];
  value: Id;
  onChange: (id: Id) => void;
  className?: string;
}

export function Segmented<Id extends string>(props: SegmentedProps<Id>) {
  const { label, options, value, onChange, className } = props;
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={`segmented ${className ?? ""}`.trim()}>
      {options.map((option) => (
        <label key={option.id}>
          <input
            type="radio"
            className="cover"
            name={name}
            checked={option.id === value}
            onChange={() => onChange(option.id)}
          />
          {option.icon && <Icon icon={option.icon} />}
          {option.text}
        </label>
      ))}
    </div>
  );
}
