/** How many sessions there are: an estimate at once where the store has one, the exact numbers from a worker. */
import type { CountEvent } from "../../shared/session.ts";
import type { StoreContext } from "./context.ts";
import type { Task, TaskRunner } from "./task.ts";

/** Ends with the exact numbers where the store can count; at once where it cannot. */
export async function* countSessions(
  { store, recipe }: StoreContext,
  runner: TaskRunner,
  signal?: AbortSignal,
): AsyncGenerator<CountEvent, void> {
  const { count } = store.capabilities;
  yield { total: count === "none" ? null : await store.estimate(), expired: null, exact: false };
  if (count !== "exact") return;
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
