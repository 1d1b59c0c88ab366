/**
 * The recycle bin's file: one SQLite database in WAL mode, opened by the app, its workers and the
 * command line at once. An image's id is its job's number times 2^32 plus its place in the job, so
 * that a job is one range of the table and needs no second index.
 *
 * `pair` has a row where the image is of a table with a cache in front (cached_db): which of the two it is of, and, where
 * there were both, the cache's copy beside the table's row, which the image itself holds. token NULL: there was no copy
 * beside it. A bin made before this table has images alone; what they are of is told by their form.
 */
import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import Database from "better-sqlite3";
import { problem } from "../problem.ts";

export const imagesPerJob = 2 ** 32;
export const defaultLimit = 2 ** 30;

const schema = `
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
  connection TEXT NOT NULL, connection_name TEXT NOT NULL, identity TEXT NOT NULL, recipe TEXT NOT NULL,
  at TEXT NOT NULL, entries INTEGER NOT NULL, restorable INTEGER NOT NULL, bytes INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS image (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, key TEXT NOT NULL, data NOT NULL, expires TEXT, written_at TEXT,
  size INTEGER NOT NULL, token TEXT NOT NULL, after TEXT, restored_at TEXT, listed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pair (
  id INTEGER PRIMARY KEY, state TEXT, data, expires TEXT, size INTEGER NOT NULL, token TEXT, after TEXT
);
CREATE INDEX IF NOT EXISTS image_key ON image (key) WHERE listed = 1;
`;

/**
 * Opens the file, or makes it. A file that is no database is kept aside under another name, and
 * `damaged` says which. store_failed where it can neither be read nor made.
 */
export function openBinDatabase(path: string): { db: Database.Database; damaged: string | null } {
  try {
    return { db: connect(path), damaged: null };
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : "";
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(code) || !existsSync(path)) throw cannotOpen(path, code);
    const damaged = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(path + suffix)) renameSync(path + suffix, damaged + suffix);
    return { db: connect(path), damaged };
  }
}

const cannotOpen = (path: string, code: string) =>
  problem("store_failed", `The recycle bin at ${path} cannot be opened.`, undefined, {
    message: code,
  });

/** What the bin's own file refuses, as a problem; anything else comes back as it is. */
export function binProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  const detail = { path, code, message };
  if (code === "SQLITE_FULL")
    return problem(
      "disk_full",
      "The disk that holds the recycle bin is full, so no copies can be kept. What could not be kept was not changed.",
      "Free some space there, or go on without keeping copies; then run it again.",
      detail,
    );
  if (code.startsWith("SQLITE_BUSY"))
    return problem(
      "locked",
      "Another program holds the lock of the recycle bin.",
      "Try again when it has finished.",
      detail,
    );
  return problem(
    "store_failed",
    `The recycle bin cannot be written: ${message}.`,
    undefined,
    detail,
  );
}

function connect(path: string): Database.Database {
  // Made with its mode before SQLite makes it with a wider one: it will hold sessions.
  closeSync(openSync(path, "a", 0o600));
  const db = new Database(path, { timeout: 10_000 });
  try {
    // Takes effect in a new file only, and has to come before the first table.
    db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma("journal_mode = WAL");
    // A before-image has to be on disk before its session is touched.
    db.pragma("synchronous = FULL");
    db.exec(schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
