/** What came of a change, and how it is put back; jobs as the host speaks of them. */
import type { ChangeReport } from "../../shared/edit.ts";
import type { Job } from "../../shared/job.ts";
import { client, problemOf } from "../client.ts";
import { count } from "../ui/format.ts";
import { closeToast, showToast } from "../ui/toasts.ts";
import { touch, useApp } from "./app.ts";

const set = useApp.setState;

/** After a change: lists read again, and a toast offers to put it back. `text`: "3 sessions deleted." */
export function reportChange(report: ChangeReport, text: string, connection: string): void {
  touch();
  const left = report.skippedCount > 0 ? ` ${count(report.skippedCount)} left alone.` : "";
  const binJob = report.job;
  if (!binJob) {
    showToast({ text: text + left, ...(report.done === 0 ? { tone: "warning" as const } : {}) });
    return;
  }
  const toast = showToast({
    text: text + left,
    action: { text: "Undo", run: () => void undo() },
  });
  set({ lastChange: { binJob, connection, text, toast } });
}

/** Puts the last change back through the recycle bin. */
export async function undo(): Promise<void> {
  const change = useApp.getState().lastChange;
  if (!change) {
    showToast({ text: "Nothing to undo. Earlier changes are in the recycle bin." });
    return;
  }
  const store = useApp.getState().stores[change.connection];
  if (!store || store.connection.environment === "production") {
    set({ view: "bin", connecting: null });
    showToast({ text: "On a production store, changes are put back from the recycle bin." });
    return;
  }
  closeToast(change.toast);
  set({ lastChange: null });
  try {
    const report = await client.bin.restore({ job: change.binJob });
    touch();
    const left = report.skippedCount > 0 ? `, ${count(report.skippedCount)} left alone` : "";
    showToast({ text: `${count(report.done)} put back${left}.` });
  } catch (error) {
    set({ lastChange: change });
    const problem = problemOf(error);
    showToast({ text: [problem.message, problem.hint].filter(Boolean).join(" "), tone: "danger" });
  }
}

const ended = (job: Job) =>
  job.status === "done" || job.status === "stopped" || job.status === "failed";

/**
 * A purge has its own report where its view is open; changes and restores tell what came of them to whoever asked.
 */
function tellEnd(job: Job): void {
  touch();
  const { view, current } = useApp.getState();
  const reported = job.kind === "purge" && view === "purge" && current === job.connection;
  if (reported || job.kind === "delete" || job.kind === "restore") return;
  const stopped = job.status === "stopped" ? ", then stopped" : "";
  if (job.problem) showToast({ text: `${job.title}: ${job.problem.message}`, tone: "danger" });
  else
    reportChange(
      { job: job.done > 0 ? job.binJob : null, done: job.done, skipped: [], skippedCount: 0 },
      `${job.title}: ${count(job.done)} deleted${stopped}.`,
      job.connection,
    );
}

/** Called for every job the host speaks of, here and by those who watch one. */
export function putJob(job: Job): void {
  const before = useApp.getState().jobs[job.id];
  if (before && ended(before) && !ended(job)) return;
  set(({ jobs }) => ({ jobs: { ...jobs, [job.id]: job } }));
  if (ended(job) && before && !ended(before)) tellEnd(job);
}
