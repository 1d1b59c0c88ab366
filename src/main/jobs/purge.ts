/** A purge as a job: the worker's batches, folded into its progress and its report. */
import { type Pace, type PurgeStart, usualPace } from "../../shared/job.ts";
import type { ChangeContext } from "./change-many.ts";
import type { PurgeEvent, PurgeInput } from "./purge-task.ts";
import type { JobRun } from "./registry.ts";
import type { TaskRunner } from "./task.ts";

export const purgeTitle = (cutoff: string): string =>
  `Purge sessions expired before ${cutoff.slice(0, 19).replace("T", " ")} UTC`;

export async function purge(
  { recipe, identity, store }: ChangeContext,
  runner: TaskRunner,
  request: PurgeStart,
  needs: number | null,
  run: JobRun,
): Promise<void> {
  const { state } = run;
  const { expected, ...rest } = request;
  const usual = usualPace(store.capabilities);
  const pace: Pace = {
    maxLockMs: request.maxLockMs ?? usual.maxLockMs,
    pauseMs: request.pauseMs ?? usual.pauseMs,
  };
  const title = purgeTitle(request.cutoff);
  const input: PurgeInput = { ...rest, ...pace, identity, title, needs };
  for (const [title, text] of plan(request, pace)) state.fact(title, text);
  for await (const event of run.follow(runner.run<PurgeEvent>("purge", recipe, input))) {
    if (event.type === "binJob") state.keptIn(event.id);
    else state.batch(event, event.slow);
    run.changed();
  }
  const { done, skipped, batches } = state.snapshot();
  // The bin makes a job of its first image; without one there is nothing to lead to.
  if (done === 0 && skipped === 0) state.keptIn(null);
  const count = batches[0]?.number ?? 0;
  state.fact("Deleted", `${done} sessions in ${count} ${count === 1 ? "batch" : "batches"}`);
  if (skipped > 0) state.fact("Left alone", `${skipped} renewed, changed or gone meanwhile`);
  if (store.kind === "db" && done > 0)
    state.fact(
      "Space",
      "The freed space is used again by new rows. Giving it back to the disk takes VACUUM or the like, which locks the table meanwhile.",
    );
}

const plan = (request: PurgeStart, pace: Pace): [string, string][] => [
  ["Cutoff", `${request.cutoff}, fixed before the first batch`],
  ["Never deleted", "Active sessions: each batch checks every expiry again"],
  [
    "Recycle bin",
    request.backup ? "Every deleted session is kept and can be put back" : "No copies are kept",
  ],
  ["Pace", `Locks under ${pace.maxLockMs} ms, at least ${pace.pauseMs} ms between batches`],
  ...(request.includeNeverRemoved
    ? ([["Also deleted", "Sessions that Django's own rule never removes"]] as [string, string][])
    : []),
];
