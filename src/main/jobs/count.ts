/**
 * How many sessions there are: an estimate at once where the store has one, the exact numbers from a worker. Counting goes
 * through the whole index, so a large server's table is counted on request only.
 */
import type { CountEvent } from "../../shared/session.ts";
import type { Store } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import type { Task, TaskRunner } from "./task.ts";

/** Rows that a server counts without being asked to: a second or so. */
const COUNTED = 2_000_000;

/** Whether estimates have to do, and there are some. */
export const isEstimated = async (store: Store, exact: boolean): Promise<boolean> =>
  !exact &&
  ((await store.estimate()) ?? 0) > COUNTED &&
  Array.isArray(await store.estimates?.([{}]));

/** Ends with the exact numbers where the store can count; at once where it cannot, or is large and was not asked to. */
export async function* countSessions(
  { store, recipe }: StoreContext,
  runner: TaskRunner,
  { exact = false }: { exact?: boolean } = {},
  signal?: AbortSignal,
): AsyncGenerator<CountEvent, void> {
  const { count } = store.capabilities;
  yield { total: count === "none" ? null : await store.estimate(), expired: null, exact: false };
  if (count !== "exact") return;
  if (await isEstimated(store, exact)) {
    const [expired] = (await store.estimates?.([{ to: await store.now() }])) ?? [];
    yield { total: await store.estimate(), expired: expired ?? null, exact: false };
    return;
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
