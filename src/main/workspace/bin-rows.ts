/** The bin's rows: the statements that read and write them, and what they say. */
import type Database from "better-sqlite3";
import { type Connection, connectionSchema } from "../../shared/connection.ts";
import type { BinJob } from "../../shared/job.ts";
import { entryAs } from "../jobs/pair.ts";
import type { Entry } from "../stores/driver.ts";
import { imagesPerJob } from "./bin-database.ts";

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

export interface JobRow {
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

export interface ImageRow {
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

export const now = (): string => new Date().toISOString().replace("Z", "000Z");

const imageColumns =
  "image.id, image.at, image.key, CASE WHEN image.size <= ? THEN image.data END AS data, image.expires, image.written_at, image.size, image.token, image.after, image.restored_at, pair.id AS pair, pair.state, CASE WHEN pair.size <= ? THEN pair.data END AS copy_data, pair.expires AS copy_expires, pair.size AS copy_size, pair.token AS copy_token, pair.after AS copy_after";
const images = "image LEFT JOIN pair ON pair.id = image.id";

const texts = {
  setting: "SELECT value FROM setting WHERE name = ?",
  setSetting: "INSERT OR REPLACE INTO setting VALUES (?, ?)",
  used: "SELECT sum(bytes) FROM job",
  totals:
    "SELECT count(*) AS jobs, coalesce(sum(entries), 0) AS entries FROM job WHERE removed = 0",
  job: "SELECT * FROM job WHERE id = ? AND removed = 0",
  jobs: "SELECT * FROM job WHERE removed = 0 AND entries > 0 AND ($connection IS NULL OR connection = $connection) ORDER BY number DESC",
  jobOfConnection:
    "SELECT * FROM job WHERE connection = ? AND removed = 0 ORDER BY number DESC LIMIT 1",
  newJob:
    "INSERT INTO job (id, kind, title, connection, connection_name, identity, recipe, at, entries, restorable, bytes) VALUES ($id, $kind, $title, $connection, $name, $identity, $recipe, $at, 0, 0, 0)",
  countJob:
    "UPDATE job SET entries = entries + $rows, restorable = restorable + $rows, bytes = bytes + $bytes WHERE number = $number",
  // Bound by place: by name costs a third more, and a purge keeps hundreds of thousands.
  keep: "INSERT INTO image VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
  settle: "UPDATE image SET after = ? WHERE id = ?",
  forget: "DELETE FROM image WHERE id = ?",
  keepPair: "INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?)",
  settlePair: "UPDATE pair SET after = ? WHERE id = ?",
  forgetPair: "DELETE FROM pair WHERE id = ?",
  image: `SELECT ${imageColumns} FROM ${images} WHERE image.id = ?`,
  images: `SELECT ${imageColumns} FROM ${images} WHERE image.id >= ? AND image.id < ? ORDER BY image.id LIMIT ?`,
  history: `SELECT ${imageColumns}, job.id AS job FROM ${images} JOIN job ON job.number = image.id / ${imagesPerJob} WHERE image.listed = 1 AND image.key = ? AND job.identity = ? AND job.removed = 0 ORDER BY image.id DESC LIMIT 100`,
  restore: "UPDATE image SET restored_at = ?, listed = 1 WHERE id = ? AND restored_at IS NULL",
  lessRestorable: "UPDATE job SET restorable = restorable - ? WHERE number = ?",
  hideJob: "UPDATE job SET removed = 1 WHERE number = ?",
  hidden: "SELECT number FROM job WHERE removed = 1",
  dropImages:
    "DELETE FROM image WHERE id IN (SELECT id FROM image WHERE id >= ? AND id < ? LIMIT ?)",
  dropPairs: "DELETE FROM pair WHERE id IN (SELECT id FROM pair WHERE id >= ? AND id < ? LIMIT ?)",
  dropJob: "DELETE FROM job WHERE number = ?",
} as const;

export type Statements = Readonly<Record<keyof typeof texts, Database.Statement>>;

/** Prepared once; `setting` and `used` give their one value. */
export function statements(db: Database.Database): Statements {
  const made = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, db.prepare(text)]),
  ) as Record<keyof typeof texts, Database.Statement>;
  made.setting.pluck();
  made.used.pluck();
  return made;
}

export const jobOf = (row: JobRow): BinJob => ({
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

export const recipeOf = (row: JobRow): Connection => connectionSchema.parse(JSON.parse(row.recipe));

export const imageOf = (row: ImageRow): Image => ({
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
