/** Starts a job that writes: the guard speaks at once, the writable store stays open until the job ends. */
import type { ChangeContext, ChunkDone } from "../../jobs/change-many.ts";
import type { JobPlan } from "../../jobs/job.ts";
import type { JobRun } from "../../jobs/registry.ts";
import type { Services } from "../services.ts";

type Plan = Omit<JobPlan, "id"> & { kind: "logout" | "purge" | "restore" | "delete" };

/** read_only, confirm_name and the like before anything starts; else the job's id. */
export function startWriting(
  { stores, jobs, tellBin }: Services,
  plan: Plan,
  confirmName: string | undefined,
  work: (context: ChangeContext, run: JobRun) => Promise<void>,
): string {
  const hold = stores.hold(plan.connection, plan.kind, confirmName);
  return jobs.start(plan, async (run) => {
    // Locking by hand ends the work as well.
    const signal = AbortSignal.any([run.signal, hold.context.signal]);
    try {
      await work({ ...hold.context, signal }, run);
    } finally {
      await hold.release();
      tellBin();
    }
  });
}

/** A job that is waited for: listed while it runs, so that a long one is seen and can be stopped. */
export async function runWriting<Result>(
  services: Services,
  plan: Plan,
  confirmName: string | undefined,
  work: (context: ChangeContext, run: JobRun) => Promise<Result>,
): Promise<Result> {
  const results: Result[] = [];
  let failure: unknown = new Error("The job ended without a result.");
  const job = startWriting(services, plan, confirmName, async (context, run) => {
    try {
      results.push(await work(context, run));
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  await services.jobs.ended(job);
  for (const result of results) return result;
  throw failure;
}

/** Counts a part of the work into the job's progress, and waits while the job is paused. */
export async function counted(
  { state, changed, whilePaused }: JobRun,
  done: ChunkDone,
  size: number,
): Promise<void> {
  state.batch({ ...done, lockMs: 0, pauseMs: 0, size, note: "" }, false);
  changed();
  await whilePaused();
}
