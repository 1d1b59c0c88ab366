/** purge: deletes expired sessions in small batches, after showing what would go. */
import type { Job, PurgePreview } from "../../shared/job.ts";
import { isoMoment } from "../jobs/filter-values.ts";
import { problem } from "../problem.ts";
import { agreed, assertCanAsk } from "./ask.ts";
import { tell } from "./failure.ts";
import { note, print } from "./output.ts";
import { type Client, unlock, withStore } from "./store.ts";
import { jsonLine, safeLine } from "./text.ts";
import {
  changeOptions,
  type Given,
  jsonOption,
  storeOptions,
  UsageError,
  type Verb,
} from "./verb.ts";

export const purge: Verb = {
  name: "purge",
  usage: "purge STORE [options]",
  summary: "Deletes expired sessions in batches that keep locks short",
  options: {
    "before=ISO": "delete what expired before this moment (default: now, read once)",
    "dry-run": "only show what would be deleted",
    exact: "count also where a large server's statistics tell about how many",
    "no-backup": "keep no copies in the recycle bin",
    "include-never-removed": "files: also those Django's own rule never removes",
    "max-lock-ms=N": "longest lock of one batch (default 50, with row locks 20)",
    "pause-ms=N": "pause between batches (default 20, with row locks 5)",
    ...changeOptions,
    ...jsonOption,
    ...storeOptions,
  },
  details: `A session renewed meanwhile survives: each DELETE checks the expiry again.
Ctrl+C stops after the batch under way. Exit status 1 where it was stopped or failed.`,
  takes: [1, 1],
  async run(given) {
    if (!given.flag("dry-run")) assertCanAsk(given);
    const maxLockMs = given.number("max-lock-ms", 5);
    const pauseMs = given.number("pause-ms", 0);
    const before = beforeOf(given);
    return withStore(given, async (client, store) => {
      const connection = store.connection.id;
      const includeNeverRemoved = given.flag("include-never-removed");
      const preview = await previewOf(client, {
        connection,
        includeNeverRemoved,
        exact: given.flag("exact"),
        ...(before === undefined ? {} : { before }),
      });
      if (given.flag("dry-run")) {
        await print(...(given.flag("json") ? [jsonLine(preview)] : previewLines(preview)));
        return 0;
      }
      if (!given.flag("yes")) for (const line of previewLines(preview)) note(line);
      const what = `${aboutOf(preview)}${preview.count} session${preview.count === 1 ? "" : "s"}`;
      if (!(await agreed(`Delete ${what} from ${safeLine(store.connection.name)}?`, given)))
        return 1;
      const confirm = await unlock(client, store, given);
      const { job } = await client.purge.start({
        connection,
        cutoff: preview.cutoff,
        includeNeverRemoved,
        backup: !given.flag("no-backup"),
        expected: preview.count,
        ...(maxLockMs === undefined ? {} : { maxLockMs }),
        ...(pauseMs === undefined ? {} : { pauseMs }),
        ...confirm,
      });
      return finished(await watched(client, job), given);
    });
  },
};

function beforeOf(given: Given): string | undefined {
  const text = given.text("before");
  if (text === undefined) return undefined;
  const before = isoMoment(text);
  if (before === null)
    throw new UsageError(
      "--before takes a moment in ISO 8601, for instance 2026-11-20 or 2026-11-20T10:00:00Z.",
    );
  return before;
}

async function previewOf(
  client: Client,
  asked: Parameters<Client["purge"]["preview"]>[0],
): Promise<PurgePreview> {
  let last: PurgePreview | undefined;
  for await (const preview of await client.purge.preview(asked)) last = preview;
  if (!last) throw problem("stopped", "The count was stopped.");
  return last;
}

const aboutOf = ({ estimated }: PurgePreview): string => (estimated ? "about " : "");

function previewLines(preview: PurgePreview): string[] {
  const { cutoff, count, bytes, oldest, storeTotal, neverRemoved, checks, statement, bin } =
    preview;
  return [
    `Expired before   ${cutoff}`,
    `Sessions         ${aboutOf(preview)}${count}${storeTotal === null ? "" : ` of ${storeTotal}`}, ${bytes} bytes`,
    `Oldest           ${oldest ?? "-"}`,
    ...(neverRemoved
      ? [`Never removed    ${neverRemoved.count}, ${neverRemoved.bytes} bytes: ${neverRemoved.why}`]
      : []),
    `Recycle bin      needs ${bin.needs} bytes, ${bin.free} are free`,
    ...checks.map(({ level, text }) => `${level.padEnd(15)}  ${text}`),
    `Runs             ${statement.replaceAll("\n", " ")}`,
  ].map(safeLine);
}

/** Follows the job to its end; Ctrl+C asks it to stop. */
async function watched(client: Client, job: string): Promise<Job> {
  const stop = (): void => void client.jobs.stop({ job }).catch(() => {});
  process.on("SIGINT", stop).on("SIGTERM", stop);
  let last: Job | undefined;
  try {
    for await (const now of await client.jobs.watch({ job })) {
      last = now;
      if (process.stderr.isTTY)
        process.stderr.write(
          `\r${now.done} of ${now.total ?? "?"}, ${Math.round(now.rate)} a second \x1b[K`,
        );
    }
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
  if (!last) throw problem("stopped", "The purge was stopped.");
  return last;
}

async function finished(job: Job, given: Given): Promise<number> {
  const { status, done, bytes, elapsedMs, longestLockMs, skipped, binJob } = job;
  if (given.flag("json")) {
    const { batches: _, samples: __, ...report } = job;
    await print(jsonLine(report));
  } else
    await print(
      `Deleted ${done} sessions, ${bytes} bytes, in ${(elapsedMs / 1000).toFixed(1)} s; ` +
        `longest lock ${longestLockMs.toFixed(1)} ms${skipped > 0 ? `; ${skipped} left alone` : ""}.` +
        (binJob && done > 0 ? ` Undo: sessionscope restore ${binJob}` : ""),
    );
  if (job.problem) tell(job.problem);
  else if (status !== "done") note(`sessionscope: the purge is ${status}.`);
  return status === "done" ? 0 : 1;
}
