/** Small marks: tags, and the environment of a connection. Never by colour alone. */
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { Environment } from "../../shared/connection.ts";
import { Icon } from "./Icon.tsx";

export interface BadgeProps {
  tone?: "active" | "expired" | "browser" | "warning" | "danger" | "accent";
  icon?: LucideIcon;
  children: ReactNode;
  title?: string;
}

export function Badge({ tone, icon, children, title }: BadgeProps) {
  return (
    <span className={`tag${tone ? ` tag-${tone}` : ""}`} title={title}>
      {icon && <Icon icon={icon} />}
      {children}
    </span>
  );
}

const environments: Record<Environment, { text: string; className: string }> = {
  development: { text: "LOCAL", className: "" },
  staging: { text: "STAGING", className: "env-staging" },
  production: { text: "PROD", className: "env-prod" },
};

export function EnvBadge({ environment, small }: { environment: Environment; small?: boolean }) {
  const { text, className } = environments[environment];
  return <span className={`env${small ? " env-sm" : ""} ${className}`.trim()}>{text}</span>;
}
