/** Things to know: a boxed line (Notice), a line across a view (Band), a problem in either. */
import { CircleAlert, Info, type LucideIcon, TriangleAlert, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "../../shared/problem.ts";
import { Icon } from "./Icon.tsx";
import { visible } from "./Text.tsx";

type Tone = "info" | "warning" | "danger" | "prod";
const icons: Record<Tone, LucideIcon> = {
  info: Info,
  warning: TriangleAlert,
  danger: CircleAlert,
  prod: TriangleAlert,
};

export interface NoticeProps {
  tone?: Tone;
  icon?: LucideIcon;
  children: ReactNode;
  action?: ReactNode;
  /** Read out as it appears. */
  live?: boolean;
}

export function Notice({ tone = "info", icon, children, action, live }: NoticeProps) {
  return (
    <div
      className={`notice${tone === "info" ? "" : ` notice-${tone}`}`}
      role={live ? (tone === "danger" ? "alert" : "status") : undefined}
    >
      <Icon icon={icon ?? icons[tone]} />
      <div>{children}</div>
      {action}
    </div>
  );
}

export function Band({ tone = "info", icon, children, action, live = true }: NoticeProps) {
  return (
    <div
      className={`bandrow band-${tone}`}
      role={live ? (tone === "danger" ? "alert" : "status") : undefined}
    >
      <Icon icon={icon ?? (tone === "danger" ? Unplug : icons[tone])} />
      <div>{children}</div>
      {action}
    </div>
  );
}

/** What failed, what to do, and the server's own words in mono. */
export function ProblemNotice({ problem, action }: { problem: Problem; action?: ReactNode }) {
  const message = problem.detail?.message;
  return (
    <Notice tone="danger" action={action} live>
      {visible(problem.message)}
      {problem.hint && <div className="soft">{visible(problem.hint)}</div>}
      {typeof message === "string" && message !== problem.message && (
        <div>
          <code className="mono help">{visible(message)}</code>
        </div>
      )}
    </Notice>
  );
}
