/** What every driver must do, whatever it stores in: one suite, one call per driver. */
import { setImmediate as breathe } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { measure } from "./bounded.ts";
import {
  atAhead,
  atPast,
  type Conformance,
  codeOf,
  keyOf,
  keys,
  type Place,
  type Put,
  pages,
  purgeAll,
  scanned,
  sorted,
} from "./conformance-kit.ts";

export { at, type Conformance, codeOf, keyOf, type Place, type Put } from "./conformance-kit.ts";

export function conforms(
  name: string,
  { place: makePlace, oddKeys, expiresByItself = false, wholeSeconds = false }: Conformance,
): void {
  const precise = (iso: string): string =>
    wholeSeconds ? iso.replace(/\.\d+Z$/, ".000000Z") : iso;
  const at = (seconds: number): string => precise((expiresByItself ? atAhead : atPast)(seconds));
  const purging = it.skipIf(expiresByItself);
  const many = (count: number, of: (index: number) => Partial<Put> = () => ({})): Put[] =>
    Array.from({ length: count }, (_, index) => ({
      key: keyOf(index),
      expires: at(index),
      ...of(index),
    }));

  describe(`${name} as a store`, () => {
    let place: Place;
    const opened: Store[] = [];
    const open = async (writable = true) => {
      const store = await place.open(writable);
      opened.push(store);
      return store;
    };
    beforeEach(async () => {
      place = await makePlace();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      await place.cleanUp();
    });

    it("is empty when nothing is in it", async () => {
      const store = await open();
      expect(await store.page({ order: "expires", limit: 10, maxData: 10 })).toEqual([]);
      expect(await scanned(store)).toEqual([]);
      expect(await store.count({})).toBe(0);
      expect(await store.count({ to: at(0) })).toBe(0);
      expect(await store.span()).toBeNull();
      expect(await store.get(keyOf(1), 10)).toBeNull();
      expect(await purgeAll(store, at(0), 10)).toEqual({ deleted: 0, skipped: 0, batches: 1 });
    });

    it("gives every session once, in order, both ways, forwards and backwards", async () => {
      await place.put(many(137, (index) => ({ expires: at((index * 7919) % 137) })));
      const store = await open(false);
      const upwards = await pages(store, "expires", 10);
      expect(new Set(keys(upwards)).size).toBe(137);
      if (store.capabilities.orders.length === 0) {
        const cursor = upwards[60]?.cursor ?? "";
        const earlier = { order: "expires", limit: 5, maxData: 1000, before: cursor } as const;
        expect(keys(await store.page(earlier))).toEqual(keys(upwards).slice(55, 60));
        return;
      }
      expect(upwards.map(({ expires }) => expires)).toEqual(
        many(137).map(({ expires }) => expires),
      );
      expect(keys(await pages(store, "-expires", 10))).toEqual(keys(upwards).reverse());
      const [middle] = upwards.slice(60);
      const before = await store.page({
        order: "expires",
        limit: 5,
        maxData: 1000,
        before: middle?.cursor ?? "",
      });
      expect(keys(before)).toEqual(keys(upwards).slice(55, 60));
      const down = await store.page({
        order: "-expires",
        limit: 5,
        maxData: 1000,
        before: middle?.cursor ?? "",
      });
      expect(keys(down)).toEqual(keys(upwards).slice(61, 66).reverse());
    });

    it("pages through sessions of one and the same expiry", async () => {
      await place.put(many(95, () => ({ expires: at(5) })));
      const store = await open(false);
      for (const order of ["expires", "-expires"] as const)
        expect(new Set(keys(await pages(store, order, 10))).size).toBe(95);
    });

    it("keeps to half-open ranges in pages, scans and counts", async () => {
      await place.put(many(50));
      const store = await open(false);
      const range = { from: at(10), to: at(20) };
      const wanted = many(50)
        .slice(10, 20)
        .map(({ key }) => key);
      const ranged = keys(await store.page({ order: "expires", range, limit: 99, maxData: 9 }));
      expect(store.capabilities.orders.length === 0 ? sorted(ranged) : ranged).toEqual(wanted);
      expect(keys(await scanned(store, { range })).sort()).toEqual(wanted);
      expect(await store.count(range)).toBe(10);
      expect(await store.count({ from: at(45) })).toBe(5);
      expect(await store.count({ to: at(45) })).toBe(45);
      expect(await store.span()).toEqual({ oldest: at(0), newest: at(49) });
    });

    it("shows a session that stays as it is exactly once in pages while others change", async () => {
      await place.put(many(200));
      const store = await open(false);
      let turn = 0;
      const seen = keys(
        await pages(store, "expires", 7, async () => {
          turn += 1;
          // Else each page would bring one more to its own end, for ever.
          if (turn > 40) return;
          await place.renew(keyOf((turn * 13) % 100), at(10_000 + turn));
          await place.remove(keyOf(100 + ((turn * 7) % 50)));
          await place.put([{ key: `new${turn}`.padEnd(32, "y"), expires: at((turn * 31) % 200) }]);
        }),
      );
      const quiet = many(200)
        .slice(150)
        .map(({ key }) => key);
      for (const key of quiet) expect(seen.filter((one) => one === key)).toHaveLength(1);
    });

    it("scans every session that lives throughout exactly once while others are renewed", async () => {
      await place.put(many(3000));
      const store = await open(false);
      let turn = 0;
      const seen = keys(
        await scanned(store, { order: "-expires" }, async () => {
          turn += 1;
          // To the other end of any order by expiry, in both directions.
          await place.renew(
            keyOf((turn * 17) % 3000),
            at(turn % 2 ? 100_000 + turn : -100_000 - turn),
          );
          await place.remove(keyOf(3000 - turn));
          await place.put([{ key: `new${turn}`.padEnd(32, "y"), expires: at(turn) }]);
        }),
      );
      expect(turn).toBeGreaterThan(5);
      const lived = many(3000 - turn).map(({ key }) => key);
      expect(new Set(seen).size).toBe(seen.length);
      expect(lived.filter((key) => !seen.includes(key))).toEqual([]);
    });

    it("scans in disjoint parts that together are the whole", async () => {
      await place.put(many(9000));
      const store = await open(false);
      const parts = await Promise.all(
        [0, 1, 2].map((index) => scanned(store, { part: { index, of: 3 } })),
      );
      const all = parts.flatMap(keys);
      expect(all).toHaveLength(9000);
      expect(new Set(all).size).toBe(9000);
      expect(parts.every((part) => part.length > 500)).toBe(true);
    });

    it("scans by size, and ends early on abort", async () => {
      await place.put(many(300, (index) => ({ data: "d".repeat(index + 1) })));
      const store = await open(false);
      expect(await scanned(store, { minSize: 290 })).toHaveLength(10);
      expect(await scanned(store, { maxSize: 11 })).toHaveLength(10);
      const abort = new AbortController();
      const some = await scanned(store, { batch: 10, signal: abort.signal }, () => abort.abort());
      expect(some.length).toBeLessThanOrEqual(20);
    });

    it("leaves large data out of lists and gives it on request", async () => {
      await place.put([{ key: keyOf(1), expires: at(1), data: "x".repeat(5000) }]);
      const store = await open(false);
      const [listed] = await store.page({ order: "expires", limit: 1, maxData: 100 });
      expect(listed).toMatchObject({ data: null, size: 5000, expires: at(1) });
      const whole = await store.get(keyOf(1), 10_000);
      expect(whole).toMatchObject({ data: "x".repeat(5000), size: 5000, expires: at(1) });
      const [full] = await store.page({ order: "expires", limit: 1, maxData: 10_000 });
      expect(full?.token).toBe(whole?.token);
    });

    it("writes only onto what was read", async () => {
      const store = await open();
      const write = (data: string, expected: string | null) =>
        store.write({ key: keyOf(7), data, expires: at(50), expected, writtenAt: at(40) });
      const first = await write("one", null);
      if (first.outcome !== "done") throw new Error("not inserted");
      expect((await store.get(keyOf(7), 99))?.token).toBe(first.token);
      expect(await write("taken", null)).toEqual({ outcome: "conflict" });
      const second = await write("two", first.token);
      expect(second.outcome).toBe("done");
      expect(await write("stale", first.token)).toEqual({ outcome: "conflict" });
      expect((await store.get(keyOf(7), 99))?.data).toBe("two");
      expect(await store.delete(keyOf(7), first.token)).toEqual({ outcome: "conflict" });
      expect(
        (await store.delete(keyOf(7), second.outcome === "done" ? second.token : "")).outcome,
      ).toBe("done");
      expect(await write("late", first.token)).toEqual({ outcome: "missing" });
      expect(await store.delete(keyOf(7), first.token)).toEqual({ outcome: "missing" });
      expect(await store.get(keyOf(7), 99)).toBeNull();
    });

    it("lets one of many racing writers win", async () => {
      await place.put([{ key: keyOf(1), expires: at(10) }]);
      const stores = [await open(), await open()];
      const token = (await stores[0]?.get(keyOf(1), 1000))?.token ?? "";
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          await breathe();
          return stores[index % 2]?.write({
            key: keyOf(1),
            data: `d${index}`,
            expires: at(20),
            expected: token,
          });
        }),
      );
      expect(outcomes.filter((one) => one?.outcome === "done")).toHaveLength(1);
      expect(outcomes.filter((one) => one?.outcome === "conflict")).toHaveLength(19);
      const inserts = await Promise.all(
        stores.map((store, index) =>
          store.write({ key: keyOf(2), data: `d${index}`, expires: at(20), expected: null }),
        ),
      );
      expect(inserts.map(({ outcome }) => outcome).sort()).toEqual(["conflict", "done"]);
    });

    it("sets the expiry to the stored precision, and only of what was read", async () => {
      await place.put([{ key: keyOf(1), expires: at(10) }]);
      const store = await open();
      if (!store.setExpiry) return;
      const moment = expiresByItself ? at(77) : precise("2026-03-04T05:06:07.890123Z");
      const before = await store.get(keyOf(1), 1000);
      const set = await store.setExpiry(keyOf(1), moment, before?.token ?? "");
      const after = await store.get(keyOf(1), 1000);
      expect(after).toMatchObject({ expires: moment, data: before?.data });
      expect(set).toEqual({ outcome: "done", token: after?.token });
      expect(await store.setExpiry(keyOf(1), at(1), before?.token ?? "")).toEqual({
        outcome: "conflict",
      });
      expect(await store.setExpiry(keyOf(9), at(1), before?.token ?? "")).toEqual({
        outcome: "missing",
      });
    });

    it("refuses writes while it is open read-only", async () => {
      await place.put(many(3));
      const store = await open(false);
      const token = (await store.get(keyOf(1), 1000))?.token ?? "";
      const attempts: (() => unknown)[] = [
        () => store.write({ key: keyOf(1), data: "x", expires: at(1), expected: token }),
        () => store.delete(keyOf(1), token),
        () => store.setExpiry?.(keyOf(1), at(1), token),
        () => store.purgeBatch?.({ cutoff: at(99), limit: 9 }),
      ];
      for (const attempt of attempts) expect(await codeOf(attempt)).toBe("read_only");
      expect(await store.count({})).toBe(3);
    });

    purging(
      "purges what expired before the cutoff, keeping before-images, and nothing else",
      async () => {
        await place.put(
          many(500, (index) => ({ expires: at((index * 7919) % 500), data: `data ${index}` })),
        );
        const store = await open();
        const counts = [];
        for await (const counted of store.purgeCount?.(at(200)) ?? []) counts.push(counted);
        expect(counts.at(-1)).toMatchObject({ count: 200, exact: true, oldest: at(0) });
        const kept: Entry[] = [];
        const done = await purgeAll(store, at(200), 64, (entries) => kept.push(...entries));
        expect(done).toEqual({ deleted: 200, skipped: 0, batches: 4 });
        expect(await store.count({})).toBe(300);
        expect(await store.count({ to: at(200) })).toBe(0);
        expect(new Set(keys(kept)).size).toBe(200);
        expect(kept.every(({ data, expires }) => data !== null && (expires ?? "") < at(200))).toBe(
          true,
        );
      },
    );

    purging("spares sessions renewed during a purge, and goes on after a stop", async () => {
      await place.put(many(300));
      const store = await open();
      const first = await store.purgeBatch?.({ cutoff: at(300), limit: 50 });
      expect(first).toMatchObject({ deleted: 50, finished: false });
      const living = keys(await scanned(store));
      const renewed = living.filter((_, index) => index % 5 === 0);
      for (const key of renewed) await place.renew(key, at(1000));
      const again = await open();
      const rest = await purgeAll(again, at(300), 64);
      expect(rest.deleted).toBe(200);
      const mid = await purgeAll(store, at(300), 64);
      expect(mid.deleted).toBe(0);
      expect(keys(await scanned(store)).sort()).toEqual(renewed.sort());
    });

    purging("checks the expiry again when it deletes what it found before", async () => {
      await place.put(many(300));
      const store = await open();
      const gone: string[] = [];
      const keep = (entries: Entry[]) => gone.push(...keys(entries));
      await store.purgeBatch?.({ cutoff: at(300), limit: 100, keep });
      const left = many(300).filter(({ key }) => !gone.includes(key));
      for (const { key } of left) await place.renew(key, at(1000));
      const rest = await purgeAll(store, at(300), 100, keep);
      expect(rest).toMatchObject({ deleted: 0, skipped: 200 });
      expect(await store.count({})).toBe(200);
    });

    purging("deletes nothing of a batch whose before-images cannot be kept", async () => {
      await place.put(many(20));
      const store = await open();
      const full = new Error("the bin is full");
      const batch = store.purgeBatch?.({
        cutoff: at(300),
        limit: 10,
        keep: () => {
          throw full;
        },
      });
      await expect(batch).rejects.toBe(full);
      expect(await store.count({})).toBe(20);
      expect(await purgeAll(store, at(300), 10)).toMatchObject({ deleted: 20 });
    });

    it("reads, writes and deletes under any key it allows", async () => {
      const store = await open();
      for (const key of oddKeys) {
        const written = await store.write({
          key,
          data: `of ${key.length}`,
          expires: at(1),
          expected: null,
        });
        expect([key, written.outcome]).toEqual([key, "done"]);
      }
      expect(new Set(keys(await pages(store, "expires", 3)))).toEqual(new Set(oddKeys));
      expect(new Set(keys(await scanned(store)))).toEqual(new Set(oddKeys));
      for (const key of oddKeys) {
        const entry = await store.get(key, 1000);
        expect(entry?.key).toBe(key);
        expect((await store.delete(key, entry?.token ?? "")).outcome).toBe("done");
      }
      expect(await store.count({})).toBe(0);
    });

    it("goes through 100,000 sessions in bounded memory", async () => {
      await place.put(many(100_000, () => ({ data: "d".repeat(1000) })));
      const purges = expiresByItself ? [] : (["purgeCount", "purge"] as const);
      const cutoff = at(1_000_000);
      const work = ["page", "scan", "parts", "pages", "count", ...purges] as const;
      const measured = await measure(place.target, work, { heap: 96, cutoff });
      const whole = (name: string) => (name === "page" ? 50 : 100_000);
      expect(measured.map(({ work, count }) => [work, count])).toEqual(
        work.map((name) => [name, whole(name)]),
      );
      // Held as it is, the data takes 130 MB (bounded.test.ts); keys and places may be known all at once.
      const most = measured.map(({ work, most }) => `${work} ${Math.round(most / 1_000_000)} MB`);
      expect(Math.max(...measured.map(({ most }) => most)), most.join()).toBeLessThan(60_000_000);
    }, 480_000);

    it("says that the place vanished", async () => {
      await place.put(many(3));
      const store = await open(false);
      await place.vanish();
      expect(await codeOf(() => store.page({ order: "expires", limit: 1, maxData: 9 }))).toBe(
        "store_gone",
      );
      expect(await codeOf(() => store.get(keyOf(1), 9))).toBe("store_gone");
      expect(await codeOf(() => scanned(store))).toBe("store_gone");
      expect(await codeOf(() => store.count({}))).toBe("store_gone");
    });
  });
}
