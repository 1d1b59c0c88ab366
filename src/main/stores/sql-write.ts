/** Writing rows: each only onto what its token names, under row locks held for a few statements. */
import { ProblemError, problem } from "../problem.ts";
import type { StoreChange, WriteOutcome, WriteRequest } from "./driver.ts";
import type { Run } from "./sql-pool.ts";
import { isNamed, type Row, rowColumns, rowOf, tokenOf, tokenOfRow } from "./sql-row.ts";
import { checkKey, type Table } from "./sql-table.ts";

/** What fits a string with room to spare. */
const ALL = 256 * 1024 * 1024;
const ATTEMPTS = 3;

export async function change(table: Table, one: StoreChange): Promise<WriteOutcome> {
  const [outcome] = await together(table, [checked(table, one)]);
  if (!outcome) throw new Error("A change without an outcome.");
  return outcome;
}

/** Changes in one transaction. One that the server refuses undoes them all; then each is made by itself. */
export async function changeAll(
  table: Table,
  changes: readonly StoreChange[],
): Promise<(WriteOutcome | ProblemError)[]> {
  try {
    return await together(
      table,
      changes.map((one) => checked(table, one)),
    );
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code === "store_gone") throw error;
    const outcomes: (WriteOutcome | ProblemError)[] = [];
    for (const one of changes)
      outcomes.push(
        await change(table, one).catch((error: unknown) => {
          if (error instanceof ProblemError && error.problem.code !== "store_gone") return error;
          throw error;
        }),
      );
    return outcomes;
  }
}

/** Throws bad_key or bad_request for what no row of the table can hold. */
function checked(table: Table, one: StoreChange): StoreChange {
  checkKey(table, one.key, one.op === "write");
  if (one.op !== "write") return one;
  if (one.expires === null && one.expected === null)
    throw problem("bad_request", "A session in a database needs an expiry date.");
  const data = typeof one.data === "string" ? one.data : utf8(one.data);
  if (!data.isWellFormed() || (table.refusesNul && data.includes("\0")))
    throw problem("bad_request", "The data holds characters that this server does not store.");
  return { ...one, data };
}

function utf8(data: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw problem("bad_request", "The data is no text (UTF-8), and the column holds text.");
  }
}

async function together(table: Table, changes: StoreChange[]): Promise<WriteOutcome[]> {
  for (let attempt = 1; ; attempt++)
    try {
      return await table.pool.transaction(async (run) => {
        const rows = await lockRows(table, run, changes);
        const outcomes: WriteOutcome[] = [];
        for (const one of changes) outcomes.push(await apply(table, run, rows, one));
        return outcomes;
      });
    } catch (error) {
      const again = error instanceof ProblemError && error.problem.detail?.["deadlock"] === true;
      if (!again || attempt === ATTEMPTS) throw error;
    }
}

/** In the order of keys, so that two of these never wait for each other. */
async function lockRows(table: Table, run: Run, changes: StoreChange[]): Promise<Map<string, Row>> {
  const held = changes.filter((one) => one.expected !== null);
  if (!held.length) return new Map();
  const keys = [...new Set(held.map(({ key }) => key))];
  const most = held.every(({ expected }) => expected?.startsWith("~")) ? -1 : ALL;
  const { rows } = await run(
    `SELECT ${rowColumns(most)} FROM ${table.byKey} WHERE ${table.keyInList} ORDER BY session_key ${table.lock}`,
    [keys],
  );
  return new Map(rows.map(rowOf).map((row) => [row.key, row]));
}

async function apply(
  table: Table,
  run: Run,
  rows: Map<string, Row>,
  one: StoreChange,
): Promise<WriteOutcome> {
  if (one.op === "write" && one.expected === null) return insert(table, run, one);
  const row = rows.get(one.key);
  if (!row) return { outcome: "missing" };
  if (!isNamed(row, one.expected ?? "")) return { outcome: "conflict" };
  if (one.op === "delete") {
    await run(`DELETE FROM ${table.name} WHERE session_key = ?`, [one.key]);
    rows.delete(one.key);
    return { outcome: "done", token: "" };
  }
  const expires = one.expires === null ? row.expires : table.time.toStored(one.expires);
  const next: Row = { ...row, expires };
  const mark = table.expiryParameter;
  if (one.op === "setExpiry")
    await run(`UPDATE ${table.name} SET expire_date = ${mark} WHERE session_key = ?`, [
      expires,
      one.key,
    ]);
  else {
    const data = String(one.data);
    Object.assign(next, { data, size: Buffer.byteLength(data) });
    await run(
      `UPDATE ${table.name} SET session_data = ?, expire_date = ${mark} WHERE session_key = ?`,
      [data, expires, one.key],
    );
  }
  rows.set(one.key, next);
  const shown = one.expected?.startsWith("~") && one.op === "setExpiry" ? null : next.data;
  return { outcome: "done", token: tokenOfRow({ ...next, data: shown }, expires ?? "") };
}

async function insert(
  table: Table,
  run: Run,
  { key, data, expires }: WriteRequest,
): Promise<WriteOutcome> {
  const stored = table.time.toStored(expires ?? "");
  try {
    const { count } = await run(
      `INSERT INTO ${table.name} (session_key, session_data, expire_date) VALUES (?, ?, ${table.expiryParameter})${table.onTaken}`,
      [key, String(data), stored],
    );
    if (count === 0) return { outcome: "conflict" };
  } catch (error) {
    if (table.isTaken(error)) return { outcome: "conflict" };
    throw error;
  }
  return { outcome: "done", token: tokenOf(stored, Buffer.byteLength(data), data) };
}
