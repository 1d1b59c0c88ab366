/**
 * Deleting what expired, in batches that hold row locks briefly.
 *
 * What is to go is first collected from the index (keys only, without a lock), up to WINDOW of it: a purge that asked for
 * the oldest rows again and again would read past everything it has deleted already. A batch locks its rows, passing over
 * those that somebody else holds and those renewed since, keeps their before-images and deletes them. What was passed over
 * because it was held is tried once more at the end.
 */
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import type { Cell, Run } from "./sql-pool.ts";
import { boundsOf, condition, type Place, stretches } from "./sql-range.ts";
import { entryOf, type Row, rowColumns, rowOf } from "./sql-row.ts";
import { renamed, type Table, textOf } from "./sql-table.ts";
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

type Found = [key: string, expires: string, bytes: number];

/** The index from its start up to the cutoff, in steps; without the index, the table sorted for each. */
async function* walk(
  table: Table,
  cutoff: string,
  withSize: boolean,
  signal?: AbortSignal,
): AsyncGenerator<Found[]> {
  const size = withSize ? "OCTET_LENGTH(session_data)" : "0";
  const bounds = boundsOf({ to: cutoff }, table);
  let place: Place | null = null;
  for (;;) {
    const found: Found[] = [];
    for (const { sql, parameters } of stretches(table, bounds, true, place)) {
      if (found.length >= STEP) break;
      const { rows } = await table.pool.run(
        `SELECT session_key, expire_date, ${size} FROM ${table.byExpiry} WHERE ${sql}
         ORDER BY expire_date, session_key LIMIT ${STEP - found.length}`,
        parameters,
        signal,
      );
      for (const [key, expires, bytes] of rows)
        found.push([textOf(key), canonical(textOf(expires)), Number(bytes ?? 0)]);
    }
    const last = found.at(-1);
    if (!last) return;
    place = { key: last[0], expires: last[1] };
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
    for await (const found of walk(table, cutoff, true, signal)) {
      oldest ??= table.time.toIso(found[0]?.[1] ?? null);
      for (const [, , size] of found) bytes += size;
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
  let collected: string[] = [];
  let at = 0;
  let collectedFor = "";
  /** How often a key was chosen and passed over. */
  const passed = new Map<string, number>();

  async function collect(cutoff: string): Promise<void> {
    const keys: string[] = [];
    for await (const found of walk(table, cutoff, false)) {
      for (const [key] of found)
        if (keys.length < WINDOW && (passed.get(key) ?? 0) < TRIES) keys.push(key);
      if (keys.length === WINDOW) break;
    }
    collected = table.neighbours === "key" ? keys.sort() : keys;
    at = 0;
  }

  return {
    async batch({ cutoff, limit, keep }) {
      if (collectedFor !== cutoff) {
        passed.clear();
        await collect(cutoff);
        collectedFor = cutoff;
      } else if (at >= collected.length) await collect(cutoff);
      const chosen = collected.slice(at, at + Math.min(limit, BATCH));
      if (!chosen.length) return { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: true };
      let from = performance.now();
      const { rows, left } =
        !keep && table.deleteFree
          ? await deleteFree(table, table.deleteFree, cutoff, chosen)
          : await table.pool.transaction(async (run) => {
              from = performance.now();
              const locked = await lockRows(table, run, cutoff, chosen, keep !== undefined);
              const images = locked.rows.map((row): Entry => entryOf(table, row));
              if (images.length) keep?.(images);
              await remove(table, run, locked.rows);
              return locked;
            });
      const lockMs = performance.now() - from;
      const done = new Set(rows.map(({ key }) => key));
      const skipped = chosen.filter((key) => !done.has(key) && !left.has(key));
      for (const key of skipped) passed.set(key, (passed.get(key) ?? 0) + 1);
      // What did not fit the batch is the next one's beginning.
      at += chosen.length - left.size;
      collected.splice(at, left.size, ...left);
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

/** Without before-images, and where the server can: in one statement. */
async function deleteFree(table: Table, sql: string, cutoff: string, keys: string[]) {
  const { parameters } = condition(boundsOf({ to: cutoff }, table), table);
  const gone = await table.pool.change(sql, [keys, ...parameters]);
  const rows = gone.rows.map(([key, size]) => ({ key: textOf(key), size: Number(size) }));
  return { rows, left: new Set<string>() };
}

/** Locks what is still expired, and reads it where it is to be kept. `left`: for the next batch. */
async function lockRows(
  table: Table,
  run: Run,
  cutoff: string,
  keys: string[],
  withData: boolean,
): Promise<{ rows: Row[]; left: Set<string> }> {
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
  const statements = `BEGIN;
SELECT … FROM ${table.name} WHERE session_key IN (…) AND ${where} ${table.lockFree};  -- up to ${limit} rows
${table.deleteList.replace(/\bsession_key .*$/, "session_key IN (…)")};  -- the rows locked above
COMMIT;`;
  return renamed(statements, table.columns);
}
