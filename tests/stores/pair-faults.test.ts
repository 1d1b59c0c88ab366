/** cached_db where one of the two fails: nothing is deleted from the table whose copy lives on, and a purge goes on with the rest. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pairStore } from "../../src/main/jobs/pair.ts";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { startProxy, type TestProxy } from "../servers/proxy.ts";
import { at, keyOf, type Place } from "./conformance.ts";
import { openMemcached } from "./memcached-place.ts";
import { sqlitePlace } from "./places.ts";
import { dropDatabase, newDatabase, openPostgres } from "./postgres-place.ts";
import { many, problemOf } from "./sql-server.ts";

const suite = hasMemcached || process.env["CI"] === "true" ? describe : describe.skip;
const keys = { secretKey: "k", fallbacks: [], salt: "django.contrib.sessions.SessionStore" };
const layout = { layout: "cached_db" };

suite("a table with a cache in front", () => {
  let cache: TestMemcached;
  let proxy: TestProxy;
  let rows: Place;
  const opened: Store[] = [];
  beforeEach(async () => {
    cache = await startMemcached();
    proxy = await startProxy(cache.port);
    rows = sqlitePlace("wal");
  });
  afterEach(async () => {
    proxy.hold = false;
    for (const store of opened.splice(0)) await store.close();
    await proxy.close();
    await cache.close();
    await rows.cleanUp();
  });
  const copy = (key: string) =>
    cache.say(`set :1:django.contrib.sessions.cached_db${key} 1 86400 4\r\ndata\r\n`, 1);
  const open = async (options = {}): Promise<Store> => {
    const front = await openMemcached([proxy], true, { ...layout, commandTimeout: 1, ...options });
    const store = pairStore(await rows.open(true), front, keys);
    opened.push(store);
    return store;
  };

  it("whose cache is gone or silent lets no row go, since its copy would live on", async () => {
    await rows.put(many(3));
    for (const { key } of many(3)) await copy(key);
    const store = await open();
    const token = (await store.get(keyOf(1), 99))?.token ?? "";
    proxy.hold = true;
    expect((await problemOf(() => store.delete(keyOf(1), token))).code).toBe("store_gone");
    proxy.hold = false;
    proxy.refuse = true;
    proxy.cut();
    expect((await problemOf(() => store.delete(keyOf(2), token))).code).toBe("store_gone");
    expect(
      (await problemOf(() => store.page({ order: "expires", limit: 9, maxData: 9 }))).code,
    ).toBe("store_gone");
    proxy.refuse = false;
    const table = await rows.open(false);
    opened.push(table);
    expect(await table.count({})).toBe(3);
    const again = (await store.get(keyOf(1), 99))?.token ?? "";
    expect((await store.delete(keyOf(1), again)).outcome).toBe("done");
    expect(await store.get(keyOf(1), 99)).toBeNull();
  }, 60_000);

  it("whose cache is cut amid a purge keeps what is to go, and the purge deletes exactly the rest", async () => {
    await rows.put(many(600));
    const store = await open();
    const kept = new Set<string>();
    const keep = (entries: Entry[]) => {
      for (const { key } of entries) kept.add(key);
    };
    let cuts = 0;
    let deleted = 0;
    for (let turn = 0; ; turn++) {
      if (turn > 200) throw new Error("It does not end.");
      if (turn < 15) proxy.cutAfter(1 + turn * 211);
      try {
        const batch = await store.purgeBatch?.({ cutoff: at(500), limit: 50, keep });
        deleted += batch?.deleted ?? 0;
        if (batch?.finished) break;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        expect(error.problem.code).toBe("store_gone");
        cuts += 1;
      }
    }
    expect(cuts).toBeGreaterThan(3);
    expect(deleted).toBe(500);
    expect(kept.size).toBe(500);
    expect(await store.count({})).toBe(100);
  }, 60_000);

  it.runIf(hasPostgres)(
    "whose table's line is cut amid a purge, the same",
    async () => {
      const server: TestServer = await startPostgres();
      const line = await startProxy(server.port, server.host);
      const database = await newDatabase(server);
      const direct = await openPostgres(server, { database, writable: true });
      const front = await openMemcached([cache], true, layout);
      const table = await openPostgres(server, { database, writable: true, port: line.port });
      const store = pairStore(table, front, keys);
      try {
        for (const { key, expires } of many(300))
          await direct.write({ key, data: "d", expires, expected: null });
        const kept = new Set<string>();
        const keep = (entries: Entry[]) => {
          for (const { key } of entries) kept.add(key);
        };
        let cuts = 0;
        for (let turn = 0; ; turn++) {
          if (turn > 200) throw new Error("It does not end.");
          if (turn < 15) line.cutAfter(1 + turn * 331);
          try {
            if ((await store.purgeBatch?.({ cutoff: at(200), limit: 40, keep }))?.finished) break;
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            cuts += 1;
          }
        }
        expect(cuts).toBeGreaterThan(3);
        expect(await direct.count({})).toBe(100);
        expect(await direct.count({ to: at(200) })).toBe(0);
        expect(kept.size).toBe(200);
      } finally {
        await store.close();
        await direct.close();
        await line.close();
        await dropDatabase(server, database);
        await server.close();
      }
    },
    120_000,
  );
});
