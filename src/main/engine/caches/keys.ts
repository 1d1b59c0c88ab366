/** From a key to the one the server sees, and which of these Django's memcached backends refuse. */
import { makeCacheKey as keyOf } from "../../django/cache-key.ts";
import { PythonError } from "../errors.ts";

export interface CacheKeySettings {
  readonly KEY_PREFIX: string;
  readonly VERSION: number;
}

/** The default KEY_FUNCTION. */
export const makeCacheKey = ({ KEY_PREFIX, VERSION }: CacheKeySettings, key: string): string =>
  keyOf(KEY_PREFIX, VERSION, key);

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
