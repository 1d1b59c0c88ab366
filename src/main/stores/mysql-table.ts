/** Finding the session table of a MySQL or MariaDB database, or saying why it is none. */
import { ProblemError, problem } from "../problem.ts";
import type { Version } from "./mysql-connect.ts";
import type { Pool } from "./sql-pool.ts";
import type { Step } from "./sql-problems.ts";
import {
  type Columns,
  listed,
  poolFor,
  SESSIONS,
  type Shape,
  type Table,
  textOf,
} from "./sql-table.ts";
import { expiryText } from "./sql-time.ts";
import { type UserColumn, type Users, users } from "./sql-users.ts";

export const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

export interface Wanted {
  table: string;
  usersTable: string;
  userNameColumn: string;
  /** TIME_ZONE where a column holds local time, else UTC. */
  localZone: string;
  /** Without: a table of the session model. */
  shape?: Shape;
}

export interface Found {
  table: Table;
  /** As information_schema names it. */
  tableName: string;
  engine: string;
  users: Users | null;
}

interface Column extends UserColumn {
  length: number | null;
  digits: number;
}

async function columnsOf(pool: Pool, table: string): Promise<Column[]> {
  const { rows } = await pool.run(
    `SELECT column_name, data_type, character_maximum_length, datetime_precision, column_key
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    [table],
  );
  return rows.map(([name, type, length, digits, key]) => ({
    name: textOf(name),
    type: textOf(type).toLowerCase(),
    length: length === null ? null : Number(length),
    digits: Number(digits ?? 0),
    primary: key === "PRI",
  }));
}

/** Names of indexes by the column they start with: any for the expiry, a unique one of it alone for the key. */
async function indexesOf(
  pool: Pool,
  table: string,
  { key, expiry }: Columns,
): Promise<Map<string, string>> {
  const { rows } = await pool.run(
    `SELECT s.index_name, MIN(CASE WHEN s.seq_in_index = 1 THEN LOWER(s.column_name) END), COUNT(*), MAX(s.non_unique), MAX(s.sub_part)
     FROM information_schema.statistics s
     WHERE s.table_schema = DATABASE() AND s.table_name = ? AND s.index_type = 'BTREE'
     GROUP BY s.index_name ORDER BY COUNT(*) DESC, s.index_name <> 'PRIMARY' DESC`,
    [table],
  );
  const found = new Map<string, string>();
  for (const [name, first, columns, several, part] of rows) {
    if (part !== null) continue;
    if (first === expiry) found.set(expiry, textOf(name));
    if (first === key && Number(columns) === 1 && Number(several) === 0)
      found.set(key, textOf(name));
  }
  return found;
}

export async function findTable(pool: Pool, version: Version, wanted: Wanted): Promise<Found> {
  const { rows } = await pool.run(
    "SELECT table_name, table_type, engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
    [wanted.table],
  );
  const [name, kind, engine] = (rows[0] ?? []).map((cell) => textOf(cell ?? ""));
  const columns = name === undefined ? [] : await columnsOf(pool, name);
  const shape = wanted.shape ?? SESSIONS;
  const own = shape.columns;
  const names = Object.values(own);
  const missing = names.filter(
    (column) => !columns.some(({ name }) => name.toLowerCase() === column),
  );
  if (name === undefined || kind !== "BASE TABLE" || missing.length)
    throw await noTable(pool, wanted.table, own, kind ?? "", missing);
  const expiry = columns.find(({ name }) => name.toLowerCase() === own.expiry);
  if (!expiry || !/^(datetime|timestamp)$/.test(expiry.type))
    throw problem(
      "no_table",
      `${own.expiry} of ${name} is of the type ${expiry?.type}, which Django does not make.`,
      undefined,
      { step: "table" satisfies Step },
    );
  const full = quoted(name);
  // A user without SELECT sees the columns it may change.
  await pool.run(`SELECT ${names.join(", ")} FROM ${full} LIMIT 0`);
  const indexes = await indexesOf(pool, name, own);
  const by = (column: string) => {
    const index = indexes.get(column);
    return index === undefined ? full : `${full} FORCE INDEX (${quoted(index)})`;
  };
  const skips = version.mariadb ? version.atLeast(10, 6) : version.atLeast(8, 0);
  return {
    tableName: name,
    engine: engine ?? "",
    users: await usersOf(pool, wanted),
    table: {
      pool: poolFor(own, pool),
      columns: own,
      ...sessionsOnly(shape),
      name: full,
      byExpiry: by(own.expiry),
      byKey: by(own.key),
      expiryAside: "expire_date",
      expiryParameter: "?",
      expiryIndex: indexes.get(own.expiry) ?? null,
      keyIndex: indexes.get(own.key) ?? null,
      otherColumns: columns
        .map(({ name }) => name)
        .filter((name) => !names.includes(name.toLowerCase())),
      keyLength: columns.find(({ name }) => name.toLowerCase() === own.key)?.length ?? null,
      refusesNul: false,
      lock: "FOR UPDATE",
      lockFree: skips ? "FOR UPDATE SKIP LOCKED" : "FOR UPDATE",
      rowLocks: skips && /^innodb$/i.test(engine ?? ""),
      neighbours: "key",
      deleteList: `DELETE FROM ${full} WHERE session_key IN (?)`,
      placed: null,
      keyInList: "session_key IN (?)",
      time: expiryText(expiry.type === "timestamp" ? "UTC" : wanted.localZone, expiry.digits),
      part: (index, of) => `CRC32(session_key) % ${of} = ${index}`,
      onTaken: "",
      isTaken: (error) => error instanceof ProblemError && error.problem.detail?.["code"] === 1062,
      now: "SELECT UTC_TIMESTAMP(6)",
      async estimate() {
        const { rows } = await pool.run(
          "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
          [name],
        );
        const [count] = rows[0] ?? [];
        return count === null || count === undefined ? null : Number(count);
      },
      explain: "EXPLAIN",
      planned,
    },
  };
}

/**
 * The bounds go by the column's collation, which may take capitals for small letters but has the index; the comparison
 * beside them is exact. They lie a letter around what they hold: padded with spaces, a text sorts behind the same text
 * and a tab. No LIKE: its range in the index ends at U+FFFF. The session's sql_mode has backslashes escape
 * (mysql-connect.ts).
 */
function sessionsOnly({ start, other }: Shape): Pick<Table, "only" | "onlyByKey"> {
  if (start === "") return { only: null, onlyByKey: null };
  const text = (value: string) => `'${value.replace(/['\\]/g, (sign) => sign + sign)}'`;
  const around = start.slice(0, -1);
  const next = String.fromCharCode(start.charCodeAt(start.length - 1) + 1);
  const onlyByKey = `session_key >= ${text(around)} AND session_key < ${text(around + next)}`;
  const begins = (sign: string, begin: string) =>
    `CONVERT(LEFT(session_key, ${[...begin].length}) USING utf8mb4) COLLATE utf8mb4_bin ${sign} ${text(begin)}`;
  const own = `${onlyByKey} AND ${begins("=", start)}`;
  return {
    only: other === "" ? own : `${own} AND ${begins("<>", start + other)}`,
    onlyByKey,
  };
}

/** MySQL's answer has two columns that MariaDB's has not; the last row of a union stands for no table. */
const planned = (rows: unknown[][]): number[] =>
  rows
    .filter(([, kind]) => kind !== "UNION RESULT")
    .map((row) => Number(row[row.length > 10 ? 9 : 8] ?? 0));

/** One that may not be read gives no names. */
async function usersOf(pool: Pool, wanted: Wanted): Promise<Users | null> {
  if (!wanted.usersTable) return null;
  const columns = await columnsOf(pool, wanted.usersTable);
  const found = users(pool, quoted(wanted.usersTable), columns, wanted.userNameColumn, {
    quoted,
    asText: (column) => `CAST(${column} AS CHAR)`,
  });
  if (!found) return null;
  const readable = await pool.run(`SELECT 1 FROM ${found.name} LIMIT 0`).then(
    () => true,
    () => false,
  );
  return readable ? found : null;
}

async function noTable(
  pool: Pool,
  table: string,
  columns: Columns,
  kind: string,
  missing: string[],
): Promise<ProblemError> {
  const { rows } = await pool.run(
    `SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t
       ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
     WHERE c.table_schema = DATABASE() AND LOWER(c.column_name) IN (?, ?, ?)
     GROUP BY c.table_name HAVING COUNT(*) = 3 ORDER BY c.table_name LIMIT 100`,
    Object.values(columns),
  );
  const tables = rows.map(([name]) => textOf(name));
  const why =
    kind === ""
      ? `The database has no table ${table}, or the user may not read it.`
      : kind !== "BASE TABLE"
        ? `${table} is a ${kind.toLowerCase()}, which Django does not make for sessions.`
        : `The table ${table} lacks ${missing.join(", ")}.`;
  return problem(
    "no_table",
    why,
    tables.length
      ? `These tables have the columns ${listed(columns)}: ${tables.join(", ")}.`
      : `No table of it has the columns ${listed(columns)}.`,
    { step: "table" satisfies Step, table, tables },
  );
}
