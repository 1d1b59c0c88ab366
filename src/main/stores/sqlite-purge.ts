/**
 * Deleting what expired, in batches that hold the lock briefly.
 *
 * What is to go is first collected from the index (rowids only, without a lock), up to WINDOW of it, and sorted: then a
 * batch touches neighbouring pages, each once in the whole purge. By expiry, every batch would write other pages all
 * over the table: measured, five times the pages. Each DELETE checks the expiry again, so a session renewed since it
 * was collected stays. Rows whose expire_date is no date stay as well: they could not be put back as they were.
 */
import { setImmediate as breathe } from "node:timers/promises";
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { attempt, immediately } from "./sqlite-problems.ts";
import { boundsOf, condition, type Place, stretches } from "./sqlite-range.ts";
import { reading } from "./sqlite-read.ts";
import { type Cell, entryOf, type Row, rowColumns } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** rowids collected at a time: 4 MB. */
const WINDOW = 524_288;
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
    yield found.filter(([expires]) => time.toIso(expires) !== null);
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
      bytes += Number(size ?? 0);
      if (oldest === null || !table.expiryIndex) {
        const iso = time.toIso(expires);
        if (iso !== null && (oldest === null || iso < oldest)) oldest = iso;
      }
    }
    count += found.length;
    yield now(false);
  }
  yield now(true);
}

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

/** What was collected is kept from one batch to the next. */
export function purge(table: Table, time: ExpiryText): Purge {
  let collected = new BigInt64Array(0);
  let at = 0;
  let collectedFor = "";
  const tooLarge = new Set<bigint>();
  /** Tokens of what was kept in a batch that could not be committed: it is tried again, and kept once. */
  const kept = new Map<bigint, string>();

  async function collect(cutoff: string): Promise<void> {
    const rowids = new BigInt64Array(WINDOW);
    let length = 0;
    for await (const found of walk(table, time, cutoff, false)) {
      for (const [, rowid] of found)
        if (length < WINDOW && !tooLarge.has(rowid)) rowids[length++] = rowid;
      if (length === WINDOW) break;
    }
    collected = rowids.slice(0, length).sort();
    at = 0;
  }

  return {
    async batch({ cutoff, limit, keep }) {
      if (collectedFor !== cutoff) {
        tooLarge.clear();
        await collect(cutoff);
        collectedFor = cutoff;
      } else if (at >= collected.length) await collect(cutoff);
      const chosen = collected.subarray(at, at + limit);
      const { sql, parameters } = condition(boundsOf({ to: cutoff }, time));
      const where = `${table.name} WHERE rowid = ? AND ${sql}`;
      // Without before-images the data itself is not read.
      const look = table.db
        .prepare<Cell[], Row>(`SELECT ${rowColumns} FROM ${where}`)
        .raw()
        .safeIntegers();
      const remove = table.db.prepare<Cell[]>(`DELETE FROM ${where}`);
      let lockMs = 0;
      const { done, ...counted } = await attempt(table.path, () => {
        table.check();
        let from = performance.now();
        try {
          return immediately(table.db, () => {
            from = performance.now();
            const result = { done: 0, deleted: 0, bytes: 0 };
            const images = new Map<bigint, Entry>();
            for (const rowid of chosen) {
              if (result.bytes > BATCH_BYTES) break;
              result.done += 1;
              const row = look.get(keep ? ALL : -1, rowid, ...parameters);
              if (!row) continue;
              if (keep && row[4] === null) {
                tooLarge.add(rowid);
                continue;
              }
              if (keep) {
                const image = entryOf(row, time, table.raw);
                if (kept.get(rowid) !== image.token) images.set(rowid, image);
              }
              remove.run(rowid, ...parameters);
              result.deleted += 1;
              result.bytes += Number(row[3] ?? 0);
            }
            if (images.size) keep?.([...images.values()]);
            for (const [rowid, { token }] of images) kept.set(rowid, token);
            return result;
          });
        } finally {
          lockMs = performance.now() - from;
        }
      });
      kept.clear();
      at += done;
      if (at >= collected.length) await collect(cutoff);
      return {
        ...counted,
        skipped: done - counted.deleted,
        lockMs,
        finished: collected.length === 0,
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
DELETE FROM ${table.name} WHERE rowid = … AND ${where};  -- for each of up to ${limit} rows
COMMIT;`;
}
