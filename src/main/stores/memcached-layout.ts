/**
 * Which keys are sessions, and of which session key:
 *
 *     cache       :1:django.contrib.sessions.cache1a2b…        KEY_PREFIX ":" VERSION ":" key
 *     cached_db   :1:django.contrib.sessions.cached_db1a2b…
 *
 * A site's own KEY_FUNCTION is given as a template: `{prefix}|{version}|{key}`.
 */
import { problem } from "../problem.ts";

export const layouts = ["cache", "cached_db"] as const;

export interface LayoutOptions {
  layout: (typeof layouts)[number];
  prefix: string;
  version: number;
  template: string;
}

export interface Layout {
  /** What stands before and behind the session key. */
  readonly start: string;
  readonly end: string;
  /** Whether memcached takes this session's key. */
  holds(sessionKey: string): boolean;
  /** bad_key for what memcached takes for no key: over 250 bytes, spaces, control characters. */
  keyOf(sessionKey: string): string;
  /** null: the key is no session's. */
  sessionKeyOf(key: string): string | null;
}

const usual = "{prefix}:{version}:{key}";

/** bad_request for a template without {key}. */
export function layoutOf({ layout, prefix, version, template }: LayoutOptions): Layout {
  const parts = (template || usual).split("{key}");
  if (parts.length !== 2)
    throw problem(
      "bad_request",
      `The key template ${JSON.stringify(template)} does not hold {key} once.`,
      `Django's own is ${usual}.`,
    );
  const [head = "", end = ""] = parts.map((part) =>
    part.replaceAll("{prefix}", () => prefix).replaceAll("{version}", () => String(version)),
  );
  const start = `${head}django.contrib.sessions.${layout}`;
  const isKey = (key: string): boolean =>
    key.isWellFormed() && Buffer.byteLength(key) <= 250 && !/[\0-\x20\x7f]/.test(key);
  return {
    start,
    end,
    holds: (sessionKey) => isKey(start + sessionKey + end),
    keyOf(sessionKey) {
      const key = start + sessionKey + end;
      if (!isKey(key))
        throw problem(
          "bad_key",
          "Memcached takes no key with spaces or control characters, or of more than 250 bytes.",
        );
      return key;
    },
    sessionKeyOf: (key) =>
      key.length >= start.length + end.length && key.startsWith(start) && key.endsWith(end)
        ? key.slice(start.length, key.length - end.length)
        : null,
  };
}
