/** Reading the session table: pages, one key, counts, the span. Every read is one short transaction of its own. */
import { setImmediate as breathe } from "node:timers/promises";
import { problem } from "../problem.ts";
import type { Entry, ExpiryRange, PageRequest, PlacedEntry } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { attempt } from "./sqlite-problems.ts";
import {
  boundsOf,
  condition,
  cursorOf,
  type Place,
  placeOf,
  type Stretch,
  stretches,
} from "./sqlite-range.ts";
import { type Cell, entryOf, keyValue, type Row, rowColumns } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** Index entries a step of counting: about 3 ms, so that neither writers nor an abort wait for it. */
const STEP = 50_000;

export async function page(
  table: Table,
  time: ExpiryText,
  { order, range, after, before, limit, maxData }: PageRequest,
): Promise<PlacedEntry[]> {
  const backwards = before !== undefined;
  const ascending = (order === "expires") !== backwards;
  const cursor = after ?? before;
  const bounds = boundsOf(range, time);
  const ways = stretches(bounds, ascending, cursor === undefined ? null : placeOf(cursor));
  const rows: Row[] = [];
  for (const way of ways)
    if (rows.length < limit)
      rows.push(
        ...(await reading(table, () =>
          table.db
            .prepare<Cell[], Row>(pageStatement(table, way.sql, ascending))
            .raw()
            .safeIntegers()
            .all(maxData, ...way.parameters, limit - rows.length),
        )),
      );
  if (backwards) rows.reverse();
  return rows.map((row) => ({
    ...entryOf(row, time, table.raw),
    cursor: cursorOf({ expires: row[2], rowid: row[0] }),
  }));
}

/** The statement of a page; its parameters: largest data, the condition's own, limit. */
export function pageStatement(table: Table, where: string, ascending: boolean): string {
  const way = ascending ? "ASC" : "DESC";
  return `SELECT ${rowColumns} FROM ${table.name} WHERE ${where} AND session_key IS NOT NULL
    ORDER BY expire_date ${way}, rowid ${way} LIMIT ?`;
}

/** Runs a read after a look whether the file is still the one that was opened. */
export function reading<T>(table: Table, work: () => T): Promise<T> {
  return attempt(table.path, () => {
    table.check();
    return work();
  });
}

/** The row of a key; null: there is none. Synchronous, for use within a transaction. */
export function rowOf(table: Table, key: string, maxData: number): Row | null {
  if (!key.isWellFormed())
    throw problem("bad_key", "The key holds half a character (a lone surrogate); no store does.");
  const { sql, value } = keyValue(key);
  const row = table.db
    .prepare<Cell[], Row>(`SELECT ${rowColumns} FROM ${table.name} WHERE session_key = ${sql}`)
    .raw()
    .safeIntegers()
    .get(maxData, value);
  return row ?? null;
}

export async function get(
  table: Table,
  time: ExpiryText,
  key: string,
  maxData: number,
): Promise<Entry | null> {
  const row = await reading(table, () => rowOf(table, key, maxData));
  return row && entryOf(row, time, table.raw);
}

/** Counts in steps, each of which sees the table as it is then. */
export async function count(
  table: Table,
  time: ExpiryText,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  const bounds = boundsOf(range, time);
  if (!table.expiryIndex) return countAll(table, condition(bounds), signal);
  let total = 0;
  for (let place: Place | null = null, more = true; more; await breathe()) {
    signal?.throwIfAborted();
    more = false;
    const ways: Stretch[] = stretches(bounds, true, place);
    for (const way of ways) {
      const step = await reading(table, () => countStep(table, way));
      total += step.count;
      if (!step.last) continue;
      place = step.last;
      more = true;
      break;
    }
  }
  return total;
}

/** Counts a stretch, or a step of it and where that ends. */
function countStep({ db, name }: Table, way: Stretch): { count: number; last: Place | null } {
  const last = db
    .prepare<Cell[], [Cell, bigint]>(
      `SELECT expire_date, rowid FROM ${name} WHERE ${way.sql}
       ORDER BY expire_date, rowid LIMIT 1 OFFSET ${STEP - 1}`,
    )
    .raw()
    .safeIntegers()
    .get(...way.parameters);
  if (last) return { count: STEP, last: { expires: last[0], rowid: last[1] } };
  const rest = db
    .prepare<Cell[], number>(`SELECT count(*) FROM ${name} WHERE ${way.sql}`)
    .pluck()
    .get(...way.parameters);
  return { count: rest ?? 0, last: null };
}

/** Without an index on expire_date: every row, in the table's order. */
async function countAll(table: Table, wanted: Stretch, signal?: AbortSignal): Promise<number> {
  const step = table.db
    .prepare<Cell[], [bigint, bigint | null]>(
      `SELECT count(*) FILTER (WHERE ${wanted.sql}), max(rowid) FROM
       (SELECT rowid, expire_date FROM ${table.name} WHERE rowid > ? ORDER BY rowid LIMIT ${STEP})`,
    )
    .raw()
    .safeIntegers();
  let total = 0;
  for (let last: bigint | null = -(2n ** 63n); last !== null; await breathe()) {
    signal?.throwIfAborted();
    const from: bigint = last;
    const [found, next] = await reading(
      table,
      () => step.get(...wanted.parameters, from) ?? [0n, null],
    );
    total += Number(found);
    last = next;
  }
  return total;
}

/** Earliest and latest expiry among what is a date. */
export function span(
  table: Table,
  time: ExpiryText,
): Promise<{ oldest: string; newest: string } | null> {
  return reading(table, () => {
    const edge = (way: "ASC" | "DESC") =>
      table.db
        .prepare<[], string>(
          `SELECT expire_date FROM ${table.name} WHERE expire_date >= '0-' AND expire_date < ':'
           ORDER BY expire_date ${way} LIMIT 100`,
        )
        .pluck()
        .all()
        .map((stored) => time.toIso(stored))
        .find((iso) => iso !== null);
    const [oldest, newest] = [edge("ASC"), edge("DESC")];
    return oldest && newest ? { oldest, newest } : null;
  });
}

const WINDOWS = 16;
const WINDOW = 64;

/** Rows by the density of rowids in a few windows: SQLite keeps no count, and counting reads the whole table. */
export function estimate(table: Table): Promise<number | null> {
  return reading(table, () => {
    const { db, name } = table;
    const [low, high] = db
      .prepare<[], [bigint | null, bigint | null]>(
        `SELECT (SELECT min(rowid) FROM ${name}), (SELECT max(rowid) FROM ${name})`,
      )
      .raw()
      .safeIntegers()
      .get() ?? [null, null];
    if (low === null || high === null) return 0;
    const width = Number(high - low) + 1;
    const inWindow = db
      .prepare<[bigint, bigint], number>(
        `SELECT count(*) FROM ${name} WHERE rowid >= ? AND rowid < ?`,
      )
      .pluck();
    if (width <= WINDOWS * WINDOW) return inWindow.get(low, high + 1n) ?? 0;
    let seen = 0;
    for (let index = 0; index < WINDOWS; index++) {
      const at = low + BigInt(Math.floor(((width - WINDOW) * index) / (WINDOWS - 1)));
      seen += inWindow.get(at, at + BigInt(WINDOW)) ?? 0;
    }
    return Math.round((width * seen) / (WINDOWS * WINDOW));
  });
}
