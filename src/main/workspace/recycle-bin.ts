/** The recycle bin: before-images of everything the app changed or deleted, kept before it is touched. */
import type { Connection } from "../../shared/connection.ts";
import type { BinJob, BinUsage } from "../../shared/job.ts";
import type { Bin } from "../jobs/context.ts";
import { problem } from "../problem.ts";
import { defaultLimit, imagesPerJob, openBinDatabase } from "./bin-database.ts";
import {
  type Image,
  type ImageRow,
  imageOf,
  type JobRow,
  jobOf,
  now,
  recipeOf,
  statements,
} from "./bin-rows.ts";
import { binWriter } from "./bin-writer.ts";

/** Where a job's sessions came from: enough to open the place again, without a secret. */
export interface BinJobOrigin {
  job: BinJob;
  identity: string;
  connection: Connection;
}

export interface RecycleBin extends Bin {
  usage(): BinUsage;
  setLimit(limit: number): BinUsage;
  /** Newest first. */
  jobs(connection?: string): BinJob[];
  /** not_found for a job the bin does not have. */
  origin(job: string): BinJobOrigin;
  /** The newest job's connection with this id, for one that was opened from a path and never saved. */
  connection(id: string): Connection | null;
  /** In the job's own order, from after a sequence number; data of more bytes than `maxData` is left out. */
  images(job: string, after: number | undefined, limit: number, maxData: number): Image[];
  image(job: string, sequence: number): Image | null;
  /** Newest first, at most 100: what was done to one session, purges that were not put back left out. */
  history(identity: string, key: string): { job: BinJob; image: Image }[];
  restored(job: string, sequences: number[]): void;
  /** Forgets a job for good and gives its space back, a part at a time. */
  remove(job: string): Promise<void>;
  /** Goes on with removals that a crash cut short. */
  sweep(): Promise<void>;
  /** Where a damaged file was kept; null where there was none. */
  readonly damaged: string | null;
  close(): void;
}

/** Data brought along for a list. */
const listedData = 64 * 1024;
const wholeData = 2 ** 40;
const rowsAtOnce = 5_000;
const pagesAtOnce = 2_000;

/** Opens the bin's file, making it where it is missing. Every call is durable when it returns. */
export function openRecycleBin(path: string): RecycleBin {
  const { db, damaged } = openBinDatabase(path);
  const prepare = statements(db);

  const limit = (): number => Number(prepare.setting.get("limit") ?? defaultLimit);
  const used = (): number => Number(prepare.used.get() ?? 0);

  function usage(): BinUsage {
    const { jobs, entries } = prepare.totals.get() as { jobs: number; entries: number };
    return { bytes: used(), limit: limit(), jobs, entries };
  }

  function rowOf(job: string): JobRow {
    const row = prepare.job.get(job) as JobRow | undefined;
    if (!row) throw problem("not_found", "The recycle bin has no such job.");
    return row;
  }

  async function remove(number: number): Promise<void> {
    const from = number * imagesPerJob;
    for (const drop of [prepare.dropPairs, prepare.dropImages])
      while (drop.run(from, from + imagesPerJob, rowsAtOnce).changes > 0) await turn();
    prepare.dropJob.run(number);
    while (Number(db.pragma("freelist_count", { simple: true })) > 0) {
      const before = Number(db.pragma("freelist_count", { simple: true }));
      db.pragma(`incremental_vacuum(${pagesAtOnce})`);
      if (Number(db.pragma("freelist_count", { simple: true })) >= before) break;
      await turn();
    }
  }

  return {
    damaged,
    usage,
    free: () => Math.max(0, limit() - used()),
    begin: (job) => binWriter(db, prepare, job, () => Math.max(0, limit() - used())),
    setLimit(value) {
      prepare.setSetting.run("limit", value);
      return usage();
    },
    jobs: (connection) =>
      (prepare.jobs.all({ connection: connection ?? null }) as JobRow[]).map(jobOf),
    origin(job) {
      const row = rowOf(job);
      return { job: jobOf(row), identity: row.identity, connection: recipeOf(row) };
    },
    connection(id) {
      const row = prepare.jobOfConnection.get(id) as JobRow | undefined;
      return row ? recipeOf(row) : null;
    },
    images(job, after, count, maxData) {
      const from = rowOf(job).number * imagesPerJob;
      const start = from + (after ?? -1) + 1;
      const rows = prepare.images.all(maxData, maxData, start, from + imagesPerJob, count);
      return (rows as ImageRow[]).map(imageOf);
    },
    image(job, sequence) {
      const row = prepare.image.get(
        ...[wholeData, wholeData, rowOf(job).number * imagesPerJob + sequence],
      );
      return row ? imageOf(row as ImageRow) : null;
    },
    history: (identity, key) =>
      (
        prepare.history.all(listedData, listedData, key, identity) as (ImageRow & { job: string })[]
      ).map((row) => ({
        job: jobOf(rowOf(row.job)),
        image: imageOf(row),
      })),
    restored: db.transaction((job: string, sequences: number[]) => {
      const { number } = rowOf(job);
      let changed = 0;
      for (const sequence of sequences)
        changed += prepare.restore.run(now(), number * imagesPerJob + sequence).changes;
      prepare.lessRestorable.run(changed, number);
    }).immediate,
    async remove(job) {
      const { number } = rowOf(job);
      prepare.hideJob.run(number);
      await remove(number);
    },
    async sweep() {
      for (const { number } of prepare.hidden.all() as { number: number }[]) await remove(number);
    },
    close: () => db.close(),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
