/**
 * How many sessions expire within some ranges by the server's statistics: the planner's own numbers, which cost no reading
 * of the table however large it is. All ranges are asked in one EXPLAIN, one branch of a UNION ALL each.
 */
import type { ExpiryRange } from "./driver.ts";
import { boundsOf, dates } from "./sql-range.ts";
import type { Table } from "./sql-table.ts";

/** In the order of the ranges; null: without an index, statistics, or among rows that are no sessions nobody knows. */
export async function estimates(
  table: Table,
  ranges: readonly ExpiryRange[],
): Promise<number[] | null> {
  if (!table.expiryIndex || table.only !== null || (await table.estimate()) === null) return null;
  const parts = ranges.map((range) => dates(boundsOf(range, table), table));
  const { rows } = await table.pool.run(
    `${table.explain} ${parts
      .map(({ sql }) => `SELECT 1 FROM ${table.byExpiry} WHERE ${sql}`)
      .join(" UNION ALL ")}`,
    parts.flatMap(({ parameters }) => parameters),
  );
  const planned = table.planned(rows);
  return planned.length === ranges.length ? planned : null;
}
