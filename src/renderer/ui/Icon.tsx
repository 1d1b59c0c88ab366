/** Lucide drawings at the weight of the design: 1.4 on a 16 px grid. */
import type { LucideIcon } from "lucide-react";

export interface IconProps {
  icon: LucideIcon;
  size?: 12 | 14 | 16;
  className?: string;
  /** Named only where no text stands beside it. */
  label?: string;
}

export function Icon({ icon: Drawing, size = 16, className = "", label }: IconProps) {
  const scale = size === 16 ? "" : ` ico-${size}`;
  return (
    <Drawing
      className={`ico${scale} ${className}`.trim()}
      strokeWidth={2}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    />
  );
}
