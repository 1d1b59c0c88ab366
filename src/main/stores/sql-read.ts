/** Reading the session table: pages, one key, counts, the span. Every read is one short statement. */
import type { Entry, ExpiryRange, PageRequest, PlacedEntry } from "./driver.ts";
import { boundsOf, condition, cursorOf, dates, placeOf, stretches } from "./sql-range.ts";
import { entryOf, type Row, rowColumns, rowOf } from "./sql-row.ts";
import { checkKey, type Table } from "./sql-table.ts";
import { canonical } from "./sql-time.ts";

/** Index entries a step of counting: some tens of ms. */
const STEP = 100_000;

/** The statement of a page; its parameters are the condition's own. */
export function pageStatement(
  table: Table,
  where: string,
  ascending: boolean,
  limit: number,
  maxData: number,
): string {
  const way = ascending ? "ASC" : "DESC";
  return `SELECT ${rowColumns(maxData)} FROM ${table.byExpiry} WHERE ${where} ORDER BY expire_date ${way}, session_key ${way} LIMIT ${limit}`;
}

export async function page(
  table: Table,
  { order, range, after, before, limit, maxData }: PageRequest,
): Promise<PlacedEntry[]> {
  const backwards = before !== undefined;
  const ascending = (order === "expires") !== backwards;
  const cursor = after ?? before;
  const place = cursor === undefined ? null : placeOf(cursor);
  const rows: Row[] = [];
  for (const { sql, parameters } of stretches(table, boundsOf(range, table), ascending, place)) {
    const left = limit - rows.length;
    if (left <= 0) break;
    const read = await table.pool.run(
      pageStatement(table, sql, ascending, left, maxData),
      parameters,
    );
    rows.push(...read.rows.map(rowOf));
  }
  if (backwards) rows.reverse();
  return rows.map((row) => ({
    ...entryOf(table, row),
    cursor: cursorOf({ expires: row.expires ?? "", key: row.key }),
  }));
}

/** A collation that ignores case finds another key's row; that is none. */
export async function get(table: Table, key: string, maxData: number): Promise<Entry | null> {
  checkKey(table, key, false);
  const { rows } = await table.pool.run(
    `SELECT ${rowColumns(maxData)} FROM ${table.name} WHERE session_key = ?`,
    [key],
  );
  const row = rows.map(rowOf).find((row) => row.key === key);
  return row ? entryOf(table, row) : null;
}

/** Counts in steps along the index, each of which sees the table as it is then; without the index at once. */
export async function count(
  table: Table,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  const bounds = boundsOf(range, table);
  // Steps go by all the rows there are, so that none of them is longer where few rows are sessions.
  const { sql, parameters } = dates(bounds, table);
  const number = async (where: string, values: typeof parameters) => {
    const { rows } = await table.pool.run(
      `SELECT COUNT(*) FROM ${table.name} WHERE ${where}${table.only === null ? "" : ` AND ${table.only}`}`,
      values,
      signal,
    );
    return Number(rows[0]?.[0] ?? 0);
  };
  if (!table.expiryIndex) return number(sql, parameters);
  const mark = table.expiryParameter;
  let total = 0;
  let where = sql;
  let values = parameters;
  for (;;) {
    const { rows } = await table.pool.run(
      `SELECT expire_date FROM ${table.byExpiry} WHERE ${where} ORDER BY expire_date LIMIT 1 OFFSET ${STEP}`,
      values,
      signal,
    );
    const [edge] = rows[0] ?? [];
    if (typeof edge !== "string") return total + (await number(where, values));
    total += await number(`${where} AND expire_date <= ${mark}`, [...values, edge]);
    where = `expire_date > ${mark} AND ${sql}`;
    values = [edge, ...parameters];
  }
}

/** Earliest and latest expiry among what is a date. */
export async function span(table: Table): Promise<{ oldest: string; newest: string } | null> {
  const { sql, parameters } = condition(boundsOf({ from: "0001-01-03T00:00:00Z" }, table), table);
  const edge = async (way: string) => {
    const { rows } = await table.pool.run(
      `SELECT expire_date FROM ${table.byExpiry} WHERE ${sql} ORDER BY expire_date ${way} LIMIT 1`,
      parameters,
    );
    const [stored] = rows[0] ?? [];
    return typeof stored === "string" ? table.time.toIso(canonical(stored)) : null;
  };
  const [oldest, newest] = [await edge("ASC"), await edge("DESC")];
  return oldest && newest ? { oldest, newest } : null;
}
