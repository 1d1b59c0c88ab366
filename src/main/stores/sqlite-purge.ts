/**
 * Deleting what expired, in batches that hold the lock briefly.
 *
 * What is to go is first collected from the index (rowids only, without a lock), up to WINDOW of it, and sorted: then a
 * batch touches neighbouring pages, each once in the whole purge. By expiry, every batch would write other pages all
 * over the table. A batch is one DELETE over a span of rowids, or, where few of the span are to go, over a list of them;
 * row by row cost half as much again. Each DELETE checks the expiry again, so a session renewed since it was collected
 * stays. Rows whose expire_date is no date stay as well: they could not be put back as they were.
 */
import { setImmediate as breathe } from "node:timers/promises";
import Database from "better-sqlite3";
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { attempt, immediately } from "./sqlite-problems.ts";
import { boundsOf, condition, type Place, type Stretch, stretches } from "./sqlite-range.ts";
import { reading } from "./sqlite-read.ts";
import { type Cell, entryOf, type Row, rowColumns } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** rowids collected at a time: 16 MB. */
const WINDOW = 2_097_152;
/** A span is deleted as such where at least one in so many of its rowids is to go. */
const DENSE = 8n;
/** Before-images a batch holds in memory, in bytes; it ends early beyond. */
const BATCH_BYTES = 32 * 1024 * 1024;
/** Larger values cannot be kept, so their rows stay. */
const ALL = 256 * 1024 * 1024;
/** Index entries a read: a few ms. */
const STEP = 20_000;

type Found = [expires: Cell, rowid: bigint, size: bigint | null];

/** The index from its start up to the cutoff, in steps; without the index, the table. */
async function* walk(
  table: Table,
  time: ExpiryText,
  cutoff: string,
  withSize: boolean,
): AsyncGenerator<Found[]> {
  const bounds = boundsOf({ to: cutoff }, time);
  const columns = `expire_date, rowid, ${withSize ? "octet_length(session_data)" : "0"}`;
  const read = (sql: string, order: string, parameters: Cell[]) =>
    reading(table, () =>
      table.db
        .prepare<Cell[], Found>(
          `SELECT ${columns} FROM ${table.name} WHERE ${sql} ORDER BY ${order} LIMIT ${STEP}`,
        )
        .raw()
        .safeIntegers()
        .all(...parameters),
    );
  let place: Place | null = null;
  for (;;) {
    const found: Found[] = [];
    if (table.expiryIndex) {
      for (const way of stretches(bounds, true, place))
        if (!found.length)
          found.push(...(await read(way.sql, "expire_date, rowid", way.parameters)));
    } else {
      const { sql, parameters } = condition(bounds);
      const from: bigint = place?.rowid ?? -(2n ** 63n);
      found.push(...(await read(`${sql} AND rowid > ?`, "rowid", [...parameters, from])));
    }
    const last = found.at(-1);
    if (!last) return;
    place = { expires: last[0], rowid: last[1] };
    yield found;
    await breathe();
  }
}

export async function* purgeCount(
  table: Table,
  time: ExpiryText,
  cutoff: string,
  signal?: AbortSignal,
): AsyncGenerator<PurgeCount> {
  let count = 0;
  let bytes = 0;
  let oldest: string | null = null;
  const now = (exact: boolean): PurgeCount => ({ count, bytes, oldest, exact, neverRemoved: null });
  for await (const found of walk(table, time, cutoff, true)) {
    if (signal?.aborted) return;
    for (const [expires, , size] of found) {
      const iso = time.toIso(expires);
      if (iso === null) continue;
      count += 1;
      bytes += Number(size ?? 0);
      if (oldest === null || iso < oldest) oldest = iso;
    }
    yield now(false);
  }
  yield now(true);
}

/** A WAL is copied back into the database after the batch, not within its commit, while others wait for the lock. */
async function checkpointAfter<T>(db: Table["db"], work: () => Promise<T>): Promise<T> {
  if (db.pragma("journal_mode", { simple: true }) !== "wal") return work();
  db.pragma("wal_autocheckpoint = 0");
  try {
    const result = await work();
    try {
      // PASSIVE holds up nobody, and leaves nothing over for the site's own commits to copy.
      db.pragma("wal_checkpoint(PASSIVE)");
    } catch (error) {
      // The batch is committed all the same; the next checkpoint goes on with it.
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    return result;
  } finally {
    db.pragma("wal_autocheckpoint = 1000");
  }
}

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

/** What was collected, in order of rowid. */
interface Collected {
  rowids: BigInt64Array;
  /** Where each of them ends by expiry; another's window begins there. */
  last: Cell;
  /** Rows among them whose expire_date is no date, so that a span would hold them too. */
  odd: boolean;
}

const NOTHING: Collected = { rowids: new BigInt64Array(0), last: null, odd: false };

/** What was collected is kept from one batch to the next. */
export function purge(table: Table, time: ExpiryText): Purge {
  let collected = NOTHING;
  let at = 0;
  let collectedFor = "";
  const tooLarge = new Set<bigint>();
  /** Tokens of what was kept in a batch that could not be committed: it is tried again, and kept once. */
  const kept = new Map<bigint, string>();

  async function collect(cutoff: string): Promise<void> {
    const rowids = new BigInt64Array(WINDOW);
    let length = 0;
    let last: Cell = null;
    let odd = tooLarge.size > 0;
    for await (const found of walk(table, time, cutoff, false)) {
      for (const [expires, rowid] of found) {
        if (length === WINDOW || tooLarge.has(rowid)) continue;
        if (time.toIso(expires) === null) {
          odd = true;
          continue;
        }
        rowids[length++] = rowid;
        last = expires;
      }
      if (length === WINDOW) break;
    }
    // Without the index the walk is by rowid: its last expiry says nothing of the others.
    if (!table.expiryIndex) odd = true;
    collected = { rowids: rowids.slice(0, length).sort(), last, odd };
    at = 0;
  }

  /** The rows of a batch, as a condition. */
  function target(rowids: BigInt64Array, cutoff: string): Stretch {
    const { sql, parameters } = condition(boundsOf({ to: cutoff }, time));
    const [first = 0n, last = -1n] = [rowids.at(0), rowids.at(-1)];
    // The unary plus keeps SQLite from the index on expire_date.
    const expired = sql.replaceAll("expire_date", "+expire_date");
    if (!collected.odd && last - first < BigInt(rowids.length) * DENSE)
      return {
        sql: `rowid BETWEEN ? AND ? AND ${expired} AND +expire_date <= ?`,
        parameters: [first, last, ...parameters, collected.last],
      };
    return {
      sql: `rowid IN (SELECT value FROM json_each(?)) AND ${expired}`,
      parameters: [`[${rowids.join()}]`, ...parameters],
    };
  }

  /** Reads what a batch deletes, until it is too much to hold: `cut` is the rowid it then ends with. */
  function look(
    rowids: BigInt64Array,
    cutoff: string,
    images: Map<bigint, Entry>,
  ): { going: BigInt64Array; cut: bigint | null } {
    const { sql, parameters } = target(rowids, cutoff);
    const rows = table.db
      .prepare<Cell[], Row>(`SELECT ${rowColumns} FROM ${table.name} WHERE ${sql} ORDER BY rowid`)
      .raw()
      .safeIntegers()
      .iterate(ALL, ...parameters);
    const going: bigint[] = [];
    let bytes = 0;
    for (const row of rows) {
      const [rowid, , , size, data] = row;
      if (data === null && size !== null) {
        tooLarge.add(rowid);
        collected = { ...collected, odd: true };
        continue;
      }
      going.push(rowid);
      const image = entryOf(row, time, table.raw);
      if (kept.get(rowid) !== image.token) images.set(rowid, image);
      bytes += image.size;
      if (bytes > BATCH_BYTES) return { going: BigInt64Array.from(going), cut: rowid };
    }
    return { going: BigInt64Array.from(going), cut: null };
  }

  function remove(rowids: BigInt64Array, cutoff: string): { deleted: number; bytes: number } {
    const { sql, parameters } = target(rowids, cutoff);
    const bytes = table.db
      .prepare<Cell[], number | null>(
        `SELECT sum(octet_length(session_data)) FROM ${table.name} WHERE ${sql}`,
      )
      .pluck()
      .get(...parameters);
    const { changes } = table.db
      .prepare<Cell[]>(`DELETE FROM ${table.name} WHERE ${sql}`)
      .run(...parameters);
    return { deleted: changes, bytes: bytes ?? 0 };
  }

  return {
    async batch({ cutoff, limit, keep }) {
      if (collectedFor !== cutoff) {
        tooLarge.clear();
        await collect(cutoff);
        collectedFor = cutoff;
      } else if (at >= collected.rowids.length) await collect(cutoff);
      const chosen = collected.rowids.subarray(at, at + limit);
      let lockMs = 0;
      const commit = () =>
        attempt(table.path, () => {
          table.check();
          let from = performance.now();
          try {
            return immediately(table.db, () => {
              from = performance.now();
              if (!keep) return { done: chosen.length, ...remove(chosen, cutoff) };
              const images = new Map<bigint, Entry>();
              const { going, cut } = look(chosen, cutoff, images);
              if (images.size) keep([...images.values()]);
              for (const [rowid, { token }] of images) kept.set(rowid, token);
              return {
                done: cut === null ? chosen.length : chosen.indexOf(cut) + 1,
                ...remove(going, cutoff),
              };
            });
          } finally {
            lockMs = performance.now() - from;
          }
        });
      const { done, ...counted } = await checkpointAfter(table.db, commit);
      kept.clear();
      at += done;
      if (at >= collected.rowids.length) await collect(cutoff);
      return {
        ...counted,
        skipped: Math.max(0, done - counted.deleted),
        lockMs,
        finished: collected.rowids.length === 0,
      };
    },
  };
}

export function purgeStatement(
  table: Table,
  time: ExpiryText,
  cutoff: string,
  limit: number,
): string {
  const { sql, parameters } = condition(boundsOf({ to: cutoff }, time));
  const where = parameters.reduce<string>((text, value) => text.replace("?", `'${value}'`), sql);
  return `BEGIN IMMEDIATE;
DELETE FROM ${table.name} WHERE rowid BETWEEN … AND … AND ${where};  -- up to ${limit} rows
COMMIT;`;
}
