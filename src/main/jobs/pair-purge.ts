/**
 * Purging a row and the cache in front of it: the copy goes first, so no login outlives its row.
 *
 * A copy that ends after the cutoff is a session that the site still serves, whatever its row says: it stays.
 */
import { ProblemError } from "../problem.ts";
import type { Entry, PurgeBatch, Store } from "../stores/driver.ts";
import { copiesOf } from "./pair.ts";

const ALL = 256 * 1024 * 1024;

export function purgePair(rows: Store, cache: Store): NonNullable<Store["purgeBatch"]> {
  let rest: { cutoff: string; steps: AsyncIterator<Entry[]>; left: Entry[] } | null = null;
  return async ({ cutoff, limit, keep }) => {
    // Refuses as the table does while it is locked against writes.
    await rows.changeAll?.([]);
    if (rest?.cutoff !== cutoff) {
      const range = { to: cutoff };
      const asked = { range, order: "expires", batch: 500, maxData: keep ? ALL : -1 } as const;
      rest = { cutoff, steps: rows.scan(asked)[Symbol.asyncIterator](), left: [] };
    }
    const result: PurgeBatch = { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: false };
    let ended = false;
    while (rest.left.length < limit && !ended) {
      const { done, value } = await rest.steps.next();
      if (done) ended = true;
      else rest.left.push(...value);
    }
    const found = rest.left.splice(0, limit);
    result.finished = ended && rest.left.length === 0;
    if (result.finished) rest = null;
    const copies = await copiesOf(
      cache,
      found.map(({ key }) => key),
      -1,
    );
    const served = ({ key }: Entry): boolean => {
      const copy = copies.get(key);
      return copy !== undefined && (copy.expires === null || copy.expires >= cutoff);
    };
    const chosen = found.filter((entry) => !served(entry));
    result.skipped = found.length - chosen.length;
    try {
      if (chosen.length > 0) keep?.(chosen.map((row) => ({ ...row, pair: "rowOnly" })));
    } catch (error) {
      rest = null;
      throw error;
    }
    for (const { key } of chosen) {
      const copy = copies.get(key);
      if (copy) await cache.delete(key, copy.token);
    }
    const started = performance.now();
    const outcomes =
      (await rows.changeAll?.(
        chosen.map(({ key, token }) => ({ op: "delete", key, expected: token })),
      )) ?? (await Promise.all(chosen.map(({ key, token }) => rows.delete(key, token))));
    result.lockMs = performance.now() - started;
    for (const [index, one] of outcomes.entries())
      if (!(one instanceof ProblemError) && one.outcome === "done") {
        result.deleted += 1;
        result.bytes += chosen[index]?.size ?? 0;
      } else result.skipped += 1;
    return result;
  };
}
