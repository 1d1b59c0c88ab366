/**
 * Deleting what expired, in batches that hold row locks briefly.
 *
 * What is to go is first collected from the index (keys only, without a lock), up to WINDOW of it: a purge that asked for
 * the oldest rows again and again would read past everything it has deleted already. A batch locks its rows, passing over
 * those that somebody else holds and those renewed since, keeps their before-images and deletes them. What was passed over
 * because it was held is tried once more at the end.
 *
 * Where a server leads to a row by its place in the table, a window is sorted by place, and one statement locks, deletes
 * and answers what it deleted, which is kept before the COMMIT. Elsewhere rows are locked by their keys and then deleted;
 * large values go that way on every server, one at a time.
 */
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import type { Cell, Run } from "./sql-pool.ts";
import { boundsOf, condition, type Place, stretches } from "./sql-range.ts";
import { entryOf, type Row, rowColumns, rowOf } from "./sql-row.ts";
import { type Placed, renamed, type Table, textOf } from "./sql-table.ts";
import { canonical } from "./sql-time.ts";

/** Keys collected at a time: some 20 MB. */
const WINDOW = 200_000;
/** Index entries a read. */
const STEP = 20_000;
/** Before-images a batch holds in memory, in bytes; larger values come one at a time. */
const BATCH_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 64 * 1024;
/** Rows a batch takes at most, whatever was asked for. */
const BATCH = 5000;
/** Larger values cannot be kept, so their rows stay. */
const ALL = 256 * 1024 * 1024;
const TRIES = 2;

interface Found {
  key: string;
  expires: string;
  /** 0 where it was not asked for. */
  bytes: number;
  /** "" where rows are told by their keys. */
  place: string;
}

/** The index from its start up to the cutoff, in steps; without the index, the table sorted for each. */
async function* walk(
  table: Table,
  cutoff: string,
  { withSize, withPlace }: { withSize: boolean; withPlace: boolean },
  signal?: AbortSignal,
): AsyncGenerator<Found[]> {
  const size = withSize ? "OCTET_LENGTH(session_data)" : "0";
  const where = withPlace && table.placed ? table.placed.column : "''";
  const bounds = boundsOf({ to: cutoff }, table);
  let place: Place | null = null;
  for (;;) {
    const found: Found[] = [];
    for (const { sql, parameters } of stretches(table, bounds, true, place)) {
      if (found.length >= STEP) break;
      const { rows } = await table.pool.run(
        `SELECT session_key, expire_date, ${size}, ${where} FROM ${table.byExpiry} WHERE ${sql}
         ORDER BY expire_date, session_key LIMIT ${STEP - found.length}`,
        parameters,
        signal,
      );
      for (const [key, expires, bytes, place] of rows)
        found.push({
          key: textOf(key),
          expires: canonical(textOf(expires)),
          bytes: Number(bytes ?? 0),
          place: textOf(place),
        });
    }
    const last = found.at(-1);
    if (!last) return;
    place = last;
    yield found;
    if (found.length < STEP) return;
  }
}

export async function* purgeCount(
  table: Table,
  cutoff: string,
  signal?: AbortSignal,
): AsyncGenerator<PurgeCount> {
  let count = 0;
  let bytes = 0;
  let oldest: string | null = null;
  const now = (exact: boolean): PurgeCount => ({ count, bytes, oldest, exact, neverRemoved: null });
  try {
    for await (const found of walk(table, cutoff, { withSize: true, withPlace: false }, signal)) {
      oldest ??= table.time.toIso(found[0]?.expires ?? null);
      for (const one of found) bytes += one.bytes;
      count += found.length;
      yield now(false);
      if (signal?.aborted) return;
    }
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }
  yield now(true);
}

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

/** What was collected is kept from one batch to the next. */
export function purge(table: Table): Purge {
  const { placed } = table;
  let collected: Found[] = [];
  let at = 0;
  let collectedFor = "";
  /** How often a key was chosen and passed over. */
  const passed = new Map<string, number>();

  async function collect(cutoff: string): Promise<void> {
    const all: Found[] = [];
    const withPlace = placed !== null;
    for await (const found of walk(table, cutoff, { withSize: withPlace, withPlace })) {
      for (const one of found)
        if (all.length < WINDOW && (passed.get(one.key) ?? 0) < TRIES) all.push(one);
      if (all.length === WINDOW) break;
    }
    collected = placed
      ? inPlace(all, placed)
      : table.neighbours === "key"
        ? all.sort((a, b) => (a.key < b.key ? -1 : 1))
        : all;
    at = 0;
  }

  return {
    async batch({ cutoff, limit, keep }) {
      if (collectedFor !== cutoff) {
        passed.clear();
        await collect(cutoff);
        collectedFor = cutoff;
      } else if (at >= collected.length) await collect(cutoff);
      const chosen = nextOf(collected, at, Math.min(limit, BATCH));
      const [first] = chosen;
      if (!first) return { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: true };
      const keys = chosen.map(({ key }) => key);
      const kept = (rows: Row[]) => {
        if (rows.length) keep?.(rows.map((row): Entry => entryOf(table, row)));
      };
      let from = performance.now();
      const together = (work: (run: Run) => Promise<Gone>): Promise<Gone> =>
        table.pool.transaction((run) => {
          from = performance.now();
          return work(run);
        });
      const byPlace = placed && first.bytes <= AT_ONCE ? placed : null;
      const { rows, left } = !byPlace
        ? await together(async (run) => {
            const locked = await lockRows(table, run, cutoff, keys, keep !== undefined);
            kept(locked.rows);
            await remove(table, run, locked.rows);
            return locked;
          })
        : keep
          ? await together(async (run) => {
              const gone = await deletePlaced(table, byPlace, run, cutoff, chosen, AT_ONCE);
              kept(gone.rows);
              return gone;
            })
          : await deletePlaced(table, byPlace, table.pool.change, cutoff, chosen, -1);
      const lockMs = performance.now() - from;
      const done = new Set(rows.map(({ key }) => key));
      const skipped = keys.filter((key) => !done.has(key) && !left.has(key));
      for (const key of skipped) passed.set(key, (passed.get(key) ?? 0) + 1);
      // What did not fit the batch is the next one's beginning.
      at += chosen.length - left.size;
      collected.splice(at, left.size, ...chosen.filter(({ key }) => left.has(key)));
      if (at >= collected.length) await collect(cutoff);
      return {
        deleted: rows.length,
        bytes: rows.reduce((sum, { size }) => sum + size, 0),
        skipped: skipped.length,
        lockMs,
        finished: collected.length === 0,
      };
    },
  };
}

interface Gone {
  rows: Row[];
  /** Keys for the next batch. */
  left: Set<string>;
}

/** Neighbours in the table together, and large values behind them all. */
function inPlace(all: Found[], placed: Placed): Found[] {
  const ordered = all.map((one) => ({ one, order: placed.order(one.place) }));
  ordered.sort((a, b) => a.order - b.order);
  const sorted = ordered.map(({ one }) => one);
  const large = sorted.filter(({ bytes }) => bytes > AT_ONCE);
  return large.length ? [...sorted.filter(({ bytes }) => bytes <= AT_ONCE), ...large] : sorted;
}

/** Of one kind, small or large, and no more than may be held in memory. */
function nextOf(collected: Found[], at: number, limit: number): Found[] {
  const large = (collected[at]?.bytes ?? 0) > AT_ONCE;
  let end = at;
  let bytes = 0;
  for (; end < collected.length && end - at < limit; end++) {
    const size = collected[end]?.bytes ?? 0;
    bytes += size;
    if (size > AT_ONCE !== large || (bytes > BATCH_BYTES && end > at)) break;
  }
  return collected.slice(at, end);
}

/** With before-images of at most `maxData` bytes, beyond which a row stays; -1: without. */
async function deletePlaced(
  table: Table,
  placed: Placed,
  run: Run,
  cutoff: string,
  chosen: Found[],
  maxData: number,
): Promise<Gone> {
  const expired = condition(boundsOf({ to: cutoff }, table), table, table.expiryAside);
  // Another row may lie there by now, of any size.
  const fits = maxData < 0 ? "" : ` AND COALESCE(OCTET_LENGTH(session_data), 0) <= ${maxData}`;
  const gone = await run(placed.delete(expired.sql + fits, rowColumns(maxData)), [
    chosen.map(({ place }) => place),
    ...expired.parameters,
  ]);
  const rows = gone.rows.map(rowOf);
  if (maxData >= 0) for (const row of rows) row.data ??= "";
  return { rows, left: new Set() };
}

/** Locks what is still expired, and reads it where it is to be kept. `left`: for the next batch. */
async function lockRows(
  table: Table,
  run: Run,
  cutoff: string,
  keys: string[],
  withData: boolean,
): Promise<Gone> {
  const expired = condition(boundsOf({ to: cutoff }, table), table, table.expiryAside);
  const found = await run(
    `SELECT ${rowColumns(withData ? AT_ONCE : -1)} FROM ${table.byKey} WHERE ${table.keyInList} AND ${expired.sql} ${table.lockFree}`,
    [keys, ...expired.parameters] satisfies Cell[],
  );
  const wanted = new Set(keys);
  const rows: Row[] = [];
  const left = new Set<string>();
  let bytes = 0;
  for (const row of found.rows.map(rowOf)) {
    if (!wanted.has(row.key)) continue;
    if (withData && row.data === null) {
      if (row.size > ALL) continue;
      if (bytes > 0 && bytes + row.size > BATCH_BYTES) {
        left.add(row.key);
        continue;
      }
      const whole = await run(
        `SELECT session_data FROM ${table.name} WHERE session_key = ? ${table.lock}`,
        [row.key],
      );
      const [data] = whole.rows[0] ?? [];
      row.data = typeof data === "string" ? data : Buffer.isBuffer(data) ? data : "";
    }
    bytes += row.size;
    rows.push(row);
  }
  return { rows, left };
}

async function remove(table: Table, run: Run, rows: Row[]): Promise<void> {
  if (rows.length) await run(table.deleteList, [rows.map(({ key }) => key)]);
}

export function purgeStatement(table: Table, cutoff: string, limit: number): string {
  const { sql, parameters } = condition(boundsOf({ to: cutoff }, table), table);
  const where = parameters.reduce<string>((text, value) => text.replace("?", `'${value}'`), sql);
  const { placed } = table;
  const statements = placed
    ? `BEGIN;
${placed.delete(where, "…").replace("?::tid[]", "…")};  -- up to ${limit} rows
COMMIT;`
    : `BEGIN;
SELECT … FROM ${table.name} WHERE session_key IN (…) AND ${where} ${table.lockFree};  -- up to ${limit} rows
${table.deleteList.replace(/\bsession_key .*$/, "session_key IN (…)")};  -- the rows locked above
COMMIT;`;
  return renamed(statements, table.columns);
}
