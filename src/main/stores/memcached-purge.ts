/**
 * What expired is gone from memcached by itself, so all there is to purge are sessions that never expire, where asked for.
 *
 * Each is compared once more when it is deleted, so one that was given an expiry, or changed, stays.
 */
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import type { Listed } from "./memcached-list.ts";
import { entriesOf } from "./memcached-page.ts";
import type { Sessions } from "./memcached-read.ts";
import { remove } from "./memcached-write.ts";

const WHY =
  "They have no expiry, so memcached keeps them until memory runs out. Django sets one with every session.";
const ALL = 2 ** 31;

const endless = async ({ listing }: Sessions): Promise<Listed[]> =>
  (await listing.fresh()).filter(({ expires }) => expires === null);

export async function* purgeCount(
  sessions: Sessions,
  signal?: AbortSignal,
): AsyncGenerator<PurgeCount> {
  const never = { count: 0, bytes: 0, why: WHY };
  for (const { size } of await entriesOf(await endless(sessions), -1, {})) {
    never.count += 1;
    never.bytes += size;
  }
  if (signal?.aborted) return;
  yield { count: 0, bytes: 0, oldest: null, exact: true, neverRemoved: never };
}

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

export function purge(sessions: Sessions): Purge {
  let rest: Listed[] | null = null;
  const purging: Purge = {
    async batch({ limit, keep, includeNeverRemoved = false }) {
      const result = { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: true };
      if (!includeNeverRemoved) return result;
      rest ??= await endless(sessions);
      // Whole values are held at once, so few at a time.
      const some = rest.splice(0, Math.min(limit, 200));
      const chosen: Entry[] = (await entriesOf(some, ALL, {})).filter(
        ({ expires }) => expires === null,
      );
      result.skipped = some.length - chosen.length;
      result.finished = rest.length === 0;
      if (chosen.length > 0) keep?.(chosen);
      for (const { key, token, size } of chosen) {
        const started = performance.now();
        const { outcome } = await remove(sessions, key, token);
        result.lockMs = Math.max(result.lockMs, performance.now() - started);
        if (outcome === "done") {
          result.deleted += 1;
          result.bytes += size;
        } else result.skipped += 1;
      }
      if (result.finished) rest = null;
      return result;
    },
  };
  return {
    async batch(request) {
      try {
        return await purging.batch(request);
      } catch (error) {
        // What this batch was about to delete is listed anew by the next.
        rest = null;
        throw error;
      }
    },
  };
}
