/**
 * A table of Django's DatabaseCache, in any database: which of its rows are sessions, and when they never expire.
 *
 *     cache_key                                   value                          expires
 *     :1:django.contrib.sessions.cache1a2b…       gAWVCgAAAAAAAAB9lIwBYZRLAXMu   2023-11-28 22:13:20
 *     KEY_PREFIX:VERSION:layout, session key      base64 of a pickle             whole seconds; never is 9999-12-31 23:59:59
 */
import { z } from "zod";
import { keyForm, otherAfter, sessionNames } from "../django/cache-key.ts";
import { problem } from "../problem.ts";
import type { Columns, Shape } from "./sql-table.ts";
import type { ExpiryText } from "./sql-time.ts";

export const CACHE: Columns = { key: "cache_key", data: "value", expiry: "expires" };

/** The options that say which rows of a cache are sessions. */
export const cacheOptions = {
  table: z.string().min(1).default("django_cache").meta({
    title: "Cache table",
    description: "LOCATION in CACHES.",
  }),
  layout: z.enum(["cache", "cached_db"]).default("cache").meta({
    title: "Sessions of",
    description: "cache: the cache engine. cached_db: the copies of the cached_db engine.",
  }),
  prefix: z
    .string()
    .default("")
    .meta({ title: "Key prefix", description: "KEY_PREFIX in CACHES." }),
  version: z
    .number()
    .int()
    .default(1)
    .meta({ title: "Version", description: "VERSION in CACHES.", "x-advanced": true }),
};

export interface CacheKeys {
  layout: "cache" | "cached_db";
  prefix: string;
  version: number;
}

/** What the keys of all sessions begin with. */
export const startOf = ({ layout, ...settings }: CacheKeys): string =>
  keyForm(settings, sessionNames[layout]).start;

/** The rows that are read of the table. */
export const shapeOf = (given: CacheKeys): Shape => ({
  columns: CACHE,
  start: startOf(given),
  other: otherAfter(sessionNames[given.layout]),
});

/** The same options in a URL's parameters. bad_request for a version that is no number. */
export function cacheFromUrl({ searchParams }: URL): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  const aliases = {
    table: ["table", "cache_table"],
    layout: ["layout"],
    prefix: ["prefix", "key_prefix"],
  };
  for (const [name, given] of Object.entries(aliases))
    for (const one of given) {
      const value = searchParams.get(one);
      if (value) found[name] = value;
    }
  const version = searchParams.get("version");
  if (version !== null && !/^\d{1,15}$/.test(version))
    throw problem("bad_request", `version is no number: ${version}.`);
  return version === null ? found : { ...found, version: Number(version) };
}

/** As the column's text for never is read, whatever zone it stands for. */
export const NEVER = "9999-12-31T23:59:59.000000Z";
const NEVER_STORED = "9999-12-31 23:59:59.000000";
const DAY = 86_400_000;

/** A column's times, among which its text for never stands for NEVER and is written for it. */
export const withNever = <Stored>(
  time: { toIso(stored: Stored): string | null; toStored(iso: string): string },
  never = NEVER_STORED,
): typeof time => ({
  toIso: (stored) => (stored === never ? NEVER : time.toIso(stored)),
  toStored: (iso) => (Date.parse(iso) === Date.parse(NEVER) ? never : time.toStored(iso)),
});

/**
 * The text for never of a column that holds moments, which Django gives in its own zone: west of Greenwich it is one of
 * the year 10000. `local` reads that zone's local times.
 */
export function neverAsMoment(local: ExpiryText): string {
  const dayBefore = local.toIso("9999-12-30 23:59:59.000000") ?? "";
  const [, year = "", rest = ""] =
    /^\+?0*(\d+)-(.*)\.000Z$/.exec(new Date(Date.parse(dayBefore) + DAY).toISOString()) ?? [];
  const text = `${year}-${rest.replace("T", " ")}`;
  // As PostgreSQL says it, of which only four-digit years are made canonical.
  return year.length > 4 ? `${text}+00` : `${text}.000000`;
}
