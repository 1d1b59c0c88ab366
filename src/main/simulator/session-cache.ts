/** The cache sessions are kept in, as the simulator stands in for it. */
import type { LocMemOptions } from "../engine/caches/locmem.ts";
import type { CacheSettings, Settings } from "../engine/settings.ts";
import { problem } from "../problem.ts";

/** The cache of SESSION_CACHE_ALIAS. Throws bad_setting where there is none, or where its keys are made by Python code. */
export function sessionCache({ CACHES, SESSION_CACHE_ALIAS }: Settings): CacheSettings {
  const cache = Object.hasOwn(CACHES, SESSION_CACHE_ALIAS)
    ? CACHES[SESSION_CACHE_ALIAS]
    : undefined;
  if (cache === undefined)
    throw badSetting(
      "SESSION_CACHE_ALIAS",
      `SESSION_CACHE_ALIAS names no cache of CACHES: ${SESSION_CACHE_ALIAS}.`,
    );
  if (cache.KEY_FUNCTION !== null)
    throw badSetting("CACHES", "KEY_FUNCTION is Python code and cannot be simulated.");
  return cache;
}

const badSetting = (setting: string, message: string) =>
  problem("bad_setting", message, undefined, { setting });

/** Culling is the in-memory cache's own; any other backend is simulated without end. */
export function limits({
  BACKEND,
  OPTIONS,
}: CacheSettings): Pick<LocMemOptions, "MAX_ENTRIES" | "CULL_FREQUENCY"> {
  if (!BACKEND.endsWith(".LocMemCache")) return { MAX_ENTRIES: Number.POSITIVE_INFINITY };
  const { MAX_ENTRIES, CULL_FREQUENCY } = OPTIONS;
  return {
    ...(typeof MAX_ENTRIES === "number" ? { MAX_ENTRIES } : {}),
    ...(typeof CULL_FREQUENCY === "number" ? { CULL_FREQUENCY } : {}),
  };
}
