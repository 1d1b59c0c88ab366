/**
 * django.core.cache.backends.db.DatabaseCache: a table of cache_key, value and expires.
 *
 *     :1:django.contrib.sessions.cache1a2b…   gAWVCgAAAAAAAAB9lIwBYZRLAXMu   2023-11-28 22:13:20
 *     the full key                            standard base64 of a pickle    whole seconds
 *
 * `expires` here is in microseconds as in Row of ports.ts: the instant with USE_TZ, else the wall clock of
 * TIME_ZONE read as if it were UTC.
 */
import { problem } from "../../problem.ts";
import { type LoadedPickle, loadPickle } from "../../python/pickle-read.ts";
import { dumpPickle } from "../../python/pickle-write.ts";
import type { PyValue } from "../../python/value.ts";
import { type Micros, microsOfSeconds, moment, SECOND, type ZoneSettings } from "../time.ts";

/** What the column holds for never: 9999-12-31 23:59:59. */
const neverExpires: Micros = 253402300799_000_000n;

/** Problems: corrupt, too_deep, too_large. */
export function readDatabaseCacheValue(column: string): LoadedPickle {
  if (!/^[A-Za-z0-9+/\s]*(?:=\s*){0,2}$/.test(column)) throw problem("corrupt", "No base64.");
  return loadPickle(Buffer.from(column, "base64"));
}

/** Pickled at `protocol`, by default the highest of Python 3.8 and later. Problems: not_writable, too_deep. */
export const writeDatabaseCacheValue = (value: PyValue, protocol = 5): string =>
  Buffer.from(dumpPickle(value, protocol)).toString("base64");

const wholeSecond = (at: Micros): Micros => at - (((at % SECOND) + SECOND) % SECOND);

/** The column for a timeout in seconds, null for never; 0 is a second ago. */
export function databaseCacheExpires(
  timeout: number | null,
  now: Micros,
  zone: ZoneSettings,
): Micros {
  if (timeout === null) return neverExpires;
  return wholeSecond(moment(now + microsOfSeconds(timeout === 0 ? -1 : timeout), zone).wall);
}

/** get(): an entry is still given at the very instant it expires, while has_key() takes it for gone. */
export const isAliveForGet = (expires: Micros, now: Micros, zone: ZoneSettings): boolean =>
  expires >= moment(now, zone).wall;

export const isAliveForHasKey = (expires: Micros, now: Micros, zone: ZoneSettings): boolean =>
  expires > wholeSecond(moment(now, zone).wall);

/**
 * Keys to delete before an entry is stored: none until the table holds more than `maxEntries` live ones; then the
 * given share of them, those that sort lowest. `liveKeys` are those left after the expired ones were deleted.
 */
export function databaseCacheCull(
  liveKeys: readonly string[],
  maxEntries = 300,
  cullFrequency = 3,
): string[] {
  if (liveKeys.length <= maxEntries) return [];
  if (cullFrequency === 0) return [...liveKeys];
  return [...liveKeys].sort().slice(0, Math.floor(liveKeys.length / cullFrequency));
}
