/** Finding the session table of a PostgreSQL database, or saying why it is none. */
import { type ProblemError, problem } from "../problem.ts";
import type { Pool } from "./sql-pool.ts";
import type { Step } from "./sql-problems.ts";
import {
  listed,
  type Placed,
  poolFor,
  SESSIONS,
  type Shape,
  type Table,
  textOf,
} from "./sql-table.ts";
import { expiryText } from "./sql-time.ts";
import { type UserColumn, type Users, users } from "./sql-users.ts";

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export interface Wanted {
  /** Empty: found by search_path. */
  schema: string;
  table: string;
  usersTable: string;
  userNameColumn: string;
  /** TIME_ZONE where a column without a zone holds local time, else UTC. */
  localZone: string;
  /** Without: a table of the session model. */
  shape?: Shape;
}

export interface Found {
  table: Table;
  oid: string;
  /** The expiry is a moment, not a local time. */
  zoned: boolean;
  users: Users | null;
}

const VISIBLE = `SELECT c.oid, c.relname, n.nspname, c.relkind, has_table_privilege(c.oid, 'SELECT')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relname = ? AND (n.nspname = ? OR (? = '' AND pg_table_is_visible(c.oid)))
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f') LIMIT 1`;

const ATTRIBUTES = `SELECT a.attname, t.typname, a.atttypmod,
    EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND i.indkey[0] = a.attnum)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const INDEXES = `SELECT c.relname, a.attname FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = ?::oid AND i.indisvalid AND i.indpred IS NULL
    AND (a.attname = ? OR (a.attname = ? AND i.indisunique AND i.indnatts = 1))
  ORDER BY i.indnatts, c.relname`;

interface Attribute extends UserColumn {
  modifier: number;
}

const attributesOf = async (pool: Pool, oid: string): Promise<Attribute[]> =>
  (await pool.run(ATTRIBUTES, [oid])).rows.map(([name, type, modifier, primary]) => ({
    name: textOf(name),
    type: textOf(type),
    modifier: Number(modifier),
    primary: primary === "t",
  }));

export async function findTable(pool: Pool, wanted: Wanted): Promise<Found> {
  const { rows } = await pool.run(VISIBLE, [wanted.table, wanted.schema, wanted.schema]);
  const [oid, name, schema, kind, readable] = (rows[0] ?? []).map(textOf);
  const columns = oid === undefined ? [] : await attributesOf(pool, oid);
  const shape = wanted.shape ?? SESSIONS;
  const own = shape.columns;
  const names = Object.values(own);
  const missing = names.filter((column) => !columns.some(({ name }) => name === column));
  if (oid === undefined || !name || !schema || !/^[rp]$/.test(kind ?? "") || missing.length)
    throw await noTable(pool, wanted, oid === undefined ? "" : (kind ?? ""), missing);
  if (readable !== "t")
    throw problem(
      "cannot_open",
      `The user may not read ${schema}.${name}.`,
      "GRANT SELECT on it.",
      {
        step: "table" satisfies Step,
      },
    );
  const expiry = columns.find(({ name }) => name === own.expiry);
  if (!/^timestamp(tz)?$/.test(expiry?.type ?? ""))
    throw problem(
      "no_table",
      `${own.expiry} of ${schema}.${name} is of the type ${expiry?.type}, which Django does not make.`,
      undefined,
      { step: "table" satisfies Step },
    );
  const indexes = (await pool.run(INDEXES, [oid, own.expiry, own.key])).rows;
  const indexOn = (column: string) => {
    const index = indexes.find(([, first]) => first === column)?.[0];
    return index === undefined ? null : textOf(index);
  };
  const key = columns.find(({ name }) => name === own.key);
  const zoned = expiry?.type === "timestamptz";
  const digits = expiry && expiry.modifier >= 0 ? expiry.modifier : 6;
  const full = `${quoted(schema)}.${quoted(name)}`;
  const aside = "(expire_date + interval '0')";
  const parameter = zoned ? "?::timestamptz" : "?::timestamp";
  return {
    oid,
    zoned,
    users: await usersOf(pool, schema, wanted),
    table: {
      pool: poolFor(own, pool),
      columns: own,
      ...(await sessionsOnly(pool, oid, shape)),
      name: full,
      byExpiry: full,
      byKey: full,
      expiryAside: aside,
      expiryParameter: parameter,
      expiryIndex: indexOn(own.expiry),
      keyIndex: indexOn(own.key),
      otherColumns: columns.map(({ name }) => name).filter((name) => !names.includes(name)),
      keyLength: key && /char/.test(key.type) && key.modifier > 4 ? key.modifier - 4 : null,
      refusesNul: true,
      lock: "FOR UPDATE",
      lockFree: "FOR UPDATE SKIP LOCKED",
      rowLocks: true,
      neighbours: "expiry",
      deleteList: `DELETE FROM ${full} WHERE session_key = ANY(?::text[])`,
      // A place means another row in each partition.
      placed: kind === "p" ? null : placedIn(full),
      keyInList: "session_key = ANY(?::text[])",
      time: expiryText(zoned ? "UTC" : wanted.localZone, digits),
      part: (index, of) => `(hashtext(session_key::text) & 2147483647) % ${of} = ${index}`,
      onTaken: " ON CONFLICT DO NOTHING",
      isTaken: () => false,
      now: "SELECT clock_timestamp()",
      estimate: () => estimate(pool, oid),
      explain: "EXPLAIN (FORMAT JSON)",
      planned,
    },
  };
}

/**
 * By bytes, whatever the collation is. The index on the key answers it where its order is that of bytes; in another
 * order, which may pass over punctuation, keys of one beginning lie apart.
 */
async function sessionsOnly(
  pool: Pool,
  oid: string,
  { columns, start, other }: Shape,
): Promise<Pick<Table, "only" | "onlyByKey">> {
  if (start === "") return { only: null, onlyByKey: null };
  const like = (begin: string) =>
    `LIKE '${begin.replace(/[|%_]/g, (sign) => `|${sign}`).replaceAll("'", "''")}%' ESCAPE '|'`;
  const own = `session_key COLLATE "C" ${like(start)}`;
  const only = other === "" ? own : `${own} AND session_key COLLATE "C" NOT ${like(start + other)}`;
  // A database's own collation is ICU's from 15 on, where it says so.
  const { rows } = await pool.run(
    `SELECT CASE WHEN c.collname <> 'default' THEN c.collname
       WHEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' THEN d.datcollate END
     FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
       JOIN pg_database d ON d.datname = current_database()
     WHERE a.attrelid = ?::oid AND a.attname = ?`,
    [oid, columns.key],
  );
  return { only, onlyByKey: /^(C|POSIX)$/.test(String(rows[0]?.[0])) ? only : null };
}

/** Rows a page held at the last ANALYZE or VACUUM, times the pages there are now. */
async function estimate(pool: Pool, oid: string): Promise<number | null> {
  const { rows } = await pool.run(
    `SELECT sum(c.reltuples), sum(c.relpages), sum(pg_relation_size(c.oid)) / current_setting('block_size')::int,
       bool_and(c.reltuples >= 0)
     FROM pg_class c WHERE c.relkind = 'r'
       AND (c.oid = ?::oid OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = ?::oid))`,
    [oid, oid],
  );
  const [tuples, then, now] = (rows[0] ?? []).slice(0, 3).map(Number);
  if (now === 0) return 0;
  if (rows[0]?.[3] !== "t" || !tuples || !then || now === undefined) return null;
  return Math.round((tuples / then) * now);
}

/**
 * The inner SELECT locks, and sees what an earlier holder wrote; the outer DELETE meets only what that left locked. Both
 * go from page to page of the table, where the index on the key leads to a page of its own for each row.
 */
const placedIn = (table: string): Placed => ({
  column: "ctid",
  order(place) {
    const [block = 0, line = 0] = place.slice(1, -1).split(",").map(Number);
    return block * 65_536 + line;
  },
  delete: (condition, answer) => `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM ${table} WHERE ctid = ANY(?::tid[]) AND ${condition} FOR UPDATE SKIP LOCKED))
    RETURNING ${answer}`,
});

interface Plan {
  "Node Type": string;
  "Plan Rows": number;
  Plans?: Plan[];
}

/** The planner never expects fewer than one row. Of a table in partitions each branch is several plans. */
function planned(rows: unknown[][]): number[] {
  const [text] = rows[0] ?? [];
  const [{ Plan: plan }] = JSON.parse(textOf(text)) as [{ Plan: Plan }];
  const all = plan["Node Type"] === "Append" ? (plan.Plans ?? []) : [plan];
  return all.map(({ "Plan Rows": expected }) => (expected > 1 ? expected : 0));
}

/** Beside the session table first, then by search_path; one that may not be read gives no names. */
async function usersOf(pool: Pool, schema: string, wanted: Wanted): Promise<Users | null> {
  if (!wanted.usersTable) return null;
  for (const place of [schema, ""]) {
    const { rows } = await pool.run(VISIBLE, [wanted.usersTable, place, place]);
    const [oid, name, found, , readable] = (rows[0] ?? []).map(textOf);
    if (oid === undefined || !name || !found) continue;
    if (readable !== "t") return null;
    const from = `${quoted(found)}.${quoted(name)}`;
    return users(pool, from, await attributesOf(pool, oid), wanted.userNameColumn, {
      quoted,
      asText: (column) => `${column}::text`,
    });
  }
  return null;
}

const KINDS: Record<string, string> = { v: "view", m: "materialized view", f: "foreign table" };

async function noTable(
  pool: Pool,
  { schema, table, shape }: Wanted,
  kind: string,
  missing: string[],
): Promise<ProblemError> {
  const { columns } = shape ?? SESSIONS;
  const { rows } = await pool.run(
    `SELECT n.nspname || '.' || c.relname FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg|_%' ESCAPE '|'
       AND a.attname IN (?, ?, ?)
     GROUP BY 1 HAVING count(*) = 3 ORDER BY 1 LIMIT 100`,
    Object.values(columns),
  );
  const tables = rows.map(([name]) => textOf(name));
  const full = schema ? `${schema}.${table}` : table;
  const why =
    kind === ""
      ? `The database has no table ${full}.`
      : KINDS[kind]
        ? `${full} is a ${KINDS[kind]}, which Django does not make for sessions.`
        : `The table ${full} lacks ${missing.join(", ")}.`;
  return problem(
    "no_table",
    why,
    tables.length
      ? `These tables have the columns ${listed(columns)}: ${tables.join(", ")}.`
      : `No table of it has the columns ${listed(columns)}.`,
    { step: "table" satisfies Step, table: full, tables },
  );
}
