/** The start of a scenario out of a stored session, and a policy out of a connection's settings. */
import type { FilledSettings, StoreKind } from "../../shared/connection.ts";
import type { Policy, SimScenario } from "../../shared/scenario.ts";
import { PICKLE_SERIALIZER, resolveSettings } from "../engine/settings.ts";
import { problem } from "../problem.ts";

/** What is known of a stored session. `text` is its dict as tagged JSON; null: it cannot be read. */
export interface StoredSession {
  readonly key: string;
  readonly text: string | null;
  readonly savedAt: string | null;
  readonly expires: string | null;
  readonly kind: SiteKind;
  /** How its bytes were made. */
  readonly serializer: "json" | "pickle" | "msgpack" | null;
}

/** A store's kind, or a table with a cache in front of it. */
export type SiteKind = StoreKind | "cached_db";

const engines: Record<SiteKind, string> = {
  db: "django.contrib.sessions.backends.db",
  cached_db: "django.contrib.sessions.backends.cached_db",
  file: "django.contrib.sessions.backends.file",
  cache: "django.contrib.sessions.backends.cache",
  signed_cookies: "django.contrib.sessions.backends.signed_cookies",
};

/** Settings that differ from Django's defaults, the engine among them. No key is ever among them. */
function policySettings(settings: FilledSettings, kind: SiteKind): Record<string, unknown> {
  const defaults: Record<string, unknown> = {
    ...resolveSettings({ TIME_ZONE: "UTC", USE_TZ: true }),
  };
  const given = { SESSION_ENGINE: engines[kind], ...settings };
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== defaults[name]),
  );
}

export const policyOf = (name: string, settings: FilledSettings, kind: SiteKind): Policy => ({
  name: name.slice(0, 80),
  settings: policySettings(settings, kind),
});

/**
 * Starts at `now` with the session as it is stored and one request in it, which reads. Throws corrupt where the
 * session cannot be read, so that nothing is known of its data.
 */
export function scenarioFrom(
  session: StoredSession,
  settings: FilledSettings,
  now: string,
): SimScenario {
  const { key, text, savedAt, expires, kind, serializer } = session;
  if (text === null)
    throw problem(
      "corrupt",
      "The session's data cannot be read, so there is nothing to start from.",
      "The inspector says which layer fails.",
    );
  const age = settings.SESSION_COOKIE_AGE;
  const guessed = expires === null ? now : new Date(Date.parse(expires) - age * 1000).toISOString();
  const saved = savedAt ?? guessed;
  // The last version that has it; caches pickle whatever the serializer.
  const pickled = serializer === "pickle" && kind !== "cache";
  return {
    title: `From session ${key.slice(0, 8)}…`,
    django: pickled ? "4.2" : "5.2",
    start: now,
    settings: {
      ...policySettings(settings, kind),
      ...(pickled ? { SESSION_SERIALIZER: PICKLE_SERIALIZER } : {}),
    },
    initial: {
      ...(/^[a-z0-9]{8,}$/.test(key) && kind !== "signed_cookies" ? { key } : {}),
      data: text,
      saved: saved > now ? now : saved,
      ...(expires === null || kind === "file" || kind === "signed_cookies" ? {} : { expires }),
    },
    steps: [{ at: 0, request: { path: "/", actions: [{ op: "keys" }] } }],
  };
}
