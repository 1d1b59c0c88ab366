/**
 * Which Redis keys are sessions, and of which session key:
 *
 *     django          :1:django.contrib.sessions.cache1a2b…    KEY_PREFIX ":" VERSION ":" key; core Redis, django-redis
 *     cached_db       :1:django.contrib.sessions.cached_db1a2b…
 *     redis-sessions  1a2b…, or app:1a2b…                      django-redis-sessions with SESSION_REDIS_PREFIX
 *     session         session:1a2b…                            JSON engines
 *
 * A site's own KEY_FUNCTION is given as a template: `{prefix}|{version}|{key}`.
 */
import { problem } from "../problem.ts";

export const layouts = ["django", "cached_db", "redis-sessions", "session"] as const;

export interface LayoutOptions {
  layout: (typeof layouts)[number];
  prefix: string;
  version: number;
  template: string;
}

export interface Layout {
  /** For SCAN MATCH. */
  readonly pattern: string;
  /** bad_key for a text that is no session key here. */
  keyOf(sessionKey: string): string;
  /** null: the key is no session's. */
  sessionKeyOf(key: string): string | null;
}

const templates = {
  django: "{prefix}:{version}:{key}",
  cached_db: "{prefix}:{version}:{key}",
  "redis-sessions": "{prefix}:{key}",
  session: "session:{key}",
};
const names = {
  django: "django.contrib.sessions.cache",
  cached_db: "django.contrib.sessions.cached_db",
  "redis-sessions": "",
  session: "",
};

/** bad_request for a template without {key}. */
export function layoutOf({ layout, prefix, version, template }: LayoutOptions): Layout {
  const bare = layout === "redis-sessions" && prefix === "";
  const given = template || (bare ? "{key}" : templates[layout]);
  const parts = given.split("{key}");
  if (parts.length !== 2)
    throw problem(
      "bad_request",
      `The key template ${JSON.stringify(given)} does not hold {key} once.`,
      "Django's own is {prefix}:{version}:{key}.",
    );
  const [head = "", tail = ""] = parts.map((part) =>
    part.replaceAll("{prefix}", () => prefix).replaceAll("{version}", () => String(version)),
  );
  const start = head + names[layout];
  // With nothing in front, any key of the database would be a session; Django's own are told by their looks.
  const isKey = (text: string) => start.length > 0 || /^[a-z0-9]{32}$/.test(text);
  return {
    pattern: `${escaped(start)}${bare ? "?".repeat(32) : "*"}${escaped(tail)}`,
    keyOf(sessionKey) {
      if (!isKey(sessionKey) || !sessionKey.isWellFormed())
        throw problem("bad_key", "This is no session key.", "It has 32 characters of a-z and 0-9.");
      return start + sessionKey + tail;
    },
    sessionKeyOf(key) {
      if (key.length < start.length + tail.length || !key.startsWith(start) || !key.endsWith(tail))
        return null;
      const text = key.slice(start.length, key.length - tail.length);
      return isKey(text) ? text : null;
    },
  };
}

/** Redis' glob: what it would read as a wildcard gets a backslash. */
const escaped = (text: string): string => text.replace(/[\\*?[\]^]/g, "\\$&");
