/**
 * Expired keys vanish from Redis by themselves, so all there is to purge are sessions that never expire, where asked for.
 *
 * Found by a scan that the batches go on with; each is compared once more when it is deleted, so one that was given an
 * expiry, or changed, stays.
 */
import type { Entry, PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import { entriesOf, lots, measured } from "./redis-entries.ts";
import type { Sessions } from "./redis-read.ts";
import { walk } from "./redis-walk.ts";
import { remove } from "./redis-write.ts";

const WHY =
  "They have no TTL, so Redis keeps them for ever. Django writes one with every session; a script or a restored dump may have left it out.";
/** Bytes of before-images a batch holds, and the largest that can be kept. */
const BATCH_BYTES = 32 * 1024 * 1024;
const ALL = 256 * 1024 * 1024;

export async function* purgeCount(
  sessions: Sessions,
  signal?: AbortSignal,
): AsyncGenerator<PurgeCount> {
  const never = { count: 0, bytes: 0 };
  const now = (exact: boolean): PurgeCount => ({
    count: 0,
    bytes: 0,
    oldest: null,
    exact,
    neverRemoved: { ...never, why: WHY },
  });
  for await (const window of walk(sessions, { signal, look: true })) {
    for await (const some of measured(sessions, window, isEndless))
      for (const { size } of some) {
        never.count += 1;
        never.bytes += size;
      }
    yield now(false);
  }
  if (!signal?.aborted) yield now(true);
}

const isEndless = ({ expires }: { expires: number | null }): boolean => expires === null;

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

const nothing: PurgeBatch = { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: true };

export function purge(sessions: Sessions): Purge {
  let rest: AsyncGenerator<Entry> | null = null;

  async function* endless(maxData: number): AsyncGenerator<Entry> {
    for await (const window of walk(sessions, { look: true }))
      for (const lot of lots(window, maxData, isEndless))
        yield* await entriesOf(sessions, lot, maxData, isEndless);
  }

  async function batch({ limit, keep }: PurgeBatchRequest): Promise<PurgeBatch> {
    rest ??= endless(keep ? ALL : -1);
    const chosen: Entry[] = [];
    let bytes = 0;
    let finished = false;
    while (chosen.length < limit && bytes < BATCH_BYTES) {
      const { done, value } = await rest.next();
      if (done) {
        finished = true;
        rest = null;
        break;
      }
      // Too large to be kept: it stays.
      if (keep && value.data === null) continue;
      chosen.push(value);
      bytes += value.size;
    }
    if (keep && chosen.length > 0) keep(chosen);
    const result = { ...nothing, finished };
    for (const { key, token, size } of chosen) {
      const started = performance.now();
      const { outcome } = await remove(sessions, key, token);
      // What others wait is at most what one of the commands took.
      result.lockMs = Math.max(result.lockMs, performance.now() - started);
      if (outcome === "done") {
        result.deleted += 1;
        result.bytes += size;
      } else result.skipped += 1;
    }
    return result;
  }

  return {
    async batch(request) {
      if (!request.includeNeverRemoved) return nothing;
      try {
        return await batch(request);
      } catch (error) {
        // Those chosen and not deleted are found again by a walk from the start alone.
        rest = null;
        throw error;
      }
    },
  };
}
