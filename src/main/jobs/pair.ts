/**
 * cached_db: a table and the cache in front of it, as one store.
 *
 * Django reads the cache and, on a hit, never looks at the row. So what a session is, is the cache's copy where there is
 * one; `pair` says where the two differ:
 *
 *     same        both hold one value        rowOnly     no copy: the next request makes one from the row
 *     different   the site sees the copy     cacheOnly   the site sees a session that has no row any more
 *
 * Deletes and purges take the copy first: one left behind without its row would still be a login. An edit goes to the row
 * and then onto the copy; a copy that changed in between is dropped, since the row is right by then. Sessions of the cache
 * alone are listed behind all rows.
 */
import { readStored } from "../engine/read.ts";
import { writeStored } from "../engine/write.ts";
import { ProblemError, problem } from "../problem.ts";
import { pyEqual } from "../python/equal.ts";
import { isDict } from "../python/value.ts";
import type { Entry, PlacedEntry, Store, Two, WriteOutcome } from "../stores/driver.ts";
import type { Keys } from "./context.ts";
import { purgePair } from "./pair-purge.ts";

/** What fits a string with room to spare. */
const ALL = 2 ** 30;

/** Token of a pair: both tokens, null where one is missing. */
export const tokenOf = ({ row, copy }: Two): string =>
  JSON.stringify([row?.token ?? null, copy?.token ?? null]);

export function tokensOf(token: string): [row: string | null, copy: string | null] {
  const parsed: unknown = JSON.parse(token);
  if (!Array.isArray(parsed)) throw problem("bad_request", "This is no token of a pair.");
  const [row, copy] = parsed.map((one) => (typeof one === "string" ? one : null));
  return [row ?? null, copy ?? null];
}

const decoded = ({ data }: Entry) =>
  data === null ? undefined : readStored(data, {}, { verify: false }).value;

/** Where the two differ; undefined where one is too large to tell. */
function stateOf({ row, copy }: Two): Entry["pair"] {
  if (!row) return "cacheOnly";
  if (!copy) return "rowOnly";
  if (row.data === null || copy.data === null) return undefined;
  const [a, b] = [decoded(row), decoded(copy)];
  return a !== undefined && b !== undefined && pyEqual(a, b, { strictTypes: true })
    ? "same"
    : "different";
}

/** The session of a pair whose state is known, as the site sees it; null where there is neither. */
export function entryAs(two: Two, pair: Entry["pair"]): Entry | null {
  const { row, copy } = two;
  const known = { token: tokenOf(two), ...(pair && { pair }) };
  if (!row || !copy) {
    const sole = row ?? copy;
    return sole && { ...sole, ...known };
  }
  // What cannot be unpickled is no hit to Django, which goes on to the row.
  const hit = pair === "different" && (copy.data === null || decoded(copy) !== undefined);
  return { ...(hit ? copy : row), expires: row.expires, ...known };
}

/** The session of a pair; null where there is neither. */
export function entryOf(halves: Two): Entry | null {
  const entry = entryAs(halves, stateOf(halves));
  return entry && { ...entry, halves };
}

/** The copy of one key; a key that the cache cannot hold has none. */
async function copyOf(cache: Store, key: string, maxData: number): Promise<Entry | null> {
  try {
    return await cache.get(key, maxData);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "bad_key") return null;
    throw error;
  }
}

/** Copies of many keys at once. */
export async function copiesOf(
  cache: Store,
  keys: readonly string[],
  maxData: number,
): Promise<Map<string, Entry>> {
  if (cache.getMany) return cache.getMany(keys, maxData);
  const found = await Promise.all(keys.map((key) => copyOf(cache, key, maxData)));
  return new Map(found.flatMap((entry) => (entry ? [[entry.key, entry]] : [])));
}

const ROW = "r";
const COPY = "c";

/** Closing it closes both. */
export function pairStore(rows: Store, cache: Store, keys: Keys): Store {
  async function joined<One extends Entry>(
    some: readonly One[],
    maxData: number,
  ): Promise<(One & Entry)[]> {
    const names = some.map(({ key }) => key);
    const copies = await copiesOf(cache, names, maxData);
    return some.map((row) => {
      const halves = { row, copy: copies.get(row.key) ?? null };
      const entry = entryOf(halves);
      return entry ? { ...row, ...entry } : row;
    });
  }

  /** Of the cache's entries those that have no row. */
  async function alone<One extends Entry>(some: readonly One[]): Promise<One[]> {
    const found = await Promise.all(some.map(({ key }) => rows.get(key, -1)));
    return some.flatMap((copy, index) => {
      const entry = found[index] ? null : entryOf({ row: null, copy });
      return entry ? [{ ...copy, ...entry }] : [];
    });
  }

  async function* scan(asked: Parameters<Store["scan"]>[0]): AsyncGenerator<Entry[]> {
    for await (const step of rows.scan(asked)) yield await joined(step, asked.maxData);
    if (asked.signal?.aborted || cache.hashed) return;
    for await (const step of cache.scan(asked)) {
      const own = await alone(step);
      if (own.length > 0) yield own;
    }
  }

  const two = async (key: string, maxData: number): Promise<Two> => {
    const [row, copy] = await Promise.all([rows.get(key, maxData), copyOf(cache, key, maxData)]);
    return { row, copy };
  };

  /** A value in the form that a place holds already, or would be given. */
  function inFormOf(place: Entry | null, data: string | Uint8Array, now: string) {
    const given = readStored(data, keys);
    const held = place?.data ? readStored(place.data, keys, { verify: false }) : null;
    const form = held?.serializer ? held : given;
    if (given.encoding === form.encoding && given.cache?.compressor === form.cache?.compressor)
      return data;
    if (!isDict(given.value)) throw problem("not_a_dict", "A session has to be a dict.");
    return writeStored(given.value, {
      encoding: form.encoding,
      serializer: form.serializer ?? "json",
      protocol: form.protocol,
      cache: form.cache,
      mac: form.mac === "sha1" ? "sha1" : "sha256",
      secretKey: keys.secretKey,
      salt: keys.salt,
      now: microsOf(now),
    });
  }

  /** The copy as it was read, or dropped: with the row in place nothing is lost by it. */
  async function settle(
    key: string,
    write: (copy: Entry) => Promise<WriteOutcome>,
  ): Promise<Entry | null> {
    const copy = await copyOf(cache, key, ALL);
    if (!copy) return null;
    const outcome = await write(copy).catch((error: unknown) => {
      // A value that the cache does not take, too large for one: it must not go on serving the old one.
      if (error instanceof ProblemError) return error;
      throw error;
    });
    if (outcome instanceof ProblemError || outcome.outcome !== "done") {
      const now = await copyOf(cache, key, ALL);
      if (now) await cache.delete(key, now.token);
    }
    return copyOf(cache, key, ALL);
  }

  const doneWith = async (key: string): Promise<WriteOutcome> => ({
    outcome: "done",
    token: tokenOf(await two(key, ALL)),
  });

  const partial = cache.hashed
    ? "they are not listed, since the cache names its sessions by hashes."
    : cache.capabilities.partial;
  return {
    kind: rows.kind,
    capabilities: {
      ...rows.capabilities,
      setExpiry: rows.setExpiry !== undefined && cache.setExpiry !== undefined,
      partial: rows.capabilities.partial ?? (partial && `Sessions of the cache alone: ${partial}`),
    },
    title: `${rows.title}, cached in ${cache.title}`,
    writable: rows.writable && cache.writable,
    halves: { row: rows, copy: cache },
    async facts() {
      const [own, its] = await Promise.all([rows.facts(), cache.facts()]);
      return [...own, ...its.map((fact) => ({ ...fact, title: `Cache: ${fact.title}` }))];
    },
    now: () => rows.now(),
    async page(asked) {
      const { limit, maxData, before, after } = asked;
      const plain = { order: asked.order, maxData, ...(asked.range && { range: asked.range }) };
      const [part, cursor] = splitCursor(before ?? after);
      const found: PlacedEntry[] = [];
      const rowPart = async (more: { after?: string; before?: string }, count: number) =>
        (await joined(await rows.page({ ...plain, ...more, limit: count }), maxData)).map(
          (one) => ({
            ...one,
            cursor: ROW + one.cursor,
          }),
        );
      const copyPart = async (more: { after?: string; before?: string }, count: number) => {
        const own: PlacedEntry[] = [];
        let place = more;
        while (own.length < count && !cache.hashed) {
          const some = await cache.page({ ...plain, ...place, limit: count });
          const edge = more.before === undefined ? some.at(-1) : some[0];
          if (!edge) break;
          const mine = (await alone(some)).map((one) => ({ ...one, cursor: COPY + one.cursor }));
          if (more.before === undefined) own.push(...mine);
          else own.unshift(...mine);
          place = more.before === undefined ? { after: edge.cursor } : { before: edge.cursor };
        }
        return more.before === undefined ? own.slice(0, count) : own.slice(-count);
      };
      if (before === undefined) {
        if (part === ROW) found.push(...(await rowPart(cursor ? { after: cursor } : {}, limit)));
        if (found.length < limit)
          found.push(
            ...(await copyPart(part === COPY ? { after: cursor } : {}, limit - found.length)),
          );
        return found;
      }
      if (part === COPY) found.push(...(await copyPart({ before: cursor }, limit)));
      if (found.length === limit) return found;
      const left = limit - found.length;
      if (part === ROW) return rowPart({ before: cursor }, left);
      // From the end of the rows: their last page, read the other way round.
      const order = asked.order === "expires" ? "-expires" : "expires";
      const last = await rows.page({ ...plain, order, limit: left });
      const placed = await joined(last.reverse(), maxData);
      return [...placed.map((one) => ({ ...one, cursor: ROW + one.cursor })), ...found];
    },
    scan,
    ...(rows.edges && { edges: rows.edges }),
    get: async (key, maxData) => entryOf(await two(key, maxData)),
    async count(range, signal) {
      let total = await rows.count(range, signal);
      if (cache.hashed) return total;
      const request = { range, order: "expires", batch: 500, maxData: -1 } as const;
      for await (const step of cache.scan({ ...request, ...(signal && { signal }) }))
        total += (await alone(step)).length;
      return total;
    },
    estimate: () => rows.estimate(),
    async span() {
      const both = (await Promise.all([rows.span(), cache.span()])).filter((one) => one !== null);
      const [first, second = first] = both;
      if (!first || !second) return null;
      return {
        oldest: first.oldest < second.oldest ? first.oldest : second.oldest,
        newest: first.newest > second.newest ? first.newest : second.newest,
      };
    },
    async write({ key, data, copy, expires, expected, ...rest }) {
      if (expected === null) {
        if (await copyOf(cache, key, -1)) return { outcome: "conflict" };
        const isCopy = readStored(data, keys, { verify: false }).cache !== null;
        // What a bin of before kept of a session without a row.
        if (isCopy) {
          const made = await cache.write({ key, data, expires, expected });
          return made.outcome === "done" ? doneWith(key) : made;
        }
        const made = await rows.write({ key, data, expires, expected, ...rest });
        return made.outcome === "done" ? doneWith(key) : made;
      }
      const [rowToken, copyToken] = tokensOf(expected);
      const now = await two(key, ALL);
      if (!now.row && !now.copy) return { outcome: "missing" };
      if (copyToken !== null && !isNamed(now.copy, copyToken)) return { outcome: "conflict" };
      if (copyToken === null && now.copy) return { outcome: "conflict" };
      if (rowToken === null) {
        if (now.row || !now.copy) return { outcome: "conflict" };
        const copied = await cache.write({ key, data, expires, expected: now.copy.token });
        return copied.outcome === "done" ? doneWith(key) : copied;
      }
      if (!now.row) return { outcome: "conflict" };
      const moment = await rows.now();
      const forRow = inFormOf(now.row, data, moment);
      const forCopy = now.copy ? (copy ?? inFormOf(now.copy, data, moment)) : null;
      // Where the row's expiry stays, the copy keeps its own, which is never quite the same.
      const copyExpires = expires === now.row.expires ? null : expires;
      const written = await rows.write({
        ...{ key, data: forRow, expires, ...rest },
        expected: rowToken,
      });
      if (written.outcome !== "done") return written;
      if (forCopy !== null)
        await settle(key, (held) =>
          held.token === now.copy?.token
            ? cache.write({ key, data: forCopy, expires: copyExpires, expected: held.token })
            : Promise.resolve({ outcome: "conflict" }),
        );
      return doneWith(key);
    },
    async setExpiry(key, expires, expected) {
      const [rowToken, copyToken] = tokensOf(expected);
      const { row, copy } = await two(key, ALL);
      if (!row && !copy) return { outcome: "missing" };
      if ((rowToken === null) !== (row === null)) return { outcome: "conflict" };
      if (copyToken !== null && !isNamed(copy, copyToken)) return { outcome: "conflict" };
      const set = rowToken !== null ? await rows.setExpiry?.(key, expires, rowToken) : null;
      if (set && set.outcome !== "done") return set;
      await settle(
        key,
        async (one) =>
          (await cache.setExpiry?.(key, expires, one.token)) ?? { outcome: "conflict" },
      );
      return doneWith(key);
    },
    async delete(key, expected) {
      const [rowToken, copyToken] = tokensOf(expected);
      const { row, copy } = await two(key, ALL);
      if (!row && !copy) return { outcome: "missing" };
      if (copyToken === null && copy) return { outcome: "conflict" };
      if (copyToken !== null && copy) {
        const gone = await cache.delete(key, copyToken);
        if (gone.outcome === "conflict") return gone;
      }
      if (rowToken === null) return row ? { outcome: "conflict" } : { outcome: "done", token: "" };
      return rows.delete(key, rowToken);
    },
    ...(rows.purgeCount && {
      purgeCount: (cutoff, signal) => rows.purgeCount?.(cutoff, signal) ?? none(),
    }),
    ...(rows.purgeBatch && { purgeBatch: purgePair(rows, cache) }),
    ...(rows.purgeStatement && {
      purgeStatement: (cutoff, limit) =>
        `-- first the copies in the cache of the rows that go\n${rows.purgeStatement?.(cutoff, limit) ?? ""}`,
    }),
    ...(rows.userNames && { userNames: rows.userNames }),
    ...(rows.findUsers && { findUsers: rows.findUsers }),
    async close() {
      await Promise.all([rows.close(), cache.close()]);
    },
  };
}

async function* none(): AsyncGenerator<never> {}

function splitCursor(cursor: string | undefined): [part: string, place: string] {
  return cursor === undefined ? [ROW, ""] : [cursor.slice(0, 1), cursor.slice(1)];
}

/** A token of a list, made without the data, is compared when the store itself is asked. */
const isNamed = (entry: Entry | null, token: string): boolean =>
  entry !== null && (entry.token === token || token.startsWith("~"));

const microsOf = (iso: string): bigint => Temporal.Instant.from(iso).epochNanoseconds / 1000n;
