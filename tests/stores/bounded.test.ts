/** The bound of the suite's 100,000 sessions can fail; and values near the largest ones among small ones keep within bounds. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMysql, startMariadb } from "../servers/mariadb.ts";
import { hasMemcached } from "../servers/memcached.ts";
import { hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { measure } from "./bounded.ts";
import { at, keyOf, type Place } from "./conformance.ts";
import { atAhead } from "./conformance-kit.ts";
import { memcachedPlace } from "./memcached-place.ts";
import { mysqlPlace } from "./mysql-place.ts";
import { folderPlace, sqlitePlace } from "./places.ts";
import { postgresPlace } from "./postgres-place.ts";

it("a process that held all of 100,000 sessions would be seen, and would end in the suite's heap", async () => {
  const place = sqlitePlace("delete");
  try {
    const sessions = Array.from({ length: 100_000 }, (_, index) => ({
      ...{ key: keyOf(index), expires: at(index), data: "d".repeat(1000) },
    }));
    await place.put(sessions);
    const [hoard] = await measure(place.target, ["hoard"], { heap: 500 });
    expect(hoard?.most).toBeGreaterThan(100_000_000);
    await expect(measure(place.target, ["hoard"], { heap: 96 })).rejects.toThrow(/heap/);
  } finally {
    await place.cleanUp();
  }
}, 120_000);

/** Near the 64 MB that servers take (max_allowed_packet, -I) and the engine decodes. */
const LARGE = 60_000_000;
const AMONG = 400;
const largeAt = (index: number): boolean => index % 100 === 50;

describe("values of 60 MB among small ones", () => {
  const servers: TestServer[] = [];
  let postgres: TestServer;
  let mariadb: TestServer;
  beforeAll(async () => {
    if (hasPostgres) {
      postgres = await startPostgres();
      servers.push(postgres);
    }
    if (hasMysql) {
      mariadb = await startMariadb();
      servers.push(mariadb);
    }
  }, 120_000);
  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  // What is alive of one value: its packet, its bytes, its text. A folder's files are read for the expiry inside.
  const ONE = 3.5 * LARGE;
  const places: [name: string, there: boolean, make: () => Place | Promise<Place>][] = [
    ["SQLite", true, () => sqlitePlace("wal")],
    ["a folder", true, folderPlace],
    ["PostgreSQL", hasPostgres, () => postgresPlace(postgres)],
    ["MariaDB", hasMysql, () => mysqlPlace(mariadb)],
    ["memcached", hasMemcached, () => memcachedPlace(["-I", "128m", "-m", "1024"])],
  ];

  for (const [name, there, make] of places)
    it.runIf(there)(
      `are left out of lists, given whole, deleted and purged: ${name}`,
      async () => {
        const place = await make();
        const isMemcached = name === "memcached";
        const expiry = isMemcached ? atAhead : at;
        try {
          for (let index = 0; index < AMONG; index++) {
            const data = largeAt(index) ? "x".repeat(LARGE) : "small";
            await place.put([{ key: keyOf(index), expires: expiry(index), data }]);
          }
          const limits = { heap: 256, cutoff: at(1_000_000), maxData: 1_000_000 };
          const lists = await measure(place.target, ["scan", "pages", "count"], limits);
          expect(lists.map(({ count }) => count)).toEqual([AMONG, AMONG, AMONG]);
          for (const { work, most, large } of lists) {
            expect(most, work).toBeLessThan(name === "a folder" ? ONE : LARGE / 3);
            if (work === "count") continue;
            expect(large.map(({ key }) => key).sort()).toEqual([50, 150, 250, 350].map(keyOf));
            for (const { size, data } of large) expect([size, data]).toEqual([LARGE, false]);
          }
          const store = await place.open(true);
          const whole = await store.get(keyOf(150), LARGE);
          expect(whole?.data).toHaveLength(LARGE);
          expect((await store.get(keyOf(150), LARGE - 1))?.data).toBeNull();
          const page = await store.page({ order: "expires", limit: AMONG, maxData: 1000 });
          const listed = page.find(({ key }) => key === keyOf(150));
          expect((await store.delete(keyOf(150), listed?.token ?? "")).outcome).toBe("done");
          expect(await store.get(keyOf(150), LARGE)).toBeNull();
          await store.close();
          if (isMemcached) return;
          const [purge] = await measure(place.target, ["purge"], limits);
          expect(purge?.count).toBe(AMONG - 1);
          // A whole value at a time: the three at once would be three times that.
          expect(purge?.most).toBeLessThan(ONE);
        } finally {
          await place.cleanUp();
        }
      },
      180_000,
    );
});
