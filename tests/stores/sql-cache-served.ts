/** A DatabaseCache table on a SQL server: which rows are sessions, what never expires, and what is missing. */
import { afterEach, describe, expect, it } from "vitest";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { driverForUrl } from "../../src/main/stores/list.ts";
import { at, keyOf, type Place } from "./conformance.ts";
import { keys, pages, purgeAll, scanned } from "./conformance-kit.ts";
import { type Options, problemOf } from "./sql-server.ts";

export interface CachePlace extends Place {
  /** Puts so many more rows of others into the table, expired and not. */
  fill(count: number): Promise<void>;
}

export interface Served {
  driver: string;
  /** By the name of a sort order of the keys. */
  places: Record<string, () => Promise<CachePlace>>;
  withoutIndex: string;
  /** A database with an empty table django_cache, and more SQL run in it. */
  database(more: string): Promise<string>;
  open(database: string, options: Options): Promise<Store>;
  url(database: string): string;
  /** Text of the expiry column of a session. */
  stored(database: string, key: string): Promise<string>;
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: keyOf(index), expires: at(index) }));

export function cacheServed(name: string, served: Served): void {
  describe(`a cache table in ${name} that holds more than sessions`, () => {
    const opened: Store[] = [];
    const open = async (database: string, options: Options = {}) => {
      const store = await served.open(database, options);
      opened.push(store);
      return store;
    };
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    for (const [order, makePlace] of Object.entries(served.places))
      it(`gives sessions and nothing else, sorted by ${order}`, async () => {
        const place = await makePlace();
        try {
          await place.put(many(1200));
          const store = await place.open(true);
          opened.push(store);
          const all = keys(many(1200));
          expect(keys(await pages(store, "-expires", 333)).sort()).toEqual(all);
          expect(keys(await scanned(store)).sort()).toEqual(all);
          expect(await store.count({})).toBe(1200);
          const range = { from: at(100) };
          const parts = await Promise.all(
            [0, 1].map((index) => scanned(store, { range, part: { index, of: 2 }, maxSize: 5 })),
          );
          expect(parts.flatMap(keys).sort()).toEqual(all.slice(100));
          const kept: Entry[] = [];
          const done = await purgeAll(store, at(700), 200, (some) => kept.push(...some));
          expect(done).toMatchObject({ deleted: 700, skipped: 0 });
          expect(keys(kept).sort()).toEqual(all.slice(0, 700));
          expect(await purgeAll(store, at(900), 200)).toMatchObject({ deleted: 200 });
          expect(store.purgeStatement?.(at(900), 10)).toMatch(/expires < .*cache_key/s);
        } finally {
          // Looks whether the other rows are as they were.
          await place.cleanUp();
        }
      });

    it("goes through more rows of others than it collects, by their keys", async () => {
      const place = await Object.values(served.places)[0]?.();
      if (!place) throw new Error("no place");
      try {
        await place.fill(60_000);
        await place.put(many(500));
        const store = await place.open(false);
        opened.push(store);
        for (const range of [{}, { to: at(100_000) }]) {
          expect(keys(await scanned(store, { range })).sort()).toEqual(keys(many(500)));
          expect(await store.count(range)).toBe(500);
        }
        expect(await store.page({ order: "expires", limit: 9, maxData: 9 })).toHaveLength(9);
      } finally {
        await place.cleanUp();
      }
    }, 60_000);

    it("reads and purges without an index on the expiry, and says so", async () => {
      const database = await served.database(served.withoutIndex);
      const store = await open(database, { writable: true });
      for (const { key, expires } of many(30))
        await store.write({ key, data: "x", expires, expected: null });
      const facts = await store.facts();
      expect(facts.map(({ title }) => title)).toEqual(
        expect.arrayContaining(["Cache table", "Culling", "No index on expires"]),
      );
      expect(keys(await pages(store, "-expires", 7))).toEqual(keys(many(30)).reverse());
      expect(keys(await scanned(store)).sort()).toEqual(keys(many(30)));
      // at() is a fraction later than what is stored of it.
      expect(await purgeAll(store, at(9), 4)).toMatchObject({ deleted: 10 });
      expect(await store.count({})).toBe(20);
    });

    for (const [timeZone, useTz, text] of [
      ["UTC", true, /^9999-12-31 23:59:59/],
      ["Asia/Tokyo", false, /^9999-12-31 (14|23):59:59/],
      ["America/New_York", false, /^(10000-01-01 04|9999-12-31 23):59:59/],
    ] as const)
      it(`stores never as Django does, USE_TZ=${useTz}, ${timeZone}`, async () => {
        const database = await served.database("");
        const store = await open(database, { writable: true, useTz, timeZone });
        const written = await store.write({ key: "a", data: "x", expires: null, expected: null });
        expect(await served.stored(database, "a")).toMatch(text);
        const entry = await store.get("a", 9);
        expect(entry).toMatchObject({ expires: null });
        expect(written).toEqual({ outcome: "done", token: entry?.token });
        await store.write({ key: "b", data: "x", expires: at(3), expected: null });
        expect(keys(await pages(store, "expires", 1))).toEqual(["b", "a"]);
        expect(await store.count({ from: at(0) })).toBe(1);
        expect((await store.span())?.newest).toBe(at(3).replace("000123Z", "000000Z"));
        expect(await purgeAll(store, "9999-12-31T23:59:59.999999Z", 9)).toMatchObject({
          deleted: 1,
        });
        const again = { key: "a", data: "y", expires: null, expected: entry?.token ?? "" };
        expect((await store.write(again)).outcome).toBe("done");
        expect(await served.stored(database, "a")).toMatch(text);
      });

    it("opens by URL, with the table, the prefix and the version", async () => {
      const database = await served.database("ALTER TABLE django_cache RENAME TO shop_cache");
      const url = `${served.url(database)}?cache_table=shop_cache&key_prefix=a_b%5C'&version=3&layout=cached_db`;
      const found = driverForUrl(url);
      expect(found?.driver.name).toBe(served.driver);
      const options = found?.driver.options.parse(found.options) as Record<string, unknown>;
      expect(options).toMatchObject({ table: "shop_cache", version: 3, layout: "cached_db" });
      const store = await open(database, { ...options, writable: true });
      await store.write({ key: "k", data: "x", expires: at(1), expected: null });
      expect(keys(await scanned(store))).toEqual(["k"]);
      expect(found?.driver.identity(options)).toContain(
        "#a_b\\':3:django.contrib.sessions.cached_db",
      );
      const problem = await problemOf(() => open(database));
      expect(problem).toMatchObject({
        code: "no_table",
        detail: { tables: [expect.stringContaining("shop_cache")] },
      });
    });
  });
}
