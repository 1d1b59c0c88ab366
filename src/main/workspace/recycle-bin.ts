/** The recycle bin: before-images of everything the app changed or deleted, kept before it is touched. */
import { randomInt } from "node:crypto";
import type Database from "better-sqlite3";
import { type Connection, connectionSchema } from "../../shared/connection.ts";
import type { BinJob, BinUsage } from "../../shared/job.ts";
import { binCost, storedSize } from "../jobs/bin-space.ts";
import type { BeforeImage, Bin, BinWriter } from "../jobs/context.ts";
import { entryAs, tokensOf } from "../jobs/pair.ts";
import { ProblemError, problem } from "../problem.ts";
import type { Entry } from "../stores/driver.ts";
import { binProblem, defaultLimit, imagesPerJob, openBinDatabase } from "./bin-database.ts";

/** A before-image as it lies in the bin. */
export interface Image {
  sequence: number;
  at: string;
  entry: Entry;
  /** What the app wrote over it: a token, or a content mark where a crash came between; null: it was deleted. */
  after: string | null;
  /** The same of a copy beside a row. */
  afterCopy: string | null;
  restoredAt: string | null;
}

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

interface JobRow {
  number: number;
  id: string;
  kind: BinJob["kind"];
  title: string;
  connection: string;
  connection_name: string;
  identity: string;
  recipe: string;
  at: string;
  entries: number;
  restorable: number;
  bytes: number;
}

interface ImageRow {
  id: number;
  at: string;
  key: string;
  data: string | Buffer | null;
  expires: string | null;
  written_at: string | null;
  size: number;
  token: string;
  after: string | null;
  restored_at: string | null;
  /** null: of no pair. */
  pair: number | null;
  state: NonNullable<Entry["pair"]> | null;
  copy_data: string | Buffer | null;
  copy_expires: string | null;
  copy_size: number;
  copy_token: string | null;
  copy_after: string | null;
}

const now = (): string => new Date().toISOString().replace("Z", "000Z");
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
    begin: (job) => writer(db, prepare, job, () => Math.max(0, limit() - used())),
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

type Statements = ReturnType<typeof statements>;

const imageColumns =
  "image.id, image.at, image.key, CASE WHEN image.size <= ? THEN image.data END AS data, image.expires, image.written_at, image.size, image.token, image.after, image.restored_at, pair.id AS pair, pair.state, CASE WHEN pair.size <= ? THEN pair.data END AS copy_data, pair.expires AS copy_expires, pair.size AS copy_size, pair.token AS copy_token, pair.after AS copy_after";
const images = "image LEFT JOIN pair ON pair.id = image.id";
/** Data brought along for a list. */
const listedData = 64 * 1024;
const wholeData = 2 ** 40;

const statements = (db: Database.Database) => ({
  setting: db.prepare("SELECT value FROM setting WHERE name = ?").pluck(),
  setSetting: db.prepare("INSERT OR REPLACE INTO setting VALUES (?, ?)"),
  used: db.prepare("SELECT sum(bytes) FROM job").pluck(),
  totals: db.prepare(
    "SELECT count(*) AS jobs, coalesce(sum(entries), 0) AS entries FROM job WHERE removed = 0",
  ),
  job: db.prepare("SELECT * FROM job WHERE id = ? AND removed = 0"),
  jobs: db.prepare(
    "SELECT * FROM job WHERE removed = 0 AND entries > 0 AND ($connection IS NULL OR connection = $connection) ORDER BY number DESC",
  ),
  jobOfConnection: db.prepare(
    "SELECT * FROM job WHERE connection = ? AND removed = 0 ORDER BY number DESC LIMIT 1",
  ),
  newJob: db.prepare(
    "INSERT INTO job (id, kind, title, connection, connection_name, identity, recipe, at, entries, restorable, bytes) VALUES ($id, $kind, $title, $connection, $name, $identity, $recipe, $at, 0, 0, 0)",
  ),
  countJob: db.prepare(
    "UPDATE job SET entries = entries + $rows, restorable = restorable + $rows, bytes = bytes + $bytes WHERE number = $number",
  ),
  keep: db.prepare(
    // Bound by place: by name costs a third more, and a purge keeps hundreds of thousands.
    "INSERT INTO image VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
  ),
  settle: db.prepare("UPDATE image SET after = ? WHERE id = ?"),
  forget: db.prepare("DELETE FROM image WHERE id = ?"),
  keepPair: db.prepare("INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?)"),
  settlePair: db.prepare("UPDATE pair SET after = ? WHERE id = ?"),
  forgetPair: db.prepare("DELETE FROM pair WHERE id = ?"),
  image: db.prepare(`SELECT ${imageColumns} FROM ${images} WHERE image.id = ?`),
  images: db.prepare(
    `SELECT ${imageColumns} FROM ${images} WHERE image.id >= ? AND image.id < ? ORDER BY image.id LIMIT ?`,
  ),
  history: db.prepare(
    `SELECT ${imageColumns}, job.id AS job FROM ${images} JOIN job ON job.number = image.id / ${imagesPerJob} WHERE image.listed = 1 AND image.key = ? AND job.identity = ? AND job.removed = 0 ORDER BY image.id DESC LIMIT 100`,
  ),
  restore: db.prepare(
    "UPDATE image SET restored_at = ?, listed = 1 WHERE id = ? AND restored_at IS NULL",
  ),
  lessRestorable: db.prepare("UPDATE job SET restorable = restorable - ? WHERE number = ?"),
  hideJob: db.prepare("UPDATE job SET removed = 1 WHERE number = ?"),
  hidden: db.prepare("SELECT number FROM job WHERE removed = 1"),
  dropImages: db.prepare(
    "DELETE FROM image WHERE id IN (SELECT id FROM image WHERE id >= ? AND id < ? LIMIT ?)",
  ),
  dropPairs: db.prepare(
    "DELETE FROM pair WHERE id IN (SELECT id FROM pair WHERE id >= ? AND id < ? LIMIT ?)",
  ),
  dropJob: db.prepare("DELETE FROM job WHERE number = ?"),
});

const letters = "abcdefghijkmnpqrstuvwxyz23456789";
const shortId = (): string =>
  Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join("");

/** An image of the last `keep`. */
interface Kept {
  id: number;
  size: number;
  pair: boolean;
}

function writer(
  db: Database.Database,
  prepare: Statements,
  job: Parameters<Bin["begin"]>[0],
  free: () => number,
): BinWriter {
  const id = `${job.kind}-${shortId()}`;
  const { connection } = job.recipe;
  const isPurge = job.kind === "purge";
  let number: number | null = null;
  let next = 0;
  let recent = new Map<string, Kept>();

  function open(): number {
    const made = prepare.newJob.run({
      id,
      kind: job.kind,
      title: job.title,
      connection: connection.id,
      name: connection.name,
      identity: job.identity,
      recipe: JSON.stringify(connectionSchema.parse(connection)),
      at: now(),
    });
    return Number(made.lastInsertRowid);
  }

  const keep = db.transaction((images: BeforeImage[]) => {
    const bytes = images.reduce((sum, { entry }) => sum + binCost(1, storedSize(entry)), 0);
    if (bytes > free())
      throw problem("bin_full", "The recycle bin is full.", "Raise its limit or remove jobs.");
    const into = number ?? open();
    const kept = new Map<string, Kept>();
    const at = now();
    let imageId = into * imagesPerJob + next;
    for (const { entry, after, afterCopy = null } of images) {
      const { key, halves } = entry;
      const { data, expires, writtenAt, size, token } = halves?.row ?? halves?.copy ?? entry;
      const copy = halves?.row ? halves.copy : null;
      if (data === null || copy?.data === null)
        throw problem("too_large", `Session ${key} is too large for the recycle bin.`);
      const cost = binCost(1, storedSize(entry));
      // Of the hundreds of thousands in a purge none is settled or forgotten.
      if (!isPurge) kept.set(key, { id: imageId, size: cost, pair: halves !== undefined });
      const listed = isPurge ? 0 : 1;
      prepare.keep.run(imageId, at, key, data, expires, writtenAt, size, token, after, listed);
      if (halves) {
        const { data = null, expires = null, size = 0, token = null } = copy ?? {};
        const state = entry.pair ?? null;
        prepare.keepPair.run(imageId, state, data, expires, size, token, afterCopy);
      }
      imageId++;
    }
    if (prepare.countJob.run({ rows: images.length, bytes, number: into }).changes === 0)
      throw problem("not_found", "The copies of this job were removed while it ran.");
    return { into, kept };
  });

  const settle = db.transaction((written: { key: string; token: string }[]) => {
    for (const { key, token } of written) {
      const kept = recent.get(key);
      if (!kept) continue;
      const [row, copy] = kept.pair ? tokensOf(token) : [token, null];
      // What was not written keeps the mark it has.
      if (row ?? copy) prepare.settle.run(row ?? copy, kept.id);
      if (row && copy) prepare.settlePair.run(copy, kept.id);
    }
  });

  const forget = db.transaction((keys: string[]) => {
    let rows = 0;
    let bytes = 0;
    for (const key of keys) {
      const kept = recent.get(key);
      if (!kept) continue;
      rows += prepare.forget.run(kept.id).changes;
      if (kept.pair) prepare.forgetPair.run(kept.id);
      bytes += kept.size;
    }
    if (number !== null) prepare.countJob.run({ rows: -rows, bytes: -bytes, number });
  });

  function typed<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw binProblem(error, db.name);
    }
  }

  /** What was done is told as done: an image that is not settled, or left over, is known by its content. */
  function unlessFull(work: () => void): void {
    try {
      typed(work);
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.code === "disk_full")) throw error;
    }
  }

  return {
    id,
    keep(images) {
      if (images.length === 0) return;
      const { into, kept } = typed(() => keep.immediate(images));
      number = into;
      next += images.length;
      recent = kept;
    },
    settle: (written) => unlessFull(() => settle.immediate(written)),
    forget(keys) {
      if (keys.length > 0) unlessFull(() => forget.immediate(keys));
    },
  };
}

const jobOf = (row: JobRow): BinJob => ({
  id: row.id,
  kind: row.kind,
  connection: row.connection,
  connectionName: row.connection_name,
  title: row.title,
  at: row.at,
  entries: row.entries,
  restorable: row.restorable,
  bytes: row.bytes,
});

const recipeOf = (row: JobRow): Connection => connectionSchema.parse(JSON.parse(row.recipe));

const imageOf = (row: ImageRow): Image => ({
  sequence: row.id % imagesPerJob,
  at: row.at,
  entry: entryOf(row),
  after: row.after,
  afterCopy: row.copy_after,
  restoredAt: row.restored_at,
});

/** What lies in the image, and of a pair both halves, shown as the site saw them. */
function entryOf(row: ImageRow): Entry {
  const { key, data, size, expires, token } = row;
  const own = { key, data, size, expires, writtenAt: row.written_at, token };
  if (row.pair === null) return own;
  const beside = { key, data: row.copy_data, size: row.copy_size, expires: row.copy_expires };
  const copy = row.copy_token ? { ...beside, writtenAt: null, token: row.copy_token } : null;
  const halves = row.state === "cacheOnly" ? { row: null, copy: own } : { row: own, copy };
  return { ...(entryAs(halves, row.state ?? undefined) ?? own), halves };
}
