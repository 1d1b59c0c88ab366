/** Events of a task for a client: the task ends when the client goes away. */
import type { RunningTask } from "../../jobs/task.ts";

export async function* untilAborted<Event>(
  task: RunningTask<Event>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Event, void> {
  const stop = (): void => task.stop();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    yield* task;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
