/** How many sessions the next batch of a purge may take, from how long the last one locked others out. */

export const firstBatch = 500;
/** Below this a lock is the disk's own time for a commit, which no smaller batch shortens. */
const smallRows = 100;
const smallBytes = 2_000_000;
const leastBatch = 10;
const mostBatch = 50_000;
/** Aimed at, so that an unlucky batch still stays under the bound. */
const share = 0.6;

/** Grows at most twofold and shrinks as far as that helps; locks are in ms, `meanBytes` is of a session. */
export function nextBatchSize(
  size: number,
  lockMs: number,
  maxLockMs: number,
  meanBytes: number,
): number {
  const factor = lockMs > 0 ? (maxLockMs * share) / lockMs : 2;
  const next = Math.round(size * Math.min(2, factor));
  const small = Math.min(smallRows, Math.max(leastBatch, Math.floor(smallBytes / meanBytes)));
  return Math.min(mostBatch, Math.max(small, next));
}

/** After a slow batch others get at least as long as they had to wait. */
export const pauseAfter = (lockMs: number, maxLockMs: number, pauseMs: number): number =>
  Math.round(lockMs > maxLockMs ? Math.max(pauseMs, lockMs) : pauseMs);
