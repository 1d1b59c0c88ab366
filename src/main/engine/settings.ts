/**
 * Django's settings that bear on sessions: names, types, defaults, the version each exists since.
 * Values are Python's, so `SESSION_COOKIE_SAMESITE: "None"` and `false` are two different things.
 */
import { problem } from "../problem.ts";
import type { SecretKey } from "./hmac.ts";

/** The versions whose behaviour the engine knows apart. */
export type DjangoVersion = "3.2" | "4.2" | "5.2" | "6.0";
export const djangoVersions = ["3.2", "4.2", "5.2", "6.0"] as const satisfies DjangoVersion[];

/** True where `version` is `since` or later. */
export const atLeast = (version: DjangoVersion, since: DjangoVersion): boolean =>
  djangoVersions.indexOf(version) >= djangoVersions.indexOf(since);

export interface CacheSettings {
  BACKEND: string;
  LOCATION: string | string[];
  KEY_PREFIX: string;
  VERSION: number;
  /** Seconds; null: never. */
  TIMEOUT: number | null;
  /** Dotted path, or null for `prefix:version:key`. */
  KEY_FUNCTION: string | null;
  OPTIONS: Record<string, unknown>;
}

export interface Settings {
  SESSION_ENGINE: string;
  /** Also the prefix of session files. */
  SESSION_COOKIE_NAME: string;
  /** Seconds. 0: expired at once. */
  SESSION_COOKIE_AGE: number;
  SESSION_COOKIE_DOMAIN: string | null;
  /** null: the attribute is left out. */
  SESSION_COOKIE_PATH: string | null;
  SESSION_COOKIE_SECURE: boolean;
  SESSION_COOKIE_HTTPONLY: boolean;
  /** false and null leave the attribute out; any spelling of lax, strict and none is sent as it is. */
  SESSION_COOKIE_SAMESITE: string | false | null;
  SESSION_SAVE_EVERY_REQUEST: boolean;
  SESSION_EXPIRE_AT_BROWSER_CLOSE: boolean;
  /** null: the system's folder for temporary files. */
  SESSION_FILE_PATH: string | null;
  SESSION_CACHE_ALIAS: string;
  SESSION_SERIALIZER: string;
  SECRET_KEY: SecretKey;
  SECRET_KEY_FALLBACKS: readonly SecretKey[];
  DEFAULT_HASHING_ALGORITHM: "sha1" | "sha256";
  USE_TZ: boolean;
  TIME_ZONE: string;
  CACHES: Record<string, CacheSettings>;
  CSRF_USE_SESSIONS: boolean;
  MESSAGE_STORAGE: string;
}

/** What may be given: every setting is optional, in CACHES everything but BACKEND. */
export type GivenSettings = {
  [Name in Exclude<keyof Settings, "CACHES">]?: Settings[Name] | undefined;
} & { CACHES?: Record<string, { BACKEND: string } & Partial<CacheSettings>> | undefined };

export const JSON_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer";
export const PICKLE_SERIALIZER = "django.contrib.sessions.serializers.PickleSerializer";

type Kind = "text" | "text or null" | "seconds" | "bool" | "samesite" | "key" | "keys" | "hash";

/** `only`: the setting is gone after that version. Source: django/conf/global_settings.py of each version. */
type Definition = { kind: Kind; since: string; default: unknown; only?: DjangoVersion };

const definitions: { readonly [Name in Exclude<keyof Settings, "CACHES">]: Definition } = {
  SESSION_ENGINE: {
    kind: "text",
    since: "1.0",
    default: "django.contrib.sessions.backends.db",
  },
  SESSION_COOKIE_NAME: { kind: "text", since: "1.0", default: "sessionid" },
  SESSION_COOKIE_AGE: { kind: "seconds", since: "1.0", default: 1209600 },
  SESSION_COOKIE_DOMAIN: { kind: "text or null", since: "1.0", default: null },
  SESSION_COOKIE_PATH: { kind: "text or null", since: "1.0", default: "/" },
  SESSION_COOKIE_SECURE: { kind: "bool", since: "1.0", default: false },
  SESSION_COOKIE_HTTPONLY: { kind: "bool", since: "1.3", default: true },
  SESSION_COOKIE_SAMESITE: { kind: "samesite", since: "2.1", default: "Lax" },
  SESSION_SAVE_EVERY_REQUEST: { kind: "bool", since: "1.0", default: false },
  SESSION_EXPIRE_AT_BROWSER_CLOSE: { kind: "bool", since: "1.0", default: false },
  SESSION_FILE_PATH: { kind: "text or null", since: "1.0", default: null },
  SESSION_CACHE_ALIAS: { kind: "text", since: "1.5", default: "default" },
  SESSION_SERIALIZER: { kind: "text", since: "1.5.3", default: JSON_SERIALIZER },
  SECRET_KEY: { kind: "key", since: "1.0", default: "" },
  SECRET_KEY_FALLBACKS: { kind: "keys", since: "4.1", default: [] },
  DEFAULT_HASHING_ALGORITHM: { kind: "hash", since: "3.1", default: "sha256", only: "3.2" },
  USE_TZ: { kind: "bool", since: "1.4", default: true },
  TIME_ZONE: { kind: "text", since: "1.0", default: "America/Chicago" },
  CSRF_USE_SESSIONS: { kind: "bool", since: "1.11", default: false },
  MESSAGE_STORAGE: {
    kind: "text",
    since: "1.2",
    default: "django.contrib.messages.storage.fallback.FallbackStorage",
  },
};

/** A setting as a form shows it; `only` names the last version that has it. */
export interface SettingDefinition {
  readonly name: string;
  readonly kind: Kind;
  readonly since: string;
  readonly default: unknown;
  readonly only: DjangoVersion | null;
}

/** Every setting but CACHES that exists in that version, with its default there. */
export const settingsIn = (version: DjangoVersion): SettingDefinition[] =>
  Object.entries(definitions as Record<string, Definition>).flatMap(
    ([name, { kind, since, default: fallback, only }]) => {
      const absent =
        (since === "4.1" && !atLeast(version, "4.2")) || (only !== undefined && only !== version);
      if (absent) return [];
      const value = name === "USE_TZ" ? atLeast(version, "5.2") : fallback;
      return [{ name, kind, since, default: value, only: only ?? null }];
    },
  );

/** The first Django version that has the setting; undefined for a name the engine does not know. */
export const settingSince = (name: string): string | undefined =>
  name === "CACHES" ? "1.3" : definition(name)?.since;

const definition = (name: string): Definition | undefined =>
  Object.hasOwn(definitions, name) ? definitions[name as keyof typeof definitions] : undefined;

/**
 * The settings a Django of that version would run with: its defaults, overridden by what is given.
 * bad_setting (a problem, `detail.setting`) for an unknown name, a value of the wrong type, a time zone
 * nobody knows, and a setting that does not exist in that version.
 */
export function resolveSettings(given: GivenSettings, version: DjangoVersion = "5.2"): Settings {
  for (const name of Object.keys(given))
    if (name !== "CACHES" && !definition(name)) throw bad(name, "is no setting that sessions use");
  const resolved: Record<string, unknown> = {};
  for (const [name, { kind, since, default: fallback, only }] of Object.entries(definitions)) {
    const value = given[name as keyof typeof definitions];
    if (value === undefined) {
      // 4.2 and before: USE_TZ was off unless the project's template turned it on.
      resolved[name] = name === "USE_TZ" ? atLeast(version, "5.2") : fallback;
      continue;
    }
    if (since === "4.1" && !atLeast(version, "4.2") && !isEmpty(value))
      throw bad(name, `exists since Django ${since}`);
    if (only && !(only === version) && value !== fallback)
      throw bad(name, `is gone since Django ${only === "3.2" ? "4.0" : only}`);
    const wrong = check(kind, value);
    if (wrong) throw bad(name, wrong);
    resolved[name] = value;
  }
  checkZone(resolved.TIME_ZONE as string);
  resolved.CACHES = resolveCaches(given.CACHES);
  return resolved as unknown as Settings;
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const isKey = (value: unknown): boolean => typeof value === "string" || value instanceof Uint8Array;

/** What is wrong with the value, or null. */
function check(kind: Kind, value: unknown): string | null {
  switch (kind) {
    case "text":
      return typeof value === "string" && value !== "" ? null : "must be a text";
    case "text or null":
      return typeof value === "string" || value === null ? null : "must be a text or null";
    case "seconds":
      return typeof value === "number" && Number.isFinite(value)
        ? null
        : "must be a number of seconds";
    case "bool":
      return typeof value === "boolean" ? null : "must be true or false";
    case "samesite":
      return typeof value === "string" || value === false || value === null
        ? null
        : 'must be "Lax", "Strict", "None", false or null';
    case "key":
      return isKey(value) ? null : "must be a text or bytes";
    case "keys":
      return Array.isArray(value) && value.every(isKey) ? null : "must be a list of texts or bytes";
    case "hash":
      return value === "sha1" || value === "sha256" ? null : 'must be "sha1" or "sha256"';
  }
}

function checkZone(zone: string): void {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
  } catch {
    throw bad("TIME_ZONE", `names no known time zone: ${zone}`);
  }
}

function resolveCaches(given: GivenSettings["CACHES"]): Record<string, CacheSettings> {
  const caches: NonNullable<GivenSettings["CACHES"]> = given ?? {
    default: { BACKEND: "django.core.cache.backends.locmem.LocMemCache" },
  };
  if (!Object.hasOwn(caches, "default")) throw bad("CACHES", "must define a default cache");
  return Object.fromEntries(
    Object.entries(caches).map(([alias, cache]) => [alias, resolveCache(alias, cache)]),
  );
}

function resolveCache(
  alias: string,
  given: { BACKEND: string } & Partial<CacheSettings>,
): CacheSettings {
  const wrong = (name: string, what: string) => bad("CACHES", `["${alias}"]["${name}"] ${what}`);
  if (typeof given.BACKEND !== "string" || given.BACKEND === "")
    throw wrong("BACKEND", "must be a text");
  const cache: CacheSettings = {
    LOCATION: "",
    KEY_PREFIX: "",
    VERSION: 1,
    TIMEOUT: 300,
    KEY_FUNCTION: null,
    OPTIONS: {},
    ...given,
  };
  if (typeof cache.KEY_PREFIX !== "string") throw wrong("KEY_PREFIX", "must be a text");
  if (!Number.isInteger(cache.VERSION)) throw wrong("VERSION", "must be a whole number");
  if (cache.TIMEOUT !== null && typeof cache.TIMEOUT !== "number")
    throw wrong("TIMEOUT", "must be a number of seconds or null");
  return cache;
}

const bad = (setting: string, what: string) =>
  problem("bad_setting", `${setting} ${what}.`, undefined, { setting });
