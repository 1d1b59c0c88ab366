/** The host's side of worker threads: starts tasks, hands their events on, and ends them with the iteration. */
import type { Worker } from "node:worker_threads";
import { ProblemError, problem } from "../problem.ts";
import type { OpenRecipe } from "./context.ts";
import { ThreadPool } from "./run-task-pool.ts";
import {
  CONTROL_BYTES,
  MODE,
  PAUSED,
  RUNNING,
  STOPPING,
  TAKEN,
  type TaskMessage,
  type TaskStart,
} from "./run-task-protocol.ts";
import type { RunningTask, TaskRunner } from "./task.ts";

/** How long a stopped task may take over its current step before its thread is ended, and `return()` over that. */
const GRACE_MS = 10_000;
const RETURN_MS = 1_000;

/** The thread's entry: the source beside this folder, or, in the build, where all chunks lie flat, the one beside us. */
function workerEntry(): URL {
  const name = import.meta.url.endsWith(".ts") ? "../worker.ts" : "./worker.js";
  return new URL(name, import.meta.url);
}

export interface ThreadRunner extends TaskRunner {
  /** Ends every thread; running iterations end with a problem. */
  close(): Promise<void>;
}

/** Heap of one thread: several times what the largest value a task decodes takes. */
const MEMORY_MB = 1024;

/** A runner with its own pool. `entry` is the module a thread starts with; `memoryMb` bounds a thread's heap. */
export function createTaskRunner(entry: URL = workerEntry(), memoryMb = MEMORY_MB): ThreadRunner {
  const pool = new ThreadPool(entry, memoryMb);
  return {
    run: <Event>(name: string, recipe: OpenRecipe | null, input: unknown) =>
      new Run<Event>(pool, { name, recipe, input, control: new SharedArrayBuffer(CONTROL_BYTES) }),
    close: () => pool.close(),
  };
}

class Run<Event> implements RunningTask<Event>, AsyncIterator<Event, undefined> {
  readonly #pool: ThreadPool;
  readonly #start: TaskStart;
  readonly #control: Int32Array;
  readonly #inbox: Event[] = [];
  #begun = false;
  #stopped = false;
  #worker: Worker | undefined;
  #grace: NodeJS.Timeout | undefined;
  #end: { error: Error | null } | null = null;
  #wake: () => void = () => {};
  readonly #ended: Promise<void>;
  #announceEnd: () => void = () => {};

  constructor(pool: ThreadPool, start: TaskStart) {
    this.#pool = pool;
    this.#start = start;
    this.#control = new Int32Array(start.control);
    this.#ended = new Promise((resolve) => {
      this.#announceEnd = resolve;
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    return this;
  }

  pause(): void {
    if (!this.#stopped) this.#setMode(PAUSED);
  }

  resume(): void {
    if (!this.#stopped) this.#setMode(RUNNING);
  }

  stop(): void {
    this.#stopped = true;
    this.#setMode(STOPPING);
    const worker = this.#worker;
    // Still waiting for a thread: there is nothing to wait for any more.
    if (this.#begun && !worker) this.#finish(null);
    // A step that never comes back (a count over a slow disk) must not keep its thread for ever.
    if (worker && !this.#end)
      this.#grace ??= setTimeout(() => void worker.terminate(), GRACE_MS).unref();
  }

  #setMode(mode: number): void {
    Atomics.store(this.#control, MODE, mode);
    Atomics.notify(this.#control, MODE);
    // A task that waits for its events to be taken has to see a stop as well.
    Atomics.notify(this.#control, TAKEN);
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    if (!this.#begun) {
      this.#begun = true;
      if (this.#stopped) this.#finish(null);
      else void this.#begin();
    }
    for (;;) {
      const event = this.#inbox.shift();
      if (event !== undefined) {
        Atomics.add(this.#control, TAKEN, 1);
        Atomics.notify(this.#control, TAKEN);
        return { done: false, value: event };
      }
      if (this.#end) {
        const { error } = this.#end;
        this.#end = { error: null };
        if (error) throw error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.stop();
    if (this.#begun && !this.#end) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, RETURN_MS).unref());
      await Promise.race([this.#ended, late]);
    }
    this.#inbox.length = 0;
    this.#finish(null);
    return { done: true, value: undefined };
  }

  #finish(error: Error | null): void {
    this.#end ??= { error };
    this.#announceEnd();
    this.#wake();
  }

  async #begin(): Promise<void> {
    const worker = await this.#pool.acquire();
    if (this.#stopped) {
      this.#pool.release(worker);
      this.#finish(null);
      return;
    }
    this.#worker = worker;
    const leave = (error: Error | null, reuse: boolean): void => {
      clearTimeout(this.#grace);
      worker.removeAllListeners("message").removeAllListeners("error");
      worker.off("exit", onExit);
      this.#worker = undefined;
      if (reuse) this.#pool.release(worker);
      else void worker.terminate();
      this.#finish(error);
    };
    const onExit = (): void =>
      leave(
        this.#stopped ? null : problem("store_failed", "The worker thread ended unexpectedly."),
        false,
      );
    worker.on("message", (message: TaskMessage) => {
      if (message.type === "event") {
        this.#inbox.push(message.event as Event);
        this.#wake();
        return;
      }
      leave(errorOf(message), message.type !== "bug");
    });
    worker.on("error", (error) => leave(crash(error), false));
    worker.once("exit", onExit);
    worker.postMessage(this.#start);
  }
}

function errorOf(end: Exclude<TaskMessage, { type: "event" }>): Error | null {
  if (end.type === "ended") return null;
  if (end.type === "problem") return new ProblemError(end.problem);
  const bug = new Error(end.message);
  bug.stack = end.stack;
  return bug;
}

function crash(error: unknown): ProblemError {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ERR_WORKER_OUT_OF_MEMORY")
    return problem("too_large", "The sessions read at once need more memory than a worker has.");
  return problem("store_failed", "The worker thread ended unexpectedly.", undefined, {
    message: message ?? String(error),
  });
}
