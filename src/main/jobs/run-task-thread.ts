/** The worker's side: runs one task at a time over a store of its own, as the host's control says. */
import { parentPort } from "node:worker_threads";
import { ProblemError } from "../problem.ts";
import type { OpenRecipe, StoreContext } from "./context.ts";
import {
  EVENT_WINDOW,
  MODE,
  PAUSED,
  STOPPING,
  TAKEN,
  type TaskEnd,
  type TaskMessage,
  type TaskStart,
} from "./run-task-protocol.ts";
import type { Control, Task } from "./task.ts";

/** Opens what a task works on; `close` is called when the task has ended. */
export type OpenContext = (
  recipe: OpenRecipe,
) => Promise<{ context: StoreContext; close(): Promise<void> }>;

/** Tasks by name. `never` takes tasks of every input. */
export type TaskTable = Readonly<Record<string, Task<never, unknown>>>;

/** Serves runs until the host ends the thread. To be called once, at the top of a worker's entry. */
export function serveTasks(tasks: TaskTable, open: OpenContext): void {
  const port = parentPort;
  if (!port) throw new Error("Only a worker thread can serve tasks.");
  const send = (message: TaskMessage): void => port.postMessage(message);
  port.on("message", (start: TaskStart) => {
    void run(start, tasks, open, send).then(send);
  });
}

async function run(
  start: TaskStart,
  tasks: TaskTable,
  open: OpenContext,
  send: (message: TaskMessage) => void,
): Promise<TaskEnd> {
  const shared = new Int32Array(start.control);
  try {
    const task = Object.hasOwn(tasks, start.name) ? tasks[start.name] : undefined;
    if (!task) throw new Error(`No task is named ${start.name}.`);
    if (Atomics.load(shared, MODE) === STOPPING) return { type: "ended" };
    const opened = start.recipe === null ? withoutStore : await open(start.recipe);
    try {
      let sent = 0;
      const control = controlOver(shared);
      for await (const event of task(opened.context, start.input as never, control)) {
        send({ type: "event", event });
        sent++;
        await room(shared, sent);
        if (Atomics.load(shared, MODE) === STOPPING) break;
      }
    } finally {
      await opened.close();
    }
    return { type: "ended" };
  } catch (error) {
    // How a store ends a long step it was asked to give up.
    const aborted = error instanceof Error && error.name === "AbortError";
    if (aborted && Atomics.load(shared, MODE) === STOPPING) return { type: "ended" };
    if (error instanceof ProblemError) return { type: "problem", problem: error.problem };
    const bug = error instanceof Error ? error : new Error(String(error));
    return { type: "bug", message: bug.message, stack: bug.stack ?? "" };
  }
}

const absent = (): never => {
  throw new Error("This task was started without a store.");
};

const withoutStore: Awaited<ReturnType<OpenContext>> = {
  context: {
    get recipe() {
      return absent();
    },
    get store() {
      return absent();
    },
    get bin() {
      return absent();
    },
  },
  async close() {},
};

async function room(shared: Int32Array, sent: number): Promise<void> {
  for (;;) {
    const taken = Atomics.load(shared, TAKEN);
    if (sent - taken < EVENT_WINDOW || Atomics.load(shared, MODE) === STOPPING) return;
    await Atomics.waitAsync(shared, TAKEN, taken).value;
  }
}

function controlOver(shared: Int32Array): Control {
  const stopping = (): boolean => Atomics.load(shared, MODE) === STOPPING;
  const controller = new AbortController();
  const { signal } = controller;
  // Synchronous work never lets a message in, so the signal looks at the control itself when asked.
  const aborted = (): boolean => Reflect.get(AbortSignal.prototype, "aborted", signal);
  const look = (): boolean => {
    if (stopping() && !aborted()) controller.abort();
    return aborted();
  };
  Object.defineProperty(signal, "aborted", { get: look });
  Object.defineProperty(signal, "throwIfAborted", {
    value: () => {
      if (look()) throw signal.reason;
    },
  });
  return {
    signal,
    async whilePaused() {
      while (Atomics.load(shared, MODE) === PAUSED)
        await Atomics.waitAsync(shared, MODE, PAUSED).value;
      look();
    },
  };
}
