/** bin.*: what the app changed or deleted, and putting it back. */
import type { ChangeReport } from "../../../shared/edit.ts";
import type { BinEntry, BinJob } from "../../../shared/job.ts";
import { isWhole } from "../../jobs/bin-space.ts";
import { restore } from "../../jobs/restore.ts";
import { LIST_DATA, listedRow, withNames } from "../../jobs/row.ts";
import { problem } from "../../problem.ts";
import type { Image } from "../../workspace/bin-rows.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";
import { counted, runWriting } from "./start-writing.ts";

/** Images read at a time for a restore; larger ones come one by one. */
const part = 200;
const partData = 64 * 1024;

export const binRoutes = (services: Services) => {
  const { bin, stores, jobs, tellBin } = services;
  return {
    usage: os.bin.usage.handler(() => bin.usage()),
    setLimit: os.bin.setLimit.handler(({ input }) => {
      bin.setLimit(input.limit);
      tellBin();
      return bin.usage();
    }),
    jobs: os.bin.jobs.handler(({ input }) => bin.jobs(input.connection)),
    entries: os.bin.entries.handler(async ({ input }) => {
      const { job } = bin.origin(input.job);
      const images = bin.images(input.job, input.after, input.limit, LIST_DATA);
      return entriesOf(
        services,
        job.connection,
        images.map((image) => ({ job, image })),
      );
    }),
    history: os.bin.history.handler(({ input }) => {
      const { identity } = stores.reading(input.connection);
      return entriesOf(services, input.connection, bin.history(identity, input.key));
    }),
    restore: os.bin.restore.handler(({ input }) => {
      const { job, identity } = bin.origin(input.job);
      // A connection of the same place may lack the cache in front, which this job's has.
      const own = stores.view(job.connection) ? job.connection : null;
      const id = own ?? stores.openWith(identity) ?? job.connection;
      if (!stores.view(id))
        throw problem(
          "not_found",
          `The store of this job, ${job.connectionName}, is not open.`,
          "Open and unlock it first.",
          { connection: job.connection },
        );
      return restoreJob(services, id, input);
    }),
    remove: os.bin.remove.handler(async ({ input }) => {
      const busy = jobs.list().some(({ binJob, endedAt }) => binJob === input.job && !endedAt);
      if (busy) throw problem("bad_request", "The job that fills this is still running.");
      await bin.remove(input.job);
      tellBin();
      return bin.usage();
    }),
  };
};

function restoreJob(
  services: Services,
  connection: string,
  request: { job: string; sequences?: number[] | undefined; confirmName?: string | undefined },
): Promise<ChangeReport> {
  const { bin } = services;
  const { job } = bin.origin(request.job);
  const total = request.sequences?.length ?? job.restorable;
  const plan = { kind: "restore", connection, title: `Put back: ${job.title}`, total } as const;
  return runWriting(services, plan, request.confirmName, (context, run) => {
    let rows = 0;
    let skipped = 0;
    const source = {
      title: job.title,
      images: imagesOf(services, job.id, request.sequences),
      restored: (sequences: number[]) => bin.restored(job.id, sequences),
    };
    return restore(context, source, async (report) => {
      const news = { rows: report.done - rows, skipped: report.skippedCount - skipped, bytes: 0 };
      rows = report.done;
      skipped = report.skippedCount;
      await counted(run, news, part);
    });
  });
}

function* imagesOf(
  { bin }: Services,
  job: string,
  sequences: number[] | undefined,
): Generator<Image[]> {
  if (sequences) {
    for (const sequence of sequences) {
      const image = bin.image(job, sequence);
      if (image) yield [image];
    }
    return;
  }
  let after: number | undefined;
  for (;;) {
    const images = bin.images(job, after, part, partData);
    const last = images.at(-1);
    if (!last) return;
    after = last.sequence;
    // What was put back before is no news when the whole job is asked for.
    const left = images.filter(({ restoredAt }) => restoredAt === null);
    yield left.filter(({ entry }) => isWhole(entry));
    for (const { entry, sequence } of left) {
      const large = isWhole(entry) ? null : bin.image(job, sequence);
      if (large) yield [large];
    }
  }
}

/** Rows as of now, signatures checked where the store is open with its keys. */
async function entriesOf(
  { stores, rulesOf }: Services,
  connection: string,
  found: { job: BinJob; image: Image }[],
): Promise<BinEntry[]> {
  const rules = await rulesOf(connection);
  const rows = found.map(({ image }) => listedRow(image.entry, rules));
  if (stores.view(connection)) await withNames(rows, stores.reading(connection).store);
  return found.flatMap(({ job, image }, index) => {
    const before = rows[index];
    if (!before) return [];
    const { sequence, at, entry, restoredAt } = image;
    return [{ job: job.id, sequence, at, kind: job.kind, key: entry.key, before, restoredAt }];
  });
}
