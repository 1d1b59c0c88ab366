/** SQLite's errors as problems, and waiting for a lock without holding the event loop. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { type ProblemError, problem } from "../problem.ts";

/** How long a lock held by another program is waited for, in ms. */
const PATIENCE = 5000;

/** The problem an error of SQLite stands for; anything else is a bug and comes back as it is. */
export function sqliteProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  const detail = { path, code, message };
  const is = (...names: string[]) => names.some((name) => code.startsWith(`SQLITE_${name}`));
  if (is("BUSY", "LOCKED"))
    return problem(
      "locked",
      "Another program holds the lock of this SQLite database.",
      "Try again when it has finished, or stop the program that holds it.",
      detail,
    );
  if (is("NOTADB"))
    return problem("not_a_database", `${path} is not a SQLite database.`, undefined, detail);
  if (is("READONLY_ROLLBACK", "READONLY_RECOVERY"))
    return problem(
      "cannot_open",
      "A program was interrupted while it wrote to this database; its journal has to be rolled back before it can be read.",
      "Any program that opens the database for writing does that: the site itself, or the sqlite3 shell.",
      detail,
    );
  if (is("READONLY"))
    return problem("read_only", `${path} cannot be written to: ${message}.`, undefined, detail);
  if (is("FULL"))
    return problem(
      "disk_full",
      "The disk is full; nothing was changed.",
      "Free some space and run it again.",
      detail,
    );
  if (!existsSync(path)) return gone(path);
  if (is("CANTOPEN", "PERM", "AUTH")) return cannotOpen(path, detail);
  if (is("CORRUPT"))
    return problem(
      "store_failed",
      `The database file is damaged: ${message}.`,
      "`PRAGMA integrity_check` in the sqlite3 shell lists what is broken; `.recover` saves what can be read.",
      detail,
    );
  if (is("CONSTRAINT_FOREIGNKEY"))
    return problem(
      "store_failed",
      "Rows of another table refer to this session, so the database refuses the change.",
      undefined,
      detail,
    );
  if (/no such (table|column)/.test(message))
    return problem(
      "store_gone",
      `The session table was dropped or altered while it was open: ${message}.`,
      "Connect again.",
      detail,
    );
  return problem("store_failed", `SQLite: ${message}.`, undefined, detail);
}

function cannotOpen(path: string, detail: Record<string, unknown>): ProblemError {
  return problem(
    "cannot_open",
    `SQLite cannot open ${path}, or the files it needs beside it.`,
    "A database in WAL mode needs its -wal and -shm files: they must be readable, or the folder writable so that they can be made. A copy of the database can be opened instead.",
    detail,
  );
}

export const gone = (path: string): ProblemError =>
  problem(
    "store_gone",
    `${path} was removed, moved or replaced while it was open.`,
    "Connect again.",
    { path },
  );

export const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

/** Runs synchronous work, again while another program holds the lock, and types its errors. */
export async function attempt<T>(path: string, work: () => T): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (let pause = 5; ; pause = Math.min(pause * 2, 50))
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw sqliteProblem(error, path);
      await sleep(pause);
    }
}

/** How long a commit waits for readers, in ms; new ones are kept out meanwhile. */
const COMMIT_PATIENCE = 2000;

/** One write transaction that takes the lock at its start; rolled back when the work throws. */
export function immediately<T>(db: Database.Database, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    commit(db);
    return result;
  } catch (error) {
    // A full disk rolls back by itself.
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function commit(db: Database.Database): void {
  const deadline = Date.now() + COMMIT_PATIENCE;
  for (;;)
    try {
      db.exec("COMMIT");
      return;
    } catch (error) {
      // Refused for a reader's sake, the transaction is still open.
      if (!isBusy(error) || !db.inTransaction || Date.now() > deadline) throw error;
    }
}
