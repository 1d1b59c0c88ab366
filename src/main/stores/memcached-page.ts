/**
 * Pages, scans and counts over the list of keys. A place in it is an expiry and a key, so it holds in every later list:
 *
 *     1795219329.1a2b…     -.1a2b…  of one that never expires
 */
import type { Entry, ExpiryRange, PageRequest, PlacedEntry, ScanRequest } from "./driver.ts";
import { byExpiry, inOrder, type Listed, type Place } from "./memcached-list.ts";
import { entryOf, heldOf, inRange, isoOf, type Sessions } from "./memcached-read.ts";

const cursorOf = ({ expires, sessionKey }: Place): string => `${expires ?? "-"}.${sessionKey}`;

function placeOf(cursor: string): Place {
  const at = cursor.indexOf(".");
  const expires = cursor.slice(0, at);
  return { expires: expires === "-" ? null : Number(expires), sessionKey: cursor.slice(at + 1) };
}

export async function page(
  { listing }: Sessions,
  { order, range = {}, after, before, limit, maxData }: PageRequest,
): Promise<PlacedEntry[]> {
  const cursor = after ?? before;
  const all = inOrder(await (cursor === undefined ? listing.fresh() : listing.recent()), order);
  const sign = order === "expires" ? 1 : -1;
  const place = cursor === undefined ? null : placeOf(cursor);
  // The first one at or behind the place.
  let low = 0;
  for (let high = all.length; place && low < high; ) {
    const middle = (low + high) >> 1;
    const there = all[middle];
    if (there && sign * byExpiry(there, place) < 0) low = middle + 1;
    else high = middle;
  }
  const step = before === undefined ? 1 : -1;
  const there = all[low];
  let at =
    place === null ? 0 : step < 0 ? low - 1 : there && byExpiry(there, place) === 0 ? low + 1 : low;
  const found: PlacedEntry[] = [];
  while (found.length < limit && at >= 0 && at < all.length) {
    const some: Listed[] = [];
    for (; some.length < limit - found.length && at >= 0 && at < all.length; at += step) {
      const one = all[at];
      if (one && inRange(one.expires, range)) some.push(one);
    }
    const entries = new Map((await entriesOf(some, maxData, range)).map((one) => [one.key, one]));
    for (const one of some) {
      const entry = entries.get(one.sessionKey);
      if (entry) found.push({ ...entry, cursor: cursorOf(one) });
    }
  }
  return step > 0 ? found : found.reverse();
}

/** Those that are there still, and still in the range; by server. */
export async function entriesOf(
  listed: readonly Listed[],
  maxData: number,
  range: ExpiryRange,
): Promise<Entry[]> {
  const names = new Map(listed.map(({ key, sessionKey }) => [key, sessionKey]));
  const groups = Map.groupBy(listed, ({ server }) => server);
  const all = await Promise.all(
    [...groups].map(([server, wanted]) => heldOf(server, wanted, maxData)),
  );
  return all
    .flat()
    .filter(({ expires }) => inRange(expires, range))
    .map((held) => entryOf(names.get(held.key) ?? "", held));
}

/** FNV-1a, for parts. */
function hashOf(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum ^ (sum >>> 15)) >>> 0;
}

export async function* scan(
  { listing }: Sessions,
  { order, range = {}, batch, maxData, minSize, maxSize, part, signal }: ScanRequest,
): AsyncGenerator<Entry[]> {
  const all = inOrder(await listing.fresh(), order).filter(
    ({ sessionKey, expires }) =>
      inRange(expires, range) && (!part || hashOf(sessionKey) % part.of === part.index),
  );
  for (let start = 0; start < all.length; start += batch) {
    if (signal?.aborted) return;
    const entries = await entriesOf(all.slice(start, start + batch), maxData, range);
    const fitting = entries.filter(
      ({ size }) =>
        (minSize === undefined || size > minSize) && (maxSize === undefined || size < maxSize),
    );
    if (fitting.length > 0) yield fitting;
  }
}

export async function count(
  { listing }: Sessions,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  const all = await listing.fresh();
  signal?.throwIfAborted();
  return all.filter(({ expires }) => inRange(expires, range)).length;
}

export async function span({
  listing,
}: Sessions): Promise<{ oldest: string; newest: string } | null> {
  const all = await listing.fresh();
  const oldest = all[0]?.expires ?? null;
  const newest = all.findLast(({ expires }) => expires !== null)?.expires ?? null;
  return oldest === null || newest === null
    ? null
    : { oldest: isoOf(oldest), newest: isoOf(newest) };
}
