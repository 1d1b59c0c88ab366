/**
 * Rows of the session table: keys and tokens as text, cells without loss.
 *
 * A key that is text is itself. SQLite holds other things under a key column as well, and text may look like our
 * notation for them, so each of these gets a notation of its own:
 *
 *     blob 00 ff                          x'00ff'
 *     text of the bytes ff (no UTF-8)     t'ff'
 *     the text x'00ff'                    t'78273030666627' (so that x'00ff' means the blob alone)
 *
 * A token is a hash of expire_date and session_data as stored ("="), or, where the data was left out for its size,
 * of expire_date and the size ("~").
 */
import { hash } from "node:crypto";
import type { Entry } from "./driver.ts";
import type { ExpiryText } from "./sqlite-time.ts";

/** What better-sqlite3 gives with safe integers. */
export type Cell = string | bigint | number | Buffer | null;

/** rowid, session_key, expire_date, stored bytes, session_data (null: left out). */
export type Row = [rowid: bigint, key: Cell, expires: Cell, size: bigint | null, data: Cell];

/** Select list of a Row; one parameter: the largest data to bring along, in bytes. */
export const rowColumns =
  "rowid, session_key, expire_date, octet_length(session_data)," +
  " CASE WHEN octet_length(session_data) <= ? THEN session_data END";

const NOTATION = /^[xt]'(?:[0-9a-f]{2})*'$/;

/** Reads a text cell's bytes where its text does not say them (no UTF-8); by rowid and column. */
export type RawText = (rowid: bigint, column: "session_key" | "session_data") => Buffer;

const replaced = (text: string) => text.includes("\ufffd");

export function keyText(cell: Cell, rowid: bigint, raw: RawText): string {
  if (typeof cell !== "string")
    return Buffer.isBuffer(cell) ? `x'${cell.toString("hex")}'` : String(cell);
  if (NOTATION.test(cell)) return `t'${Buffer.from(cell).toString("hex")}'`;
  if (!replaced(cell)) return cell;
  const bytes = raw(rowid, "session_key");
  return bytes.equals(Buffer.from(cell)) ? cell : `t'${bytes.toString("hex")}'`;
}

/** SQL for a key's value and the parameter for it; the inverse of `keyText`. */
export function keyValue(key: string): { sql: string; value: string | Buffer } {
  if (!NOTATION.test(key)) return { sql: "?", value: key };
  const bytes = Buffer.from(key.slice(2, -1), "hex");
  return { sql: key[0] === "t" ? "CAST(? AS TEXT)" : "?", value: bytes };
}

function dataOf(cell: Cell, rowid: bigint, raw: RawText): string | Uint8Array {
  if (Buffer.isBuffer(cell)) return cell;
  const text = String(cell ?? "");
  if (!replaced(text)) return text;
  const bytes = raw(rowid, "session_data");
  return bytes.equals(Buffer.from(text)) ? text : bytes;
}

const expiryTag = (cell: Cell) =>
  Buffer.isBuffer(cell) ? `x${cell.toString("hex")}` : `${typeof cell}${cell}`;

export function tokenOf(expires: Cell, size: number, data: string | Uint8Array | null): string {
  if (data === null) return `~${hash("sha1", `${expiryTag(expires)}\n${size}`, "base64url")}`;
  const text = typeof data === "string" ? data : `\0${Buffer.from(data).toString("latin1")}`;
  return `=${hash("sha1", `${expiryTag(expires)}\n${text}`, "base64url")}`;
}

/** The token of a row if its expire_date were another; "~" where its data was not brought along. */
export function tokenOfRow(row: Row, expires: Cell, raw: RawText): string {
  const [rowid, , , size, data] = row;
  const held = data === null && size !== null ? null : dataOf(data, rowid, raw);
  return tokenOf(expires, Number(size ?? 0), held);
}

/** Whether a row, read with its data unless the token is a "~" one, is what the token names. */
export const isNamed = (row: Row, token: string, raw: RawText): boolean =>
  tokenOfRow(row, row[2], raw) === token;

export function entryOf(row: Row, time: ExpiryText, raw: RawText): Entry {
  const [rowid, key, expires, size, data] = row;
  const bytes = Number(size ?? 0);
  const held = data === null && size !== null ? null : dataOf(data, rowid, raw);
  return {
    key: keyText(key, rowid, raw),
    data: held,
    size: bytes,
    expires: time.toIso(expires),
    writtenAt: null,
    token: tokenOf(expires, bytes, held),
  };
}
