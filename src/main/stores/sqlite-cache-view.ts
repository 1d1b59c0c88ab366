/**
 * The sessions among the rows of a DatabaseCache, as a store: keys with and without what the cache puts before them.
 *
 *     row of the table     :1:django.contrib.sessions.cache1a2b   9999-12-31 23:59:59
 *     session              1a2b                                   never expires
 *
 * Rows of anything else the site caches are neither shown nor changed, also when they have expired.
 */
import type { ProblemError } from "../problem.ts";
import type { Entry, ExpiryRange, PlacedEntry, PurgeBatch, Store } from "./driver.ts";

/** What the column holds for never; a local time of it may lie a day off. */
const NEVER = "9999-12-31T23:59:59.000000Z";
const FIRST = "0001-01-02T00:00:00.000000Z";
const LAST = "9999-12-30T00:00:00.000000Z";

/** Django rounds down to the second. */
const storedExpiry = (iso: string): string => iso.replace(/\.\d+Z$/, "Z");

export function cacheView(inner: Store, start: string): Store {
  const isOwn = ({ key }: Entry): boolean => key.startsWith(start);
  const view = <One extends Entry>(entry: One): One => ({
    ...entry,
    key: entry.key.slice(start.length),
    expires: entry.expires !== null && entry.expires >= LAST ? null : entry.expires,
  });
  const dated = (range: ExpiryRange = {}): ExpiryRange =>
    range.from === undefined && range.to === undefined
      ? {}
      : { ...range, to: range.to !== undefined && range.to < LAST ? range.to : LAST };

  async function* scan(asked: Parameters<Store["scan"]>[0]): AsyncGenerator<Entry[]> {
    for await (const step of inner.scan({ ...asked, range: dated(asked.range) })) {
      const own = step.filter(isOwn).map(view);
      if (own.length > 0) yield own;
    }
  }
  const before = (cutoff: string, maxData: number, signal?: AbortSignal) =>
    scan({
      range: { to: cutoff },
      order: "expires",
      batch: 500,
      maxData,
      ...(signal && { signal }),
    });

  return {
    ...inner,
    kind: "cache",
    capabilities: { ...inner.capabilities, users: false },
    async page({ range, limit, ...asked }) {
      const found: PlacedEntry[] = [];
      let { after, before } = asked;
      const { order, maxData } = asked;
      while (found.length < limit) {
        const rows = await inner.page({
          ...{ order, maxData, limit, range: dated(range) },
          ...(after !== undefined && { after }),
          ...(before !== undefined && { before }),
        });
        if (rows.length === 0) break;
        const own = rows.filter(isOwn).map(view);
        if (before === undefined) {
          found.push(...own);
          after = rows.at(-1)?.cursor;
        } else {
          found.unshift(...own);
          before = rows[0]?.cursor;
        }
      }
      return asked.before === undefined ? found.slice(0, limit) : found.slice(-limit);
    },
    scan,
    async get(key, maxData) {
      const entry = await inner.get(start + key, maxData);
      return entry && view(entry);
    },
    async count(range, signal) {
      let total = 0;
      for await (const step of scan({
        ...{ range, order: "expires", batch: 1000, maxData: -1 },
        ...(signal && { signal }),
      }))
        total += step.length;
      signal?.throwIfAborted();
      return total;
    },
    async span() {
      const [first] = await this.page({
        order: "expires",
        range: { from: FIRST },
        limit: 1,
        maxData: -1,
      });
      const [last] = await this.page({
        order: "-expires",
        range: { from: FIRST },
        limit: 1,
        maxData: -1,
      });
      return first?.expires && last?.expires
        ? { oldest: first.expires, newest: last.expires }
        : null;
    },
    async write({ key, expires, ...rest }) {
      const stored = expires ?? (rest.expected === null ? NEVER : null);
      const at = stored && storedExpiry(stored);
      return inner.write({ ...rest, key: start + key, expires: at });
    },
    setExpiry: async (key, expires, expected) =>
      inner.setExpiry?.(start + key, storedExpiry(expires), expected) ?? { outcome: "missing" },
    delete: async (key, expected) => inner.delete(start + key, expected),
    changeAll: async (changes) =>
      inner.changeAll?.(
        changes.map((one) => ({
          ...one,
          key: start + one.key,
          ...("expires" in one && one.expires !== null && { expires: storedExpiry(one.expires) }),
        })),
      ) ?? [],
    async *purgeCount(cutoff, signal) {
      const sum = { count: 0, bytes: 0, oldest: null as string | null, neverRemoved: null };
      for await (const step of before(cutoff, -1, signal)) {
        for (const { size, expires } of step) {
          sum.count += 1;
          sum.bytes += size;
          if (expires !== null && (sum.oldest === null || expires < sum.oldest))
            sum.oldest = expires;
        }
        yield { ...sum, exact: false };
      }
      if (!signal?.aborted) yield { ...sum, exact: true };
    },
    purgeBatch: purgeOf(inner, start, before),
    purgeStatement: (cutoff, limit) =>
      `${inner.purgeStatement?.(cutoff, limit) ?? ""}\n-- of them the keys that begin with ${start}`,
  };
}

const ALL = 256 * 1024 * 1024;

function purgeOf(
  inner: Store,
  start: string,
  before: (cutoff: string, maxData: number) => AsyncGenerator<Entry[]>,
): NonNullable<Store["purgeBatch"]> {
  /** Found and not yet gone through, by cutoff. */
  let rest: { cutoff: string; steps: AsyncGenerator<Entry[]>; left: Entry[] } | null = null;
  return async ({ cutoff, limit, keep }): Promise<PurgeBatch> => {
    // Refuses as the table does while it is locked against writes.
    await inner.changeAll?.([]);
    if (rest?.cutoff !== cutoff)
      rest = { cutoff, steps: before(cutoff, keep ? ALL : -1), left: [] };
    const result: PurgeBatch = { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: false };
    while (rest.left.length < limit) {
      const { done, value } = await rest.steps.next();
      if (done) {
        result.finished = true;
        break;
      }
      rest.left.push(...value);
    }
    if (rest.left.length > limit) result.finished = false;
    const chosen = rest.left.splice(0, limit);
    if (result.finished && rest.left.length === 0) rest = null;
    try {
      if (chosen.length > 0) keep?.(chosen);
    } catch (error) {
      rest = null;
      throw error;
    }
    const started = performance.now();
    const outcomes: (Awaited<ReturnType<Store["delete"]>> | ProblemError)[] =
      (await inner.changeAll?.(
        chosen.map(({ key, token }) => ({ op: "delete", key: start + key, expected: token })),
      )) ?? [];
    result.lockMs = performance.now() - started;
    for (const [index, one] of outcomes.entries())
      if ("outcome" in one && one.outcome === "done") {
        result.deleted += 1;
        result.bytes += chosen[index]?.size ?? 0;
      } else result.skipped += 1;
    return result;
  };
}
