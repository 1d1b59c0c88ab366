/** Four figures in a row. */
import type { LucideIcon } from "lucide-react";
import { Icon } from "../../ui/Icon.tsx";

export interface Figure {
  title: string;
  icon?: LucideIcon;
  value: string;
  unit?: string;
  note: string;
}

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(({ title, icon, value, unit, note }) => (
        <div key={title}>
          <dt>
            {icon && <Icon icon={icon} size={12} />}
            {title}
          </dt>
          <dd>
            {value} {unit && <small>{unit}</small>}
          </dd>
          <dd className="note">{note}</dd>
        </div>
      ))}
    </dl>
  );
}
