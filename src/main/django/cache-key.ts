/**
 * The key a session has in a cache of Django's, and the file FileBasedCache keeps it in.
 *
 *     cache       :1:django.contrib.sessions.cache1a2b…        KEY_PREFIX ":" VERSION ":" name, session key
 *     cached_db   :1:django.contrib.sessions.cached_db1a2b…
 *
 * A site's own KEY_FUNCTION is given as a template: `{prefix}|{version}|{key}`.
 */
import { hash } from "node:crypto";
import { problem } from "../problem.ts";

/** What the session engines put before a session's key. */
export const sessionNames = {
  cache: "django.contrib.sessions.cache",
  cached_db: "django.contrib.sessions.cached_db",
} as const;

/** What another engine's keys go on with behind this one's name: "…cached_db" begins as "…cache" does, and no session key so. */
export const otherAfter = (name: string): string =>
  name === sessionNames.cache ? sessionNames.cached_db.slice(name.length) : "";

/** Django's default KEY_FUNCTION; django-redis makes the same keys. */
export const makeCacheKey = (prefix: string, version: number, key: string): string =>
  `${prefix}:${version}:${key}`;

/** The same as a template. */
export const usualTemplate = "{prefix}:{version}:{key}";

/** What stands before and behind a session's key. */
export interface KeyForm {
  readonly start: string;
  readonly end: string;
  keyOf(sessionKey: string): string;
  /** null: the key is no session's. */
  sessionKeyOf(key: string): string | null;
}

/** `name`: what the engine puts before the session's key. bad_request for a template that does not hold {key} once. */
export function keyForm(
  { prefix, version }: { prefix: string; version: number },
  name: string,
  template = usualTemplate,
): KeyForm {
  const parts = template.split("{key}");
  if (parts.length !== 2)
    throw problem(
      "bad_request",
      `The key template ${JSON.stringify(template)} does not hold {key} once.`,
      `Django's own is ${usualTemplate}.`,
    );
  const [head = "", end = ""] = parts.map((part) =>
    part.replaceAll("{prefix}", () => prefix).replaceAll("{version}", () => String(version)),
  );
  const start = head + name;
  const other = otherAfter(name);
  return {
    start,
    end,
    keyOf: (sessionKey) => start + sessionKey + end,
    sessionKeyOf: (key) =>
      key.length >= start.length + end.length &&
      key.startsWith(start) &&
      key.endsWith(end) &&
      (other === "" || !key.startsWith(other, start.length))
        ? key.slice(start.length, key.length - end.length)
        : null,
  };
}

/** FileBasedCache: the name of an entry's file. The key cannot be had back from it. */
export const cacheFileName = (key: string): string => `${hash("md5", key)}.djcache`;
