/** What a site caches beside its sessions: rows that no store of sessions shows, counts, changes or purges. */

export const START = ":1:django.contrib.sessions.cache";

/** Among them keys that begin as a session's does to a collation that ignores case, or to LIKE. */
export const otherKeys: readonly string[] = [
  ...Array.from({ length: 20 }, (_, index) => `:1:template.${index}`),
  `${START.toUpperCase()}shouted`,
  `${START.replace("cache", "CACHE")}aa`,
  `${START.replaceAll(".", "_")}aa`,
  // The cached_db engine's, whose name begins as this one's.
  `${START}d_dbaa`,
  `1${START}aa`,
  `shop${START}aa`,
  START.slice(0, -1),
  ":2:django.contrib.sessions.cacheaa",
];

/** Long expired by every cutoff of the suite. */
export const otherExpiry = "2026-01-01 00:00:03";
