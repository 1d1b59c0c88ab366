/** Buttons. One that cannot act now stays focusable and says why (`reason`), instead of going dead. */
import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Icon } from "./Icon.tsx";

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className">;

interface Common extends Native {
  /** Why it cannot act: sets aria-disabled, shows as its title, and swallows the click. */
  reason?: string | null | undefined;
  ref?: Ref<HTMLButtonElement>;
  className?: string;
}

function guarded({ reason, onClick, title, type, ...rest }: Common) {
  return {
    ...rest,
    type: type ?? ("button" as const),
    title: reason ?? title,
    ...(reason
      ? {
          "aria-disabled": true,
          onClick: (event: React.MouseEvent) => event.preventDefault(),
        }
      : { onClick }),
  };
}

export interface ButtonProps extends Common {
  variant?: "primary" | "danger" | "danger-quiet";
  large?: boolean;
  icon?: LucideIcon;
  /** Keys shown inside, "Space". */
  keys?: string;
  children: ReactNode;
}

export function Button({ variant, large, icon, keys, children, className, ...rest }: ButtonProps) {
  const classes = [
    "btn",
    variant && !rest.reason ? `btn-${variant}` : "",
    large ? "btn-lg" : "",
    className ?? "",
  ];
  return (
    <button {...guarded(rest)} className={classes.filter(Boolean).join(" ")}>
      {icon && <Icon icon={icon} />}
      {children}
      {keys && (
        <span aria-hidden="true">
          <kbd>{keys}</kbd>
        </span>
      )}
    </button>
  );
}

export interface IconButtonProps extends Common {
  icon: LucideIcon;
  label: string;
  /** Text beside the icon; the label stays the accessible name where it says more. */
  text?: string;
}

export function IconButton({ icon, label, text, title, className, ...rest }: IconButtonProps) {
  return (
    <button
      {...guarded({ ...rest, title: title ?? label })}
      aria-label={label}
      className={`iconbtn${text ? " iconbtn-text" : ""} ${className ?? ""}`.trim()}
    >
      <Icon icon={icon} />
      {text}
    </button>
  );
}
