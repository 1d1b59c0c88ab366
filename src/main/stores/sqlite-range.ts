/**
 * Where a read starts and ends, as conditions that SQLite answers from the index on expire_date alone.
 *
 * The index's own order is (expire_date, rowid), so that is the order of pages too: with session_key as the second
 * term a million rows of one expiry (a bulk import) would be sorted for every page of fifty.
 *
 * A cursor is JSON of [expire_date, rowid]; a text expire_date as a string, others by their type.
 */
import { problem } from "../problem.ts";
import type { ExpiryRange } from "./driver.ts";
import type { Cell } from "./sqlite-row.ts";
import type { ExpiryText } from "./sqlite-time.ts";

export interface Place {
  expires: Cell;
  rowid: bigint;
}

export interface Bounds {
  from: string | null;
  to: string | null;
}

/** A condition of one stretch of the index; stretches are read one after the other. */
export interface Stretch {
  sql: string;
  parameters: Cell[];
}

/** Nothing but text that starts with a digit lies between these; no number in disguise either (NUMERIC affinity). */
const FIRST = "0-";
const END = ":";

export const boundsOf = (range: ExpiryRange | undefined, time: ExpiryText): Bounds => {
  const { from, to } = range ?? {};
  if (from === undefined && to === undefined) return { from: null, to: null };
  return {
    from: from === undefined ? FIRST : time.toStored(from),
    to: to === undefined ? END : time.toStored(to),
  };
};

/** Rows without an expiry (which Django's NOT NULL forbids) are in no range, so that comparisons hold. */
export function condition({ from, to }: Bounds): Stretch {
  if (from === null && to === null) return { sql: "expire_date IS NOT NULL", parameters: [] };
  const parts: [string, string | null][] = [
    ["expire_date >= ?", from],
    ["expire_date < ?", to],
  ];
  const used = parts.filter(([, value]) => value !== null);
  return {
    sql: used.map(([sql]) => sql).join(" AND "),
    parameters: used.map(([, value]) => value),
  };
}

/** From a place on: first the rest of its ties, then what lies beyond; nothing outside the bounds. */
export function stretches(bounds: Bounds, ascending: boolean, place: Place | null): Stretch[] {
  if (!place) return [condition(bounds)];
  const sign = ascending ? ">" : "<";
  const ties: Stretch = {
    sql: `expire_date = ? AND rowid ${sign} ?`,
    parameters: [place.expires, place.rowid],
  };
  const end = ascending ? bounds.to : bounds.from;
  const beyond: Stretch = {
    sql: `expire_date ${sign} ?${end === null ? "" : ` AND expire_date ${ascending ? "<" : ">="} ?`}`,
    parameters: end === null ? [place.expires] : [place.expires, end],
  };
  const within = inside(bounds, place.expires);
  // A cursor from another range: one before this one starts at its edge, one behind it has nothing left.
  if (within === "in") return [ties, beyond];
  return (within === "below") === ascending ? [condition(bounds)] : [];
}

function inside({ from, to }: Bounds, expires: Cell): "in" | "below" | "above" {
  if (from === null && to === null) return "in";
  // SQLite sorts numbers before text and blobs after it; texts by their bytes, which for ASCII is JavaScript's order.
  if (typeof expires !== "string") return Buffer.isBuffer(expires) ? "above" : "below";
  if (from !== null && expires < from) return "below";
  return to !== null && expires >= to ? "above" : "in";
}

export function cursorOf({ expires, rowid }: Place): string {
  const cell =
    typeof expires === "bigint"
      ? { int: String(expires) }
      : Buffer.isBuffer(expires)
        ? { blob: expires.toString("hex") }
        : expires;
  return JSON.stringify([cell, String(rowid)]);
}

/** Throws bad_request for what `cursorOf` did not make. */
export function placeOf(cursor: string): Place {
  try {
    const [cell, rowid]: unknown[] = JSON.parse(cursor);
    if (typeof rowid === "string") return { expires: cellOf(cell), rowid: BigInt(rowid) };
  } catch {
    // Said below.
  }
  throw problem("bad_request", "The cursor is not one of this store's.");
}

function cellOf(cell: unknown): Cell {
  if (typeof cell === "string" || typeof cell === "number") return cell;
  if (typeof cell === "object" && cell !== null) {
    if ("int" in cell) return BigInt(String(cell.int));
    if ("blob" in cell) return Buffer.from(String(cell.blob), "hex");
  }
  throw new TypeError("no cell");
}
