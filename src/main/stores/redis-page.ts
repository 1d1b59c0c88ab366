/**
 * Pages without an order: the keys of a scan as far as somebody has paged, in the order the scan gave them.
 *
 * A page without a cursor begins a new listing; its cursors are places in that listing, so a session that stays is in it
 * exactly once, forwards and backwards. Listings are few and each is bounded; a cursor of one that is forgotten goes on
 * from a new scan, up to the key it names.
 */
import type { PageRequest, PlacedEntry } from "./driver.ts";
import { entriesOf, inRange, isPast } from "./redis-entries.ts";
import type { Master } from "./redis-link.ts";
import type { Sessions } from "./redis-read.ts";
import { walk } from "./redis-walk.ts";
import type { Window } from "./redis-window.ts";

/** Listings kept, for several pages of the app and their filters. */
const LISTINGS = 4;
/** Keys a listing holds, about 100 bytes each; those behind come as one more listing. */
const KEYS = 500_000;

interface Listing {
  readonly id: string;
  readonly keys: { key: string; sessionKey: string; master: Master }[];
  readonly rest: AsyncGenerator<Window, void>;
  ended: boolean;
  /** One reader at a time goes on with the scan. */
  busy: Promise<void>;
}

export interface Pages {
  page(request: PageRequest): Promise<PlacedEntry[]>;
  close(): void;
}

export function pagesOf(sessions: Sessions): Pages {
  const listings: Listing[] = [];
  let made = 0;

  function begin(): Listing {
    made += 1;
    const listing: Listing = {
      id: `${made}`,
      keys: [],
      rest: walk(sessions, { look: false }),
      ended: false,
      busy: Promise.resolve(),
    };
    listings.push(listing);
    while (listings.length > LISTINGS) void listings.shift()?.rest.return();
    return listing;
  }

  /** Until there is a key at the place, or none left. */
  async function reach(listing: Listing, place: number): Promise<void> {
    const turn = listing.busy.then(async () => {
      while (listing.keys.length <= place && !listing.ended) {
        const { done, value } = await listing.rest.next();
        if (done || listing.keys.length >= KEYS) listing.ended = true;
        else
          for (const { key, sessionKey } of value.met)
            listing.keys.push({ key, sessionKey, master: value.master });
      }
    });
    listing.busy = turn.catch(() => {
      // A scan that failed cannot go on; the next page begins anew.
      listings.splice(listings.indexOf(listing), 1);
    });
    return turn;
  }

  async function place(cursor: string): Promise<[Listing, number]> {
    const [id, index = "0", ...key] = cursor.split(".");
    const listing = listings.find((one) => one.id === id);
    const sessionKey = key.join(".");
    if (listing && listing.keys[Number(index)]?.sessionKey === sessionKey)
      return [listing, Number(index)];
    const other = begin();
    for (let at = 0; ; at++) {
      await reach(other, at);
      const found = other.keys[at];
      // Gone by now: as far into the new listing as it was in the old one.
      if (!found) return [other, Math.min(Number(index), other.keys.length) - 1];
      if (found.sessionKey === sessionKey) return [other, at];
    }
  }

  return {
    async page({ range = {}, after, before, limit, maxData }) {
      if (await isPast(sessions, range)) return [];
      const cursor = after ?? before;
      const [listing, from] = cursor === undefined ? [begin(), -1] : await place(cursor);
      const step = before === undefined ? 1 : -1;
      const found: PlacedEntry[] = [];
      for (let at = from + step; found.length < limit; ) {
        if (at < 0) break;
        await reach(listing, at + (step > 0 ? limit - 1 : 0));
        const start = step > 0 ? at : Math.max(0, at - limit + 1);
        const keys = listing.keys.slice(start, step > 0 ? at + limit : at + 1);
        if (keys.length === 0) break;
        const placed = await entriesAt(keys, listing.id, start, maxData, range);
        at = step > 0 ? at + keys.length : start - 1;
        if (step > 0) found.push(...placed);
        else found.unshift(...placed);
      }
      return before === undefined ? found.slice(0, limit) : found.slice(-limit);
    },
    close() {
      for (const { rest } of listings.splice(0)) void rest.return();
    },
  };

  async function entriesAt(
    keys: Listing["keys"],
    id: string,
    start: number,
    maxData: number,
    range: PageRequest["range"] & object,
  ): Promise<PlacedEntry[]> {
    const byMaster = Map.groupBy(keys, ({ master }) => master.name);
    const all = new Map<string, PlacedEntry>();
    for (const own of byMaster.values()) {
      const [first] = own;
      if (!first) continue;
      const met = own.map(({ key, sessionKey }) => ({ key, sessionKey, size: 0, expires: null }));
      const lot = { master: first.master, met, looked: false };
      for (const entry of await entriesOf(sessions, lot, maxData, (one) => inRange(one, range)))
        all.set(entry.key, { ...entry, cursor: "" });
    }
    return keys.flatMap(({ sessionKey }, index) => {
      const entry = all.get(sessionKey);
      return entry ? [{ ...entry, cursor: `${id}.${start + index}.${sessionKey}` }] : [];
    });
  }
}
