/**
 * The sessions among all the rows of a cache's table, told by how their keys begin.
 *
 * Not a condition of every statement as on servers: those hold to short steps, and in one that passes over other rows the
 * step would be as long as the table is.
 */
import type { ProblemError } from "../problem.ts";
import type { Entry, PlacedEntry, PurgeBatch, Store } from "./driver.ts";
import type { Shape } from "./sql-table.ts";

/** Fits a string with room to spare. */
const ALL = 256 * 1024 * 1024;

export function sessionsAmong(inner: Store, { start, other }: Shape): Store {
  const isOwn = ({ key }: Entry): boolean =>
    key.startsWith(start) && (other === "" || !key.startsWith(other, start.length));
  async function* scan(asked: Parameters<Store["scan"]>[0]): AsyncGenerator<Entry[]> {
    for await (const step of inner.scan(asked)) {
      const own = step.filter(isOwn);
      if (own.length > 0) yield own;
    }
  }
  const before = (cutoff: string, maxData: number, signal?: AbortSignal) =>
    scan({
      range: { to: cutoff },
      order: "expires",
      batch: 500,
      maxData,
      ...(signal && { signal }),
    });

  return {
    ...inner,
    async page({ limit, ...asked }) {
      const found: PlacedEntry[] = [];
      let { after, before } = asked;
      while (found.length < limit) {
        const rows = await inner.page({
          ...{ ...asked, limit },
          ...(after !== undefined && { after }),
          ...(before !== undefined && { before }),
        });
        if (rows.length === 0) break;
        const own = rows.filter(isOwn);
        if (before === undefined) {
          found.push(...own);
          after = rows.at(-1)?.cursor;
        } else {
          found.unshift(...own);
          before = rows[0]?.cursor;
        }
      }
      return asked.before === undefined ? found.slice(0, limit) : found.slice(-limit);
    },
    scan,
    async count(range, signal) {
      let total = 0;
      for await (const step of scan({
        ...{ range, order: "expires", batch: 1000, maxData: -1 },
        ...(signal && { signal }),
      }))
        total += step.length;
      signal?.throwIfAborted();
      return total;
    },
    async *purgeCount(cutoff, signal) {
      const sum = { count: 0, bytes: 0, oldest: null as string | null, neverRemoved: null };
      for await (const step of before(cutoff, -1, signal)) {
        for (const { size, expires } of step) {
          sum.count += 1;
          sum.bytes += size;
          if (expires !== null && (sum.oldest === null || expires < sum.oldest))
            sum.oldest = expires;
        }
        yield { ...sum, exact: false };
      }
      if (!signal?.aborted) yield { ...sum, exact: true };
    },
    purgeBatch: purgeOf(inner, before),
    purgeStatement: (cutoff, limit) =>
      `${inner.purgeStatement?.(cutoff, limit) ?? ""}\n-- of them the keys that begin with ${start}`,
  };
}

function purgeOf(
  inner: Store,
  before: (cutoff: string, maxData: number) => AsyncGenerator<Entry[]>,
): NonNullable<Store["purgeBatch"]> {
  /** Found and not yet gone through, by cutoff. */
  let rest: { cutoff: string; steps: AsyncGenerator<Entry[]>; left: Entry[] } | null = null;
  return async ({ cutoff, limit, keep }): Promise<PurgeBatch> => {
    // Refuses as the table does while it is locked against writes.
    await inner.changeAll?.([]);
    if (rest?.cutoff !== cutoff)
      rest = { cutoff, steps: before(cutoff, keep ? ALL : -1), left: [] };
    const result: PurgeBatch = { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: false };
    while (rest.left.length < limit) {
      const { done, value } = await rest.steps.next();
      if (done) {
        result.finished = true;
        break;
      }
      rest.left.push(...value);
    }
    if (rest.left.length > limit) result.finished = false;
    const chosen = rest.left.splice(0, limit);
    if (result.finished && rest.left.length === 0) rest = null;
    try {
      if (chosen.length > 0) keep?.(chosen);
    } catch (error) {
      rest = null;
      throw error;
    }
    const started = performance.now();
    const outcomes: (Awaited<ReturnType<Store["delete"]>> | ProblemError)[] =
      (await inner.changeAll?.(
        chosen.map(({ key, token }) => ({ op: "delete", key, expected: token })),
      )) ?? [];
    result.lockMs = performance.now() - started;
    for (const [index, one] of outcomes.entries())
      if ("outcome" in one && one.outcome === "done") {
        result.deleted += 1;
        result.bytes += chosen[index]?.size ?? 0;
      } else result.skipped += 1;
    return result;
  };
}
