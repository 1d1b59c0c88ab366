/** Worker threads: a few kept warm, a bound on how many there are at one time. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Worker threads one scan is spread over, and threads kept when idle. */
export const parallelism = (): number => Math.min(4, Math.max(1, availableParallelism()));

/** Threads at one time; further tasks wait. Far above what one scan takes, so that paused purges block nothing. */
const MOST_THREADS = 16;
/** How long an idle thread is kept: starting one costs more than many a scan. */
const IDLE_MS = 10_000;

export class ThreadPool {
  readonly #entry: URL;
  readonly #memoryMb: number;
  readonly #all = new Set<Worker>();
  readonly #idle: { worker: Worker; timer: NodeJS.Timeout }[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(entry: URL, memoryMb: number) {
    this.#entry = entry;
    this.#memoryMb = memoryMb;
  }

  async acquire(): Promise<Worker> {
    for (;;) {
      const kept = this.#idle.pop();
      if (kept) {
        clearTimeout(kept.timer);
        kept.worker.ref();
        return kept.worker;
      }
      if (this.#all.size < MOST_THREADS) return this.#start();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #start(): Worker {
    // No flags are inherited: those of a test runner or of --input-type break a plain module.
    const worker = new Worker(this.#entry, {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
    });
    this.#all.add(worker);
    worker.once("exit", () => {
      this.#all.delete(worker);
      const index = this.#idle.findIndex((kept) => kept.worker === worker);
      if (index >= 0) clearTimeout(this.#idle.splice(index, 1)[0]?.timer);
      this.#waiting.shift()?.();
    });
    return worker;
  }

  /** Takes back a thread whose task has ended. */
  release(worker: Worker): void {
    if (this.#idle.length >= parallelism()) {
      void worker.terminate();
      return;
    }
    worker.unref();
    const timer = setTimeout(() => void worker.terminate(), IDLE_MS).unref();
    // A thread that dies while idle is nobody's failure; without a listener it would be an uncaught exception.
    worker.on("error", () => {});
    this.#idle.push({ worker, timer });
    this.#waiting.shift()?.();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }
}
