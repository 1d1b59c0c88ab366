/**
 * The sessions among the rows of a DatabaseCache, as a store: keys with and without what the cache puts before them.
 *
 *     row of the table     :1:django.contrib.sessions.cache1a2b   9999-12-31 23:59:59
 *     session              1a2b                                   never expires
 *
 * Rows of anything else the site caches are neither shown nor changed, also when they have expired: `inner` gives none.
 */
import { CACHE, NEVER } from "./cache-table.ts";
import type { Entry, ExpiryRange, Store } from "./driver.ts";
import { listed } from "./sql-table.ts";

/** Expiries beyond are never; a local time of never may lie a day off. */
const LAST = "9999-12-30T00:00:00.000000Z";
const FIRST = "0001-01-02T00:00:00.000000Z";

/** Django rounds down to the second. */
const inColumn = (iso: string): string => iso.replace(/\.\d+Z$/, "Z");

const earlier = (iso: string): string => (iso < LAST ? iso : LAST);

export function cacheView(inner: Store, table: string, start: string): Store {
  // Not by spreading, which would make the token: a scan of many asks for none.
  const view = (entry: Entry): Entry => ({
    key: entry.key.slice(start.length),
    data: entry.data,
    size: entry.size,
    expires: entry.expires !== null && entry.expires >= LAST ? null : entry.expires,
    writtenAt: entry.writtenAt,
    get token() {
      return entry.token;
    },
  });
  const dated = (range: ExpiryRange = {}): ExpiryRange =>
    range.from === undefined && range.to === undefined
      ? {}
      : { ...range, to: earlier(range.to ?? LAST) };
  const edge = async (order: "expires" | "-expires") => {
    const range = { from: FIRST, to: LAST };
    const [entry] = await inner.page({ order, range, limit: 1, maxData: -1 });
    return entry?.expires ?? null;
  };
  const { setExpiry, changeAll, purgeCount, purgeBatch, purgeStatement } = inner;

  return {
    ...inner,
    kind: "cache",
    form: "database_cache",
    capabilities: { ...inner.capabilities, users: false },
    facts: async () => [
      {
        level: "ok",
        title: "Cache table",
        text: `${table} with ${listed(CACHE)}; sessions are the keys that begin with ${start}.`,
      },
      ...(await inner.facts()),
      {
        level: "info",
        title: "Culling",
        text: "Above MAX_ENTRIES (300 unless set) Django deletes expired rows first, then those whose keys sort lowest.",
      },
    ],
    async page(asked) {
      const found = await inner.page({ ...asked, range: dated(asked.range) });
      return found.map((entry) => ({ ...view(entry), cursor: entry.cursor }));
    },
    async *scan(asked) {
      for await (const step of inner.scan({ ...asked, range: dated(asked.range) }))
        yield step.map(view);
    },
    async get(key, maxData) {
      const entry = await inner.get(start + key, maxData);
      return entry && view(entry);
    },
    count: (range, signal) => inner.count(dated(range), signal),
    // What is known of the table counts other rows as well.
    estimate: async () => null,
    async span() {
      const [oldest, newest] = [await edge("expires"), await edge("-expires")];
      return oldest && newest ? { oldest, newest } : null;
    },
    async write({ key, expires, ...rest }) {
      const stored = expires ?? (rest.expected === null ? NEVER : null);
      return inner.write({ ...rest, key: start + key, expires: stored && inColumn(stored) });
    },
    delete: (key, expected) => inner.delete(start + key, expected),
    ...(setExpiry && {
      setExpiry: (key, expires, expected) => setExpiry(start + key, inColumn(expires), expected),
    }),
    ...(changeAll && {
      changeAll: (changes) =>
        changeAll(
          changes.map((one) => ({
            ...one,
            key: start + one.key,
            ...("expires" in one && one.expires !== null && { expires: inColumn(one.expires) }),
          })),
        ),
    }),
    ...(purgeCount && { purgeCount: (cutoff, signal) => purgeCount(earlier(cutoff), signal) }),
    ...(purgeBatch && {
      purgeBatch: ({ cutoff, keep, ...asked }) =>
        purgeBatch({
          ...asked,
          cutoff: earlier(cutoff),
          ...(keep && { keep: (entries) => keep(entries.map(view)) }),
        }),
    }),
    ...(purgeStatement && {
      purgeStatement: (cutoff, limit) => purgeStatement(earlier(cutoff), limit),
    }),
  };
}
