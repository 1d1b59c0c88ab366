/**
 * How many sessions there are: an estimate at once where the store has one, the exact numbers from a worker. Counting goes
 * through the whole index, so a large server's table is counted on request only.
 */
import type { CountEvent } from "../../shared/session.ts";
import type { StoreContext } from "./context.ts";
import type { Task, TaskRunner } from "./task.ts";

/** Rows that a server counts without being asked to: a second or so. */
const COUNTED = 2_000_000;

/** Whether `total` sessions, by an estimate, are too many to be counted unasked where the store can estimate ranges. */
export const isLarge = (total: number | null): boolean => (total ?? 0) > COUNTED;

/** Ends with the exact numbers where the store can count; at once where it cannot, or is large and was not asked to. */
export async function* countSessions(
  { store, recipe }: StoreContext,
  runner: TaskRunner,
  { exact = false }: { exact?: boolean } = {},
  signal?: AbortSignal,
): AsyncGenerator<CountEvent, void> {
  const { count } = store.capabilities;
  const total = count === "none" ? null : await store.estimate();
  yield { total, expired: null, exact: false };
  if (count !== "exact") return;
  if (!exact && isLarge(total)) {
    const [expired] = (await store.estimates?.([{ to: await store.now() }])) ?? [];
    if (expired !== undefined) {
      yield { total, expired, exact: false };
      return;
    }
  }
  const task = runner.run<CountEvent>("count", recipe, {});
  const stop = (): void => task.stop();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    yield* task;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

export const count: Task<unknown, CountEvent> = async function* ({ store }, _, { signal }) {
  const now = await store.now();
  const total = await store.count({}, signal);
  if (signal.aborted) return;
  yield { total, expired: null, exact: false };
  const expired = await store.count({ to: now }, signal);
  if (!signal.aborted) yield { total, expired, exact: true };
};
