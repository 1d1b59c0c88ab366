/**
 * From a session's cache key to the key the server sees, and which keys memcached cannot take.
 *
 *     ":1:django.contrib.sessions.cache1a2b…"      KEY_PREFIX ":" VERSION ":" key, Django's default KEY_FUNCTION
 */
import { PythonError } from "../errors.ts";

export interface CacheKeySettings {
  readonly KEY_PREFIX: string;
  readonly VERSION: number;
}

/** The default KEY_FUNCTION; django-redis makes the same keys. */
export const makeCacheKey = ({ KEY_PREFIX, VERSION }: CacheKeySettings, key: string): string =>
  `${KEY_PREFIX}:${VERSION}:${key}`;

/** The session key inside a full cache key of the cache or cached_db engine, undefined for any other key. */
export function sessionKeyOf(
  settings: CacheKeySettings,
  fullKey: string,
): { engine: "cache" | "cached_db"; sessionKey: string } | undefined {
  for (const engine of ["cached_db", "cache"] as const) {
    const start = makeCacheKey(settings, `django.contrib.sessions.${engine}`);
    if (fullKey.startsWith(start)) return { engine, sessionKey: fullKey.slice(start.length) };
  }
  return undefined;
}

/**
 * InvalidCacheKey for a full key memcached refuses: over 250 characters, or control characters and spaces. A
 * session's load takes that for a miss and forgets its key; other caches only warn.
 */
export function checkMemcachedKey(fullKey: string): void {
  if ([...fullKey].length > 250)
    throw new PythonError(
      "InvalidCacheKey",
      `Cache key will cause errors if used with memcached: ${quoted(fullKey)} (longer than 250)`,
    );
  if (Array.from(fullKey).some((char) => char === " " || isControl(char)))
    throw new PythonError(
      "InvalidCacheKey",
      `Cache key contains characters that will cause errors if used with memcached: ${quoted(fullKey)}`,
    );
}

const isControl = (char: string): boolean => char < " " || char === "\x7f";

/** repr() as far as control characters go. */
const quoted = (text: string): string =>
  `'${Array.from(text, (char) => (isControl(char) ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}` : char)).join("")}'`;
