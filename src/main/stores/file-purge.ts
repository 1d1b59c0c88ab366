/**
 * Removing the files Django's own rule removes, and, only when asked for, those it never does.
 *
 * What is to go is collected first. A batch then looks at each file again, keeps the before-images, and unlinks those
 * that still are as they were kept. Files cannot be rolled back, so images are kept before the first unlink; one whose
 * file changed in the instant between is kept without need, and its key is then found taken when it is put back.
 */
import type { PurgeBatch, PurgeBatchRequest, PurgeCount } from "./driver.ts";
import { type Content, contentOf } from "./file-folder.ts";
import { inRange, type Known } from "./file-index.ts";
import { entryOf, type Files } from "./file-read.ts";
import { unlinkIf } from "./file-write.ts";

const BATCH_BYTES = 32 * 1024 * 1024;
/** Larger files cannot be kept, so they stay. */
const ALL = 256 * 1024 * 1024;

const WHY =
  "Django never removes them: their expiry is a number of seconds, which its file backend does not count from any moment, or they are empty or unreadable.";

export async function* purgeCount(
  { index }: Files,
  cutoff: string,
  signal?: AbortSignal,
): AsyncGenerator<PurgeCount> {
  const expired = { count: 0, bytes: 0 };
  const never = { count: 0, bytes: 0 };
  let oldest: string | null = null;
  const now = (exact: boolean): PurgeCount => ({
    ...expired,
    oldest,
    exact,
    neverRemoved: { ...never, why: WHY },
  });
  for await (const step of index.walk(signal)) {
    for (const [, { expires, size }] of step) {
      if (expires !== null && expires >= cutoff) continue;
      const group = expires === null ? never : expired;
      group.count += 1;
      group.bytes += size;
      if (expires !== null && (oldest === null || expires < oldest)) oldest = expires;
    }
    yield now(false);
  }
  if (!signal?.aborted) yield now(true);
}

export interface Purge {
  batch(request: PurgeBatchRequest): Promise<PurgeBatch>;
}

export function purge(files: Files): Purge {
  const { folder, index } = files;
  let keys: string[] = [];
  let at = 0;
  let collectedFor = "";

  const goes = ({ expires }: Known, cutoff: string, all: boolean) =>
    expires === null ? all : inRange(expires, { to: cutoff });

  async function collect(cutoff: string, all: boolean): Promise<void> {
    keys = [];
    at = 0;
    for await (const step of index.walk())
      for (const [key, known] of step) if (goes(known, cutoff, all)) keys.push(key);
  }

  return {
    async batch({ cutoff, limit, keep, includeNeverRemoved = false }) {
      const purpose = `${cutoff} ${includeNeverRemoved}`;
      if (collectedFor !== purpose || at >= keys.length) {
        await collect(cutoff, includeNeverRemoved);
        collectedFor = purpose;
      }
      const mayGo = (key: string, content: Content) =>
        content.data !== null && goes(index.learn(key, content), cutoff, includeNeverRemoved);
      const chosen: [key: string, content: Content][] = [];
      let bytes = 0;
      let next = at;
      for (; next < keys.length && next - at < limit && bytes < BATCH_BYTES; next++) {
        const key = keys[next];
        const known = key === undefined ? null : index.look(key);
        if (key === undefined || !known || !goes(known, cutoff, includeNeverRemoved)) continue;
        const content = contentOf(folder, key, keep ? ALL : -1);
        // Renewed between the two looks.
        if (!content || (keep && !mayGo(key, content))) continue;
        chosen.push([key, keep ? content : { ...content, ...known, data: null }]);
        bytes += content.size;
      }
      if (keep && chosen.length) keep(chosen.map(([key, content]) => entryOf(files, key, content)));
      const result = { deleted: 0, bytes: 0 };
      for (const [key, content] of chosen)
        if (unlinkIf(folder, key, content) === "done") {
          result.deleted += 1;
          result.bytes += content.size;
        }
      const done = next - at;
      at = next;
      index.changed();
      return { ...result, skipped: done - result.deleted, lockMs: 0, finished: at >= keys.length };
    },
  };
}
