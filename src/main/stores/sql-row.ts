/**
 * Rows of the session table. A token is a hash of the expiry and session_data ("="), or, where the data was left out for
 * its size, of the expiry and the size ("~").
 */
import { hash } from "node:crypto";
import type { Entry } from "./driver.ts";
import { type Table, textOf } from "./sql-table.ts";
import { canonical } from "./sql-time.ts";

/** `data` null: left out. */
export interface Row {
  key: string;
  expires: string | null;
  size: number;
  data: string | Uint8Array | null;
}

/** Select list of a Row, whose data comes along up to a number of bytes. */
export const rowColumns = (maxData: number): string =>
  maxData < 0
    ? "session_key, expire_date, OCTET_LENGTH(session_data), NULL"
    : `session_key, expire_date, OCTET_LENGTH(session_data), CASE WHEN OCTET_LENGTH(session_data) <= ${Math.trunc(maxData)} THEN session_data END`;

export function rowOf([key, expires, size, data]: unknown[]): Row {
  return {
    key: textOf(key),
    expires: typeof expires === "string" ? canonical(expires) : null,
    size: Number(size ?? 0),
    data: typeof data === "string" ? data : Buffer.isBuffer(data) ? data : null,
  };
}

export function tokenOf(expires: string, size: number, data: string | Uint8Array | null): string {
  if (data === null) return `~${hash("sha1", `${expires}\n${size}`, "base64url")}`;
  const text = typeof data === "string" ? data : `\0${Buffer.from(data).toString("latin1")}`;
  return `=${hash("sha1", `${expires}\n${text}`, "base64url")}`;
}

/** The token of a row if its expiry were another. */
export const tokenOfRow = ({ size, data }: Row, expires: string): string =>
  tokenOf(expires, size, data);

export const isNamed = (row: Row, token: string): boolean => {
  const held = token.startsWith("~") ? { ...row, data: null } : row;
  return tokenOfRow(held, row.expires ?? "") === token;
};

/** The token is made when it is asked for: a scan of a million rows asks for none, and it is a third of its work. */
export const entryOf = (table: Table, { key, expires, size, data }: Row): Entry => ({
  key,
  data,
  size,
  expires: table.time.toIso(expires),
  writtenAt: null,
  get token() {
    return tokenOf(expires ?? "", size, data);
  },
});
