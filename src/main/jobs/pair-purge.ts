/**
 * Purging a row and the cache in front of it: the copy goes first, so no login outlives its row.
 *
 * A copy that ends after the cutoff is a session that the site still serves, whatever its row says: it stays.
 */
import { ProblemError } from "../problem.ts";
import type { Entry, PurgeBatch, Store } from "../stores/driver.ts";
import { copiesOf, entryOf } from "./pair.ts";

const ALL = 256 * 1024 * 1024;

/** As the bin takes it: with its copy where there is one. */
const kept = (row: Entry, copy: Entry | undefined): Entry =>
  copy ? (entryOf({ row, copy }) ?? row) : { ...row, pair: "rowOnly" };

export function purgePair(rows: Store, cache: Store): NonNullable<Store["purgeBatch"]> {
  let rest: { cutoff: string; steps: AsyncIterator<Entry[]>; left: Entry[] } | null = null;
  const batch: NonNullable<Store["purgeBatch"]> = async ({ cutoff, limit, keep }) => {
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
      keep ? ALL : -1,
    );
    const served = ({ key }: Entry): boolean => {
      const copy = copies.get(key);
      return copy !== undefined && (copy.expires === null || copy.expires >= cutoff);
    };
    const unserved = found.filter((entry) => !served(entry));
    if (unserved.length > 0) keep?.(unserved.map((row) => kept(row, copies.get(row.key))));
    const chosen: Entry[] = [];
    for (const row of unserved) {
      const copy = copies.get(row.key);
      const gone = copy ? await cache.delete(row.key, copy.token) : null;
      // Saved at that moment: the site goes on serving it.
      if (gone?.outcome !== "conflict") chosen.push(row);
    }
    result.skipped = found.length - chosen.length;
    const started = performance.now();
    const outcomes =
      (await rows.changeAll?.(
        chosen.map(({ key, token }) => ({ op: "delete", key, expected: token })),
      )) ?? (await Promise.all(chosen.map(({ key, token }) => rows.delete(key, token))));
    result.lockMs = performance.now() - started;
    for (const [index, one] of outcomes.entries())
      if (!(one instanceof ProblemError) && one.outcome === "done") {
        result.deleted += 1;
        const { key = "", size = 0 } = chosen[index] ?? {};
        result.bytes += size + (copies.get(key)?.size ?? 0);
      } else result.skipped += 1;
    return result;
  };
  return async (request) => {
    try {
      return await batch(request);
    } catch (error) {
      // What this batch was about to delete is found anew by the next.
      rest = null;
      throw error;
    }
  };
}
