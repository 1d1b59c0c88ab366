/**
 * django.core.cache.backends.filebased.FileBasedCache: a file per entry, named by the md5 of its full key.
 *
 *     867c197b8e4e3478a658586dcf652eb9.djcache
 *     80 05 95 0a00000000000000 47 41d954fc8b000000 2e   78 9c 6b 60 …
 *     pickle of the expiry, a float in seconds           zlib of the pickle of the value
 *
 * A header `80 05 4e 2e` (None) never expires, an empty file has expired. The key cannot be had back from the name.
 */
import { deflate } from "pako";
import { problem } from "../../problem.ts";
import { type LoadedPickle, loadPickle } from "../../python/pickle-read.ts";
import { dumpPickle } from "../../python/pickle-write.ts";
import { PyFloat, type PyValue } from "../../python/value.ts";
import { type Micros, secondsOf } from "../time.ts";
import { inflateEntry } from "./compress.ts";

export interface FileCacheEntry {
  /** Seconds since the epoch as Python's float; null for never. */
  readonly expires: number | null;
  readonly pickle: LoadedPickle;
}

/** Undefined for an empty file. Problems: corrupt, too_large, too_deep. */
export function readCacheFile(content: Uint8Array, maxBytes?: number): FileCacheEntry | undefined {
  if (content.length === 0) return undefined;
  const header = loadPickle(content);
  const pickle = loadPickle(inflateEntry(content.subarray(header.end), maxBytes));
  if (header.value === null) return { expires: null, pickle };
  const expires = header.value instanceof PyFloat ? header.value.value : header.value;
  if (typeof expires !== "number")
    throw problem("corrupt", "The file does not begin with the time it expires at.");
  return { expires, pickle };
}

/** Pickled at `protocol`, by default the highest of Python 3.8 and later. Problems: not_writable, too_deep. */
export const writeCacheFile = (value: PyValue, expires: number | null, protocol = 5): Uint8Array =>
  Buffer.concat([
    dumpPickle(expires === null ? null : new PyFloat(expires), protocol),
    deflate(dumpPickle(value, protocol), { legacyHash: true }),
  ]);

/** time.time() + timeout in Python's floats; 0 is a second ago. `timeout` in seconds, null for never. */
export const cacheFileExpires = (timeout: number | null, now: Micros): number | null =>
  timeout === null ? null : secondsOf(now) + (timeout === 0 ? -1 : timeout);

/** An entry is still given at the very instant it expires. */
export const isCacheFileExpired = (expires: number | null, now: Micros): boolean =>
  expires !== null && expires < secondsOf(now);
