/** Writing rows: under the write lock, and each only onto what its token names. */
import { ProblemError, problem } from "../problem.ts";
import type { StoreChange, WriteOutcome, WriteRequest } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { attempt, immediately } from "./sqlite-problems.ts";
import { rowOf } from "./sqlite-read.ts";
import { type Cell, isNamed, keyValue, type Row, tokenOf, tokenOfRow } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** What fits a string with room to spare. */
const ALL = 256 * 1024 * 1024;

type Change = (row: Row) => WriteOutcome;

/** Runs a change on the row of a key when it is the expected one. Within a transaction. */
function swap(table: Table, key: string, expected: string, change: Change): WriteOutcome {
  const row = rowOf(table, key, expected.startsWith("~") ? -1 : ALL);
  if (!row) return { outcome: "missing" };
  return isNamed(row, expected, table.raw) ? change(row) : { outcome: "conflict" };
}

const locked = <Result>(table: Table, work: () => Result): Promise<Result> =>
  attempt(table.path, () => {
    table.check();
    return immediately(table.db, work);
  });

/** Changes by themselves, each in a transaction of its own. */
export const change = (table: Table, time: ExpiryText, one: StoreChange): Promise<WriteOutcome> =>
  locked(table, () => apply(table, time, one));

/** Changes together, in one transaction; one that cannot be made is its problem. */
export const changeAll = (
  table: Table,
  time: ExpiryText,
  changes: readonly StoreChange[],
): Promise<(WriteOutcome | ProblemError)[]> =>
  locked(table, () =>
    changes.map((one) => {
      try {
        return apply(table, time, one);
      } catch (error) {
        if (error instanceof ProblemError) return error;
        throw error;
      }
    }),
  );

function apply(table: Table, time: ExpiryText, one: StoreChange): WriteOutcome {
  if (one.op === "write") return write(table, time, one);
  if (one.op === "setExpiry") return setExpiry(table, time, one);
  return remove(table, one.key, one.expected);
}

const sizeOf = (data: string | Uint8Array) =>
  typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;

/** With `expires` null the stored expiry stays; a new row needs one. */
function write(
  table: Table,
  time: ExpiryText,
  { key, data, expires, expected }: WriteRequest,
): WriteOutcome {
  const stored = expires === null ? null : time.toStored(expires);
  const value = typeof data === "string" ? data : Buffer.from(data);
  const done = (kept: Cell): WriteOutcome => ({
    outcome: "done",
    token: tokenOf(kept, sizeOf(data), data),
  });
  if (expected !== null)
    return swap(table, key, expected, ([rowid, , held]) => {
      table.db
        .prepare<Cell[]>(
          `UPDATE ${table.name} SET session_data = ?, expire_date = ? WHERE rowid = ?`,
        )
        .run(value, stored ?? held, rowid);
      return done(stored ?? held);
    });
  if (stored === null)
    throw problem("bad_request", "A session in a database needs an expiry date.");
  if (rowOf(table, key, -1)) return { outcome: "conflict" };
  const { sql, value: keyCell } = keyValue(key);
  table.db
    .prepare<Cell[]>(
      `INSERT INTO ${table.name} (session_key, session_data, expire_date) VALUES (${sql}, ?, ?)`,
    )
    .run(keyCell, value, stored);
  return done(stored);
}

function setExpiry(
  table: Table,
  time: ExpiryText,
  { key, expires, expected }: { key: string; expires: string; expected: string },
): WriteOutcome {
  const stored = time.toStored(expires);
  return swap(table, key, expected, (row) => {
    table.db
      .prepare<Cell[]>(`UPDATE ${table.name} SET expire_date = ? WHERE rowid = ?`)
      .run(stored, row[0]);
    return { outcome: "done", token: tokenOfRow(row, stored, table.raw) };
  });
}

const remove = (table: Table, key: string, expected: string): WriteOutcome =>
  swap(table, key, expected, ([rowid]) => {
    table.db.prepare<Cell[]>(`DELETE FROM ${table.name} WHERE rowid = ?`).run(rowid);
    return { outcome: "done", token: "" };
  });
