/** A purge's report as a file: text for people, JSON for programs. */
import type { Job } from "../../../shared/job.ts";
import { absolute, clock, count, duration, factText, size } from "../../ui/format.ts";

export function reportText(job: Job, connection: string, locks: boolean): string {
  const facts = [
    ["Connection", connection],
    ["Outcome", job.problem ? `${job.status}: ${job.problem.message}` : job.status],
    ["Started", absolute(job.startedAt, true)],
    ["Ended", job.endedAt ? absolute(job.endedAt, true) : "not yet"],
    ["Worked", duration(job.elapsedMs)],
    ["Deleted", `${count(job.done)} sessions, ${size(job.bytes)}`],
    ["Left alone", `${count(job.skipped)}, renewed, changed or gone meanwhile`],
    [locks ? "Longest lock" : "Longest batch", `${count(job.longestLockMs)} ms`],
    ["Recycle bin", job.binJob ? `job ${job.binJob}` : "no copy kept"],
    ...job.facts.map((fact) => [fact.title, factText(fact.text)]),
  ];
  const widest = Math.max(...facts.map(([title]) => title?.length ?? 0));
  const lines = facts.map(([title, text]) => `${(title ?? "").padEnd(widest)}  ${text}`);
  const batches = job.batches.map(
    (batch) =>
      `${clock(batch.at, true)}  ${String(batch.number).padStart(7)}  ${String(batch.rows).padStart(7)}  ${String(Math.round(batch.lockMs)).padStart(7)} ms  ${batch.note}`,
  );
  return [
    job.title,
    "",
    ...lines,
    "",
    "Batches, latest first, slow ones stay listed",
    ...batches,
    "",
  ].join("\n");
}

export function reportJson(job: Job, connectionName: string): string {
  return `${JSON.stringify({ connectionName, ...job }, null, 2)}\n`;
}
