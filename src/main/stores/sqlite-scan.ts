/**
 * Reading every row once while others write.
 *
 * A row keeps its rowid while its expiry changes, so a scan goes by rowid: by expiry a session renewed meanwhile would
 * be met twice, or never. A small range is first collected from the index (rowids alone, one short read) and then read in
 * the order asked for; all else is read in the order of the table, which costs a third of that for each row.
 * No read lasts longer than a batch, so no writer waits and no WAL grows.
 *
 * VACUUM keeps the rowids of a table that has an index, and Django's has two.
 */
import { setImmediate as breathe } from "node:timers/promises";
import type { Entry, ScanRequest } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { boundsOf, condition, type Stretch } from "./sqlite-range.ts";
import { reading } from "./sqlite-read.ts";
import { type Cell, entryOf, type Row, rowColumns } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** Rows of a range that are collected from the index; beyond, the table's own order is taken. */
const COLLECTED = 50_000;

/** Parts take turns at blocks of rowids: whatever else changes, no rowid is in two of them. */
const BLOCK = 4096n;

/** Data a step may bring along, in bytes; then it ends early. */
const STEP_BYTES = 32 * 1024 * 1024;

/** How long the event loop is held, in ms, before others get a turn. */
const TURN = 15;

export async function* scan(
  table: Table,
  time: ExpiryText,
  request: ScanRequest,
): AsyncGenerator<Entry[]> {
  const wanted = condition(boundsOf(request.range, time));
  const sizes: [string, number | undefined][] = [
    ["octet_length(session_data) > ?", request.minSize],
    ["octet_length(session_data) < ?", request.maxSize],
  ];
  for (const [sql, size] of sizes)
    if (size !== undefined) {
      wanted.sql += ` AND ${sql}`;
      wanted.parameters.push(size);
    }
  wanted.sql += " AND session_key IS NOT NULL";
  const collected = await collect(table, time, request);
  const steps = collected
    ? byList(table, wanted, collected, request)
    : byRowid(table, wanted, request);
  let turn = performance.now();
  for await (const rows of steps) {
    if (request.signal?.aborted) return;
    if (rows.length) yield rows.map((row) => entryOf(row, time, table.raw));
    if (performance.now() - turn > TURN) {
      await breathe();
      turn = performance.now();
    }
  }
}

/** rowids of a range in the order asked for; null: too many, no range, or no index to have them from. */
async function collect(
  table: Table,
  time: ExpiryText,
  { range, order, part }: ScanRequest,
): Promise<bigint[] | null> {
  const bounds = boundsOf(range, time);
  if (!table.expiryIndex || (bounds.from === null && bounds.to === null)) return null;
  const { sql, parameters } = condition(bounds);
  const way = order === "expires" ? "ASC" : "DESC";
  const rowids = await reading(table, () =>
    table.db
      .prepare<Cell[], bigint>(
        `SELECT rowid FROM ${table.name} WHERE ${sql}
         ORDER BY expire_date ${way}, rowid ${way} LIMIT ${COLLECTED + 1}`,
      )
      .pluck()
      .safeIntegers()
      .all(...parameters),
  );
  if (rowids.length > COLLECTED) return null;
  return part && part.of > 1
    ? rowids.filter((rowid) => partOf(rowid, part.of) === part.index)
    : rowids;
}

function partOf(rowid: bigint, of: number): number {
  const block = (rowid - (((rowid % BLOCK) + BLOCK) % BLOCK)) / BLOCK;
  return Number(((block % BigInt(of)) + BigInt(of)) % BigInt(of));
}

async function* byList(
  table: Table,
  wanted: Stretch,
  rowids: bigint[],
  { batch, maxData }: ScanRequest,
): AsyncGenerator<Row[]> {
  const one = table.db
    .prepare<Cell[], Row>(
      `SELECT ${rowColumns} FROM ${table.name} WHERE rowid = ? AND ${wanted.sql}`,
    )
    .raw()
    .safeIntegers();
  for (let at = 0; at < rowids.length; ) {
    const [rows, next] = await reading(table, () => {
      const rows: Row[] = [];
      let bytes = 0;
      let index = at;
      // One transaction a step: opening one for each row costs more than the row.
      table.db.exec("BEGIN");
      try {
        for (; index < rowids.length && rows.length < batch && bytes < STEP_BYTES; index++) {
          const row = one.get(maxData, rowids[index] ?? null, ...wanted.parameters);
          if (!row) continue;
          rows.push(row);
          bytes += broughtAlong(row);
        }
      } finally {
        table.db.exec("COMMIT");
      }
      return [rows, index] as const;
    });
    at = next;
    yield rows;
  }
}

const broughtAlong = (row: Row) => (row[4] === null ? 0 : Number(row[3]));

async function* byRowid(
  table: Table,
  wanted: Stretch,
  { batch, maxData, part }: ScanRequest,
): AsyncGenerator<Row[]> {
  const { db, name } = table;
  const some = db
    .prepare<Cell[], Row>(
      // The unary plus keeps SQLite from reading by expiry and sorting.
      `SELECT ${rowColumns} FROM ${name} WHERE rowid > ? AND rowid <= ? AND ${wanted.sql.replaceAll("expire_date", "+expire_date")}
       ORDER BY rowid LIMIT ?`,
    )
    .raw()
    .safeIntegers();
  const edge = db
    .prepare<[bigint], bigint>(`SELECT rowid FROM ${name} WHERE rowid > ? ORDER BY rowid LIMIT 1`)
    .pluck()
    .safeIntegers();
  const parts = part && part.of > 1 ? part : null;
  let last = -(2n ** 63n);
  for (;;) {
    const first = await reading(table, () => edge.get(last));
    if (first === undefined) return;
    const start = first - (((first % BLOCK) + BLOCK) % BLOCK);
    const end = parts ? start + BLOCK - 1n : start + BLOCK * 16n - 1n;
    if (parts && partOf(first, parts.of) !== parts.index) {
      last = end;
      continue;
    }
    last = first - 1n;
    for (let more = true; more; ) {
      const rows = await reading(table, () => {
        const rows: Row[] = [];
        let bytes = 0;
        for (const row of some.iterate(maxData, last, end, ...wanted.parameters, batch)) {
          rows.push(row);
          bytes += broughtAlong(row);
          if (bytes > STEP_BYTES) break;
        }
        more = rows.length === batch || bytes > STEP_BYTES;
        return rows;
      });
      last = more ? (rows.at(-1)?.[0] ?? end) : end;
      yield rows;
    }
  }
}
