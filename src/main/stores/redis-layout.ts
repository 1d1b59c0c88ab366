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
import { keyForm, sessionNames, usualTemplate } from "../django/cache-key.ts";
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
  django: usualTemplate,
  cached_db: usualTemplate,
  "redis-sessions": "{prefix}:{key}",
  session: "session:{key}",
};
const names = {
  django: sessionNames.cache,
  cached_db: sessionNames.cached_db,
  "redis-sessions": "",
  session: "",
};

/** bad_request for a template that does not hold {key} once. */
export function layoutOf({ layout, prefix, version, template }: LayoutOptions): Layout {
  const bare = layout === "redis-sessions" && prefix === "";
  const given = template || (bare ? "{key}" : templates[layout]);
  const form = keyForm({ prefix, version }, names[layout], given);
  const { start, end } = form;
  // With nothing in front, any key of the database would be a session; Django's own are told by their looks.
  const isKey = (text: string) => start.length > 0 || /^[a-z0-9]{32}$/.test(text);
  return {
    pattern: `${escaped(start)}${bare ? "?".repeat(32) : "*"}${escaped(end)}`,
    keyOf(sessionKey) {
      if (!isKey(sessionKey) || !sessionKey.isWellFormed())
        throw problem("bad_key", "This is no session key.", "It has 32 characters of a-z and 0-9.");
      return form.keyOf(sessionKey);
    },
    sessionKeyOf(key) {
      const text = form.sessionKeyOf(key);
      return text !== null && isKey(text) ? text : null;
    },
  };
}

/** Redis' glob: what it would read as a wildcard gets a backslash. */
const escaped = (text: string): string => text.replace(/[\\*?[\]^]/g, "\\$&");
