/** Tasks that find their store gone tell it, so that a loss noticed by a scan alone is said and tried again too. */
import type { RunningTask, TaskRunner } from "../jobs/task.ts";
import { ProblemError } from "../problem.ts";
import { maskedProblem } from "../workspace/mask.ts";
import { isLost } from "../workspace/reconnect.ts";

/** The same runner; `lost` gets the connection of a task that ended with its store away. */
export const watchedRunner = (
  runner: TaskRunner,
  lost: (connection: string) => void,
): TaskRunner => ({
  run<Event>(...given: Parameters<TaskRunner["run"]>): RunningTask<Event> {
    const task = runner.run<Event>(...given);
    const [, recipe] = given;
    return {
      pause: () => task.pause(),
      resume: () => task.resume(),
      stop: () => task.stop(),
      [Symbol.asyncIterator]() {
        const inner = task[Symbol.asyncIterator]();
        return {
          async next() {
            try {
              return await inner.next();
            } catch (error) {
              if (recipe && isLost(error)) lost(recipe.connection.id);
              throw error instanceof ProblemError
                ? new ProblemError(maskedProblem(error.problem))
                : error;
            }
          },
          return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
        };
      },
    };
  },
});
