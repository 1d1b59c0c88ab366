/** The plan of a purge, kept per connection while the page lives, so that other views can be visited. */
import { create } from "zustand";
import type { OpenStore } from "../../../shared/connection.ts";
import { type Job, type Pace, usualPace } from "../../../shared/job.ts";
import { useApp } from "../../state/app.ts";

export const unitMs = { minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 };
export type Unit = keyof typeof unitMs;

export interface Plan {
  /** "now": by the store's own clock. */
  when: "now" | "over";
  amount: string;
  unit: Unit;
  includeNeverRemoved: boolean;
  backup: boolean;
  maxLockMs: string;
  pauseMs: string;
  /** The job on screen instead of the plan. */
  job: string | null;
  /** Lock limits of the jobs started here, for their charts. */
  limits: Record<string, number>;
}

const kept = "sessionscope-purge-limits";

/** Of jobs started in this tab, also before it was loaded again. */
function keptLimits(): Record<string, number> {
  try {
    return JSON.parse(sessionStorage.getItem(kept) ?? "{}");
  } catch {
    return {};
  }
}

const firstAt = ({ maxLockMs, pauseMs }: Pace): Plan => ({
  when: "now",
  amount: "1",
  unit: "days",
  includeNeverRemoved: false,
  backup: true,
  maxLockMs: String(maxLockMs),
  pauseMs: String(pauseMs),
  job: null,
  limits: keptLimits(),
});

const first = firstAt(usualPace({}));
const firstOfRows = firstAt(usualPace({ rowLocks: true }));

const usePlans = create<{ plans: Record<string, Plan> }>(() => ({ plans: {} }));

export function usePlan(connection: string): [Plan, (change: Partial<Plan>) => void] {
  const usual = useApp((state) => state.stores[connection]?.capabilities.rowLocks)
    ? firstOfRows
    : first;
  const plan = usePlans((state) => state.plans[connection]) ?? usual;
  const change = (next: Partial<Plan>) => {
    if (next.limits)
      sessionStorage.setItem(kept, JSON.stringify({ ...keptLimits(), ...next.limits }));
    usePlans.setState(({ plans }) => ({
      plans: { ...plans, [connection]: { ...(plans[connection] ?? usual), ...next } },
    }));
  };
  return [plan, change];
}

/** A whole number within bounds, or what is wrong with it. */
export function wholeNumber(
  typed: string,
  least: number,
  most: number,
): { value: number } | { problem: string } {
  const value = Number(typed);
  if (/^\d+$/.test(typed.trim()) && value >= least && value <= most) return { value };
  return { problem: `A whole number from ${least} to ${most.toLocaleString("en-US")}.` };
}

export const isLive = (job: Job): boolean => job.status === "running" || job.status === "paused";

/** A batch holds a lock that others wait for: in a database; a file or a cache entry goes by itself. */
export const holdsLocks = (store: Pick<OpenStore, "kind"> | null): boolean => store?.kind === "db";
