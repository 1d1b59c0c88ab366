/**
 * Reading every row once while others write, in short statements and without a transaction.
 *
 * A row keeps its key while its expiry changes, so a scan goes by key: by expiry a session renewed meanwhile would be met
 * twice, or never. Small ranges are first collected from the index (keys alone) and then read in the order asked for.
 * Larger ones are read in the order of keys, through windows of so many keys that no statement looks at more.
 *
 * In the order in which rows lie in the table they would be read faster from a disk, but a row moves there when it is
 * saved: only one long snapshot would meet each once, and that keeps a server from clearing up behind the site.
 */
import type { Entry, Part, ScanRequest } from "./driver.ts";
import type { Cell } from "./sql-pool.ts";
import { boundsOf, condition, dates, type Stretch } from "./sql-range.ts";
import { entryOf, type Row, rowColumns, rowOf } from "./sql-row.ts";
import { type Table, textOf } from "./sql-table.ts";

/** Keys collected from the index before the order of keys is taken. */
const COLLECTED = 50_000;
/** Keys a statement looks at. */
const WINDOW = 20_000;
/** Data a step may bring along, in bytes. */
const STEP_BYTES = 32 * 1024 * 1024;

export async function* scan(table: Table, request: ScanRequest): AsyncGenerator<Entry[]> {
  const { signal } = request;
  try {
    const keys = await collect(table, request);
    const steps = keys ? byList(table, keys, request) : byKey(table, request);
    for await (const rows of steps) {
      if (signal?.aborted) return;
      if (rows.length) yield rows.map((row) => entryOf(table, row));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Everything that was asked for but the order. */
function wanted(table: Table, { range, minSize, maxSize, part }: ScanRequest, column: string) {
  const { sql, parameters } = condition(boundsOf(range, table), table, column);
  const size = (sign: string, bytes: number | undefined) =>
    bytes === undefined ? [] : [`OCTET_LENGTH(session_data) ${sign} ${Math.trunc(bytes)}`];
  const parts = hashed(table, part);
  return {
    sql: [sql, ...size(">", minSize), ...size("<", maxSize), ...parts].join(" AND "),
    parameters,
  };
}

/** A part without edges: its share of the keys by a hash. */
const hashed = (table: Table, part: Part | undefined): string[] =>
  part && part.of > 1 && !part.edges ? [table.part(part.index, part.of)] : [];

/** A part with edges: the keys after one and up to the other. */
const endsOf = ({ part }: ScanRequest): [from: string | null, to: string | null] =>
  part?.edges ? [part.edges[part.index - 1] ?? null, part.edges[part.index] ?? null] : [null, null];

/** Rows a step may bring at most, where each is as large as it may be. */
const stepRows = ({ batch, maxData }: ScanRequest): number =>
  Math.max(1, Math.min(batch, Math.floor(STEP_BYTES / Math.max(1, maxData))));

/** Keys of the range in the order asked for; null: too many, or no index to have them from. */
async function collect(table: Table, request: ScanRequest): Promise<string[] | null> {
  const { order, range, part, signal } = request;
  if (!table.expiryIndex) return null;
  const bounds = condition(boundsOf(range, table), table);
  const every = dates(boundsOf(range, table), table);
  // Looking first is cheap: the index alone answers it, and a whole large table is not asked twice.
  const { rows: beyond } = await table.pool.run(
    `SELECT 1 FROM ${table.byExpiry} WHERE ${every.sql} LIMIT 1 OFFSET ${COLLECTED}`,
    every.parameters,
    signal,
  );
  if (beyond.length) return null;
  const way = order === "expires" ? "ASC" : "DESC";
  const between = keysBetween(...endsOf(request));
  const parts = [between.sql, ...hashed(table, part)].join(" AND ");
  const { rows } = await table.pool.run(
    `SELECT session_key FROM ${table.byExpiry} WHERE ${bounds.sql} AND ${parts}
     ORDER BY expire_date ${way}, session_key ${way}`,
    [...bounds.parameters, ...between.parameters],
    signal,
  );
  return rows.map(([key]) => textOf(key));
}

async function* byList(table: Table, keys: string[], request: ScanRequest): AsyncGenerator<Row[]> {
  const { sql, parameters } = wanted(table, request, table.expiryAside);
  const batch = stepRows(request);
  const statement = `SELECT ${rowColumns(request.maxData)} FROM ${table.byKey} WHERE ${table.keyInList} AND ${sql}`;
  for (let at = 0; at < keys.length; at += batch) {
    const some = keys.slice(at, at + batch);
    const read = await table.pool.run(statement, [some, ...parameters], request.signal);
    const found = new Map(read.rows.map(rowOf).map((row) => [row.key, row]));
    yield some.flatMap((key) => found.get(key) ?? []);
  }
}

async function* byKey(table: Table, request: ScanRequest): AsyncGenerator<Row[]> {
  const { signal, range, minSize, maxSize } = request;
  const narrow =
    [range?.from, range?.to, minSize, maxSize].some((one) => one !== undefined) ||
    (table.only !== null && table.onlyByKey === null);
  const limit = stepRows(request);
  const { sql, parameters } = wanted(table, request, table.expiryAside);
  const read = (from: string | null, to: string | null) => {
    const place = keysBetween(from, to);
    const answer = table.pool.run(
      `SELECT ${rowColumns(request.maxData)} FROM ${table.byKey} WHERE ${place.sql} AND ${sql} ORDER BY session_key LIMIT ${limit}`,
      [...place.parameters, ...parameters],
      signal,
    );
    // Asked for ahead, it may fail before anybody waits for it, or when nobody will.
    answer.catch(() => {});
    return answer;
  };
  const [first, until] = endsOf(request);
  let last = first;
  do {
    const end: string | null = narrow ? await edge(table, last, until, signal) : until;
    let asked = read(last, end);
    for (;;) {
      const rows = (await asked).rows.map(rowOf);
      const more = rows.length === limit;
      // The server looks for the next rows while these are looked at.
      if (more) asked = read(rows.at(-1)?.key ?? "", end);
      yield rows;
      if (!more) break;
    }
    last = end;
  } while (last !== until);
}

/** The last key of the next window, or where the last window ends. */
async function edge(
  table: Table,
  last: string | null,
  until: string | null,
  signal: AbortSignal | undefined,
) {
  const { sql, parameters } = keysBetween(last, until);
  const among = table.onlyByKey === null ? "" : ` AND ${table.onlyByKey}`;
  const { rows } = await table.pool.run(
    `SELECT session_key FROM ${table.byKey} WHERE ${sql}${among} ORDER BY session_key LIMIT 1 OFFSET ${WINDOW - 1}`,
    parameters,
    signal,
  );
  const [key] = rows[0] ?? [];
  return key === undefined ? until : textOf(key);
}

/** Keys after one and up to another. */
function keysBetween(from: string | null, to: string | null): Stretch {
  const parts: [string, Cell][] = [];
  if (from !== null) parts.push(["session_key > ?", from]);
  if (to !== null) parts.push(["session_key <= ?", to]);
  return {
    sql: parts.length ? parts.map(([sql]) => sql).join(" AND ") : "session_key IS NOT NULL",
    parameters: parts.map(([, value]) => value),
  };
}
