/** Opening a SQLite database on its session table, or saying why it is none. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { type ProblemError, problem } from "../problem.ts";
import { attempt, gone, immediately, isBusy, sqliteProblem } from "./sqlite-problems.ts";
import type { RawText } from "./sqlite-row.ts";

/** The columns of AbstractBaseSession; a table that has them holds sessions. */
const COLUMNS = ["session_key", "session_data", "expire_date"] as const;

export interface Table {
  readonly db: Database.Database;
  readonly path: string;
  /** As it stands in SQL, quoted. */
  readonly name: string;
  /** Name of an index that starts with expire_date; null: reading in order of expiry sorts the whole table. */
  readonly expiryIndex: string | null;
  /** Columns beyond Django's three; a restored row gets their defaults. */
  readonly otherColumns: string[];
  readonly raw: RawText;
  /** Throws store_gone when the path no longer leads to the file that is open. */
  check(): void;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Another table's names for Django's three columns. */
export interface Columns {
  /** Of the key, the data and the expiry. */
  readonly names: readonly string[];
  /** A statement over Django's names, as one over these. */
  renamed(statement: string): string;
}

const django: Columns = { names: COLUMNS, renamed: (statement) => statement };

export function openTable(
  path: string,
  tableName: string,
  writable: boolean,
  columns: Columns = django,
): Promise<Table> {
  return attempt(path, () => {
    const opened = checkFile(path);
    const db = connect(path, writable);
    if (columns !== django) {
      const prepare = db.prepare.bind(db);
      db.prepare = ((statement: string) =>
        prepare(columns.renamed(statement))) as typeof db.prepare;
    }
    try {
      if (writable) checkWritable(db);
      return table(db, path, tableName, opened, columns.names);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Tables of a SQLite file that look like session tables, Django's own name first. Problems as `openTable`. */
export function sessionTables(path: string, columns = django): Promise<string[]> {
  return attempt(path, () => {
    checkFile(path);
    const db = connect(path, false);
    try {
      return tablesOf(db, columns.names);
    } finally {
      db.close();
    }
  });
}

/** The file's identity; throws where it is no SQLite database. SQLite itself would take any empty file for one. */
function checkFile(path: string): string {
  const header = Buffer.alloc(16);
  let length: number;
  try {
    const stat = statSync(path);
    if (!stat.isFile())
      throw problem(
        "cannot_open",
        `${path} is ${stat.isDirectory() ? "a folder" : "no plain file"}; a SQLite database is a file.`,
        undefined,
        { path },
      );
    const file = openSync(path, "r");
    try {
      length = readSync(file, header, 0, 16, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileProblem(error, path);
  }
  if (header.toString("latin1", 0, length) !== "SQLite format 3\0")
    throw problem(
      "not_a_database",
      length === 0
        ? `${path} is empty.`
        : `${path} is not a SQLite database: it does not start with SQLite's header.`,
      length === 0 ? undefined : "An encrypted database has no readable header either.",
      { path },
    );
  return identityOf(path);
}

function fileProblem(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string" || error instanceof Database.SqliteError) return error;
  const reasons: Record<string, string> = {
    ENOENT: "does not exist",
    ENOTDIR: "does not exist: a part of the path is a file",
    EACCES: "may not be read by this user",
    EPERM: "may not be read by this user",
    ELOOP: "is a circle of symbolic links",
    ENAMETOOLONG: "is too long for a path",
  };
  return problem(
    "cannot_open",
    `${path} ${reasons[code] ?? `cannot be read (${code})`}.`,
    undefined,
    {
      path,
      code,
    },
  );
}

const identityOf = (path: string): string => {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
};

function connect(path: string, writable: boolean): Database.Database {
  if (path.trim() !== path)
    throw problem(
      "cannot_open",
      `${JSON.stringify(path)} ends in a blank, which the SQLite client does not take.`,
      "Open it through a symbolic link.",
    );
  const db = new Database(path, {
    readonly: !writable,
    fileMustExist: true,
    // Short, as it holds the event loop; `attempt` waits on.
    timeout: writable ? 200 : 50,
  });
  try {
    if (!writable) db.pragma("query_only = ON");
    // A batch must fit: a cache that spills takes the exclusive lock early.
    db.pragma(`cache_size = ${writable ? -65536 : -16384}`);
    // Names in the schema must not reach functions that act (a hostile file's views and triggers).
    db.pragma("trusted_schema = OFF");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite opens a file it may not write to read-only without a word. */
function checkWritable(db: Database.Database): void {
  try {
    immediately(db, () => undefined);
  } catch (error) {
    // A lock says nothing about permissions; the write itself waits for it.
    if (!isBusy(error)) throw error;
  }
}

function tablesOf(db: Database.Database, names: readonly string[]): string[] {
  return db
    .prepare<[], string>(
      `SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
       WHERE m.type = 'table' AND lower(c.name) IN (${names.map((name) => `'${name}'`)})
       GROUP BY m.name HAVING count(*) = ${names.length}
       ORDER BY m.name <> 'django_session', m.name LIMIT 100`,
    )
    .pluck()
    .all();
}

function table(
  db: Database.Database,
  path: string,
  tableName: string,
  opened: string,
  names: readonly string[],
): Table {
  const found = db
    .prepare<[string], { name: string; type: string; wr: number }>(
      "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE",
    )
    .get(tableName);
  const columns = db
    .prepare<[string], string>("SELECT lower(name) FROM pragma_table_info(?)")
    .pluck()
    .all(tableName);
  if (found?.type !== "table" || found.wr || names.some((name) => !columns.includes(name)))
    throw noTable(db, path, tableName, found?.type, columns, names);
  const name = quoted(found.name);
  const raws = new Map<string, Database.Statement<[bigint], Buffer>>();
  const raw: RawText = (rowid, column) => {
    const statement =
      raws.get(column) ??
      db
        .prepare<[bigint], Buffer>(`SELECT CAST(${column} AS BLOB) FROM ${name} WHERE rowid = ?`)
        .pluck();
    raws.set(column, statement);
    return statement.get(rowid) ?? Buffer.alloc(0);
  };
  return {
    db,
    path,
    name,
    expiryIndex: expiryIndex(db, found.name, names[2] ?? ""),
    otherColumns: columns.filter((column) => !names.includes(column)),
    raw,
    check() {
      let now = "";
      try {
        now = identityOf(path);
      } catch {
        // Told apart below: any failure to see the file is as good as its absence.
      }
      if (now !== opened) throw gone(path);
    },
  };
}

function expiryIndex(db: Database.Database, tableName: string, column: string): string | null {
  const names = db
    .prepare<[string, string], string>(
      `SELECT l.name FROM pragma_index_list(?) AS l JOIN pragma_index_info(l.name) AS c
       WHERE l.partial = 0 AND c.seqno = 0 AND lower(c.name) = ?`,
    )
    .pluck()
    .all(tableName, column);
  return names[0] ?? null;
}

function noTable(
  db: Database.Database,
  path: string,
  tableName: string,
  type: string | undefined,
  columns: string[],
  names: readonly string[],
): ProblemError {
  const tables = tablesOf(db, names);
  const missing = names.filter((name) => !columns.includes(name));
  const why =
    type === undefined
      ? `${path} has no table ${tableName}.`
      : missing.length
        ? `The table ${tableName} lacks ${missing.join(", ")}.`
        : `${tableName} is a ${type === "table" ? "table WITHOUT ROWID" : type}, which Django does not make for sessions.`;
  return problem(
    "no_table",
    why,
    tables.length
      ? `These tables have such columns: ${tables.join(", ")}.`
      : `No table of it has the columns ${names.slice(0, -1).join(", ")} and ${names.at(-1)}.`,
    { path, table: tableName, tables },
  );
}

/** For work outside `attempt`: types an error of SQLite or of the file system. */
export const typed = (error: unknown, path: string): unknown =>
  sqliteProblem(fileProblem(error, path), path);
