/**
 * Where a read starts and ends, as conditions that a server answers from its index on expire_date.
 *
 * Pages are in the order (expire_date, session_key). A cursor is JSON of these two: ["2026-01-01 00:00:30.000000", "k"].
 */
import { problem } from "../problem.ts";
import type { ExpiryRange } from "./driver.ts";
import type { Cell } from "./sql-pool.ts";
import type { Table } from "./sql-table.ts";

export interface Place {
  expires: string;
  key: string;
}

/** Both null: all rows, those without a date as well. */
export interface Bounds {
  from: string | null;
  /** Exclusive. */
  to: string | null;
}

/** A condition of one stretch of the index; stretches are read one after the other. */
export interface Stretch {
  sql: string;
  parameters: Cell[];
}

/** What a Python datetime holds lies between these; zero dates, BC and "infinity" do not. */
const FIRST = "0001-01-01 00:00:00.000000";
const LAST = "9999-12-31 23:59:59.999999";

export const boundsOf = (range: ExpiryRange | undefined, table: Table): Bounds => {
  const { from, to } = range ?? {};
  if (from === undefined && to === undefined) return { from: null, to: null };
  return {
    from: from === undefined ? FIRST : table.time.toStored(from),
    to: to === undefined ? null : table.time.toStored(to),
  };
};

/** The same of sessions alone, in a table that holds other rows as well. */
const own = (sql: string, { only }: Table): string => (only === null ? sql : `${sql} AND ${only}`);

/** Sessions of the bounds. `column`: expire_date, or another form of it. */
export function condition(bounds: Bounds, table: Table, column?: string): Stretch {
  const { sql, parameters } = dates(bounds, table, column);
  return { sql: own(sql, table), parameters };
}

/** Rows of the bounds, whatever they are. */
export function dates({ from, to }: Bounds, table: Table, column = "expire_date"): Stretch {
  if (from === null) return { sql: `${column} IS NOT NULL`, parameters: [] };
  const mark = table.expiryParameter;
  return {
    sql: `${column} >= ${mark} AND ${column} ${to === null ? "<=" : "<"} ${mark}`,
    parameters: [from, to ?? LAST],
  };
}

/** From a place on: first the rest of its ties, then what lies beyond; nothing outside the bounds. */
export function stretches(
  table: Table,
  bounds: Bounds,
  ascending: boolean,
  place: Place | null,
): Stretch[] {
  if (!place) return [condition(bounds, table)];
  const within = inside(bounds, place.expires);
  // A cursor from another range: one before this one starts at its edge, one behind it has nothing left.
  if (within !== "in") return (within === "below") === ascending ? [condition(bounds, table)] : [];
  const sign = ascending ? ">" : "<";
  const mark = table.expiryParameter;
  const { sql, parameters } = condition(bounds, table);
  return [
    {
      sql: own(`expire_date = ${mark} AND session_key ${sign} ?`, table),
      parameters: [place.expires, place.key],
    },
    {
      sql: `expire_date ${sign} ${mark} AND ${sql}`,
      parameters: [place.expires, ...parameters],
    },
  ];
}

/** Canonical texts sort as their times do. */
function inside({ from, to }: Bounds, expires: string): "in" | "below" | "above" {
  if (from === null) return "in";
  if (expires < from) return "below";
  return (to === null ? expires > LAST : expires >= to) ? "above" : "in";
}

export const cursorOf = ({ expires, key }: Place): string => JSON.stringify([expires, key]);

/** Throws bad_request for what `cursorOf` did not make. */
export function placeOf(cursor: string): Place {
  try {
    const [expires, key]: unknown[] = JSON.parse(cursor);
    if (typeof expires === "string" && typeof key === "string") return { expires, key };
  } catch {
    // Said below.
  }
  throw problem("bad_request", "The cursor is not one of this store's.");
}
