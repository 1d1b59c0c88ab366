/** The jobs of this host: started here, watched, paused and stopped by their id. */
import { randomUUID } from "node:crypto";
import type { Job } from "../../shared/job.ts";
import { ProblemError, problem } from "../problem.ts";
import { type JobPlan, JobState } from "./job.ts";
import type { RunningTask } from "./task.ts";

/** What the work of a job is given. */
export interface JobRun {
  readonly state: JobState;
  /** Fires when the job is to stop after its current step. */
  readonly signal: AbortSignal;
  /** Resolves at once, or, while paused, when resumed or stopped. */
  whilePaused(): Promise<void>;
  /** The events of a task in a worker, which is paused and stopped along with the job. */
  follow<Event>(task: RunningTask<Event>): AsyncIterable<Event>;
  /** To be called after a change to the state, as often as it changes. */
  changed(): void;
}

export interface JobRegistry {
  /** Starts work that runs on by itself. It is "done" when it ends, or "stopped" after a stop. */
  start(plan: Omit<JobPlan, "id">, work: (run: JobRun) => Promise<void>): string;
  /** Newest first. */
  list(connection?: string): Job[];
  /** not_found for an unknown id, as with the three below. */
  watch(id: string, signal: AbortSignal | undefined): AsyncGenerator<Job, void>;
  pause(id: string): Job;
  resume(id: string): Job;
  stop(id: string): Job;
  /** Resolves when the job has ended, however it did. */
  ended(id: string): Promise<void>;
  /** Stops those of a connection, or all, and waits for their current step. */
  stopAll(connection?: string): Promise<void>;
}

/** Ended jobs that stay listed. */
const mostEnded = 100;
/** At most four announcements a second. */
const announceEvery = 250;

interface Held {
  state: JobState;
  connection: string;
  abort: AbortController;
  paused: boolean;
  tasks: Set<RunningTask<unknown>>;
  wake: Set<() => void>;
  /** Counts announcements, so that a watcher busy with one does not miss the next. */
  version: number;
  announcedAt: number;
  timer: NodeJS.Timeout | null;
  ended: Promise<void>;
}

/** `announce` hears of every change, `onBug` of failures that are no problems. */
export function createRegistry(
  announce: (job: Job) => void,
  onBug: (error: unknown) => void,
): JobRegistry {
  const jobs = new Map<string, Held>();

  function find(id: string): Held {
    const held = jobs.get(id);
    if (!held) throw problem("not_found", "No job has this id.");
    return held;
  }

  function announceNow(held: Held): void {
    if (held.timer) clearTimeout(held.timer);
    held.timer = null;
    held.announcedAt = performance.now();
    held.version++;
    announce(held.state.snapshot());
    for (const wake of held.wake) wake();
  }

  function changed(held: Held): void {
    if (held.timer) return;
    const wait = held.announcedAt + announceEvery - performance.now();
    if (wait <= 0) announceNow(held);
    else held.timer = setTimeout(() => announceNow(held), wait);
  }

  function setPaused(id: string, paused: boolean): Job {
    const held = find(id);
    if (!held.state.ended && held.paused !== paused) {
      held.paused = paused;
      if (paused) held.state.pause();
      else held.state.resume();
      for (const task of held.tasks) paused ? task.pause() : task.resume();
      announceNow(held);
    }
    return held.state.snapshot();
  }

  function stop(held: Held): void {
    if (held.state.ended) return;
    held.abort.abort();
    for (const task of held.tasks) task.stop();
    for (const wake of held.wake) wake();
  }

  const runOf = (held: Held): JobRun => ({
    state: held.state,
    signal: held.abort.signal,
    changed: () => changed(held),
    async whilePaused() {
      while (held.paused && !held.abort.signal.aborted) await woken(held);
    },
    async *follow(task) {
      held.tasks.add(task);
      if (held.abort.signal.aborted) task.stop();
      else if (held.paused) task.pause();
      try {
        yield* task;
      } finally {
        held.tasks.delete(task);
      }
    },
  });

  async function run(held: Held, work: (run: JobRun) => Promise<void>): Promise<void> {
    try {
      await work(runOf(held));
      held.state.end(held.abort.signal.aborted ? "stopped" : "done");
    } catch (error) {
      if (!(error instanceof ProblemError)) onBug(error);
      held.state.end("failed", error instanceof ProblemError ? error.problem : internal);
    }
    announceNow(held);
    const ended = [...jobs].filter(([, { state }]) => state.ended);
    for (const [id] of ended.slice(0, Math.max(0, ended.length - mostEnded))) jobs.delete(id);
  }

  return {
    start(plan, work) {
      const id = `job-${randomUUID()}`;
      const held: Held = {
        state: new JobState({ ...plan, id }),
        connection: plan.connection,
        abort: new AbortController(),
        paused: false,
        tasks: new Set(),
        wake: new Set(),
        version: 0,
        announcedAt: Number.NEGATIVE_INFINITY,
        timer: null,
        ended: Promise.resolve(),
      };
      jobs.set(id, held);
      changed(held);
      held.ended = run(held, work);
      return id;
    },
    list: (connection) =>
      [...jobs.values()]
        .filter((held) => connection === undefined || held.connection === connection)
        .map(({ state }) => state.snapshot())
        .reverse(),
    async *watch(id, signal) {
      const held = find(id);
      for (;;) {
        const { version, state } = held;
        const job = state.snapshot();
        yield job;
        if (job.endedAt !== null) return;
        while (held.version === version && !signal?.aborted) await woken(held, signal);
        if (signal?.aborted) return;
      }
    },
    pause: (id) => setPaused(id, true),
    resume: (id) => setPaused(id, false),
    stop(id) {
      const held = find(id);
      stop(held);
      return held.state.snapshot();
    },
    ended: (id) => find(id).ended,
    async stopAll(connection) {
      const all = [...jobs.values()].filter(
        (held) => connection === undefined || held.connection === connection,
      );
      for (const held of all) stop(held);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

const internal = problem(
  "store_failed",
  "The job failed for a reason of its own, which is a bug.",
).problem;

/** The next change of a job, or the signal. */
function woken(held: Held, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      held.wake.delete(wake);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    held.wake.add(wake);
    signal?.addEventListener("abort", wake);
  });
}
