/** Starts a job that writes: the guard speaks at once, the writable store stays open until the job ends. */
import type { ChangeContext } from "../../jobs/change-many.ts";
import type { JobPlan } from "../../jobs/job.ts";
import type { JobRun } from "../../jobs/registry.ts";
import type { Services } from "../services.ts";

type Plan = Omit<JobPlan, "id"> & { kind: "logout" | "purge" | "restore" };

/** read_only, confirm_name and the like before anything starts; else the job's id. */
export function startWriting(
  { stores, jobs, tellBin }: Services,
  plan: Plan,
  confirmName: string | undefined,
  work: (context: ChangeContext, run: JobRun) => Promise<void>,
): string {
  const hold = stores.hold(plan.connection, plan.kind, confirmName);
  return jobs.start(plan, async (run) => {
    try {
      await work(hold.context, run);
    } finally {
      await hold.release();
      tellBin();
    }
  });
}
