/** A DatabaseCache table on a SQL server beside real Django: its cache engine, and cached_db with table and cache in one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { isDict } from "../../src/main/python/value.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { type Project, project } from "../django/project.ts";
import { collect, startHost } from "../workspace/host.ts";
import type { OpenWith } from "./places.ts";

export interface Side {
  driver: string;
  /** A new, empty database. */
  database(): Promise<string>;
  /** DATABASES["default"]. */
  settings(database: string): Record<string, unknown>;
  open(database: string, options: OpenWith & { [option: string]: unknown }): Promise<Store>;
}

const MAKE = `
from django.core.management import call_command
call_command("createcachetable", verbosity=0)
from django.core.cache import cache
cache.set("other", 1, None)
cache.set("gone", 1, -5)
`;

const caches = {
  default: {
    BACKEND: "django.core.cache.backends.db.DatabaseCache",
    LOCATION: "my_cache",
    KEY_PREFIX: "shop",
  },
};

const cacheOptions = { table: "my_cache", prefix: "shop" };

export function cacheBesideDjango(name: string, side: Side): void {
  for (const useTz of [true, false])
    describe(`a cache table in ${name} beside Django with USE_TZ=${useTz}`, () => {
      const timeZone = "America/New_York";
      let django: Project;
      let database: string;
      let store: Store;
      beforeAll(async () => {
        database = await side.database();
        django = project({
          server: side.settings(database),
          ...{ useTz, timeZone, caches },
          sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
        });
        django.run(MAKE);
        store = await side.open(database, { writable: true, useTz, timeZone, ...cacheOptions });
      }, 180_000);
      afterAll(() => store?.close());

      it("is listed as it wrote, edited and read back; expiry counts as it does there", async () => {
        const made = django.run<{ keys: string[]; end: number }>(`
import time
keys = []
for name in ("ann", "bob", "eve"):
    session = SessionStore()
    session["name"] = name
    session.save()
    keys.append(session.session_key)
result = {"keys": keys, "end": time.time() + 1209600}`);
        const [ann = "", bob = "", eve = ""] = made.keys;
        const page = await store.page({ order: "expires", limit: 9, maxData: 9999 });
        expect(page.map(({ key }) => key).sort()).toEqual([...made.keys].sort());
        for (const { expires } of page)
          expect(Math.abs(Date.parse(expires ?? "") / 1000 - made.end)).toBeLessThan(30);
        const facts = await store.facts();
        expect(facts.filter(({ level }) => level === "warning")).toEqual([]);
        const entry = await store.get(ann, 9999);
        const reading = readStored(entry?.data ?? "", {});
        if (!isDict(reading.value)) throw new Error("no dict");
        expect(reading).toMatchObject({ encoding: "database_cache", serializer: "pickle" });
        expect(reading.value.get("name")).toBe("ann");
        const data = writeStored(new Map(reading.value).set("edited", true), {
          encoding: reading.encoding,
          protocol: reading.protocol,
          serializer: "pickle",
          now: 0n,
        });
        const expected = entry?.token ?? "";
        const write = { key: ann, data, expires: null, expected };
        expect((await store.write(write)).outcome).toBe("done");
        expect(await store.write(write)).toEqual({ outcome: "conflict" });
        const other = await store.get(bob, 9999);
        expect((await store.delete(bob, other?.token ?? "")).outcome).toBe("done");
        const third = await store.get(eve, 9999);
        const soon = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}.500000Z`;
        const past = `${new Date(Date.now() - 3_600_000).toISOString().slice(0, 19)}.000000Z`;
        const set = await store.setExpiry?.(eve, soon, third?.token ?? "");
        const load = () =>
          django.run(
            `from django.core.cache import cache
result = [dict(SessionStore(k).items()) for k in given] + [cache.get("other")]`,
            [ann, bob, eve],
          );
        expect(load()).toEqual([{ name: "ann", edited: true }, {}, { name: "eve" }, 1]);
        const token = set?.outcome === "done" ? set.token : "";
        expect((await store.setExpiry?.(eve, past, token))?.outcome).toBe("done");
        const purged = await store.purgeBatch?.({ cutoff: await store.now(), limit: 9 });
        expect(purged).toMatchObject({ deleted: 1 });
        expect(load()).toEqual([{ name: "ann", edited: true }, {}, {}, 1]);
        // What another part of the site left behind expired, stays.
        expect(
          django.run(`from django.db import connection
cursor = connection.cursor()
cursor.execute("SELECT COUNT(*) FROM my_cache WHERE cache_key LIKE '%%gone'")
result = cursor.fetchone()[0]`),
        ).toBe(1);
      });
    });

  it(`is the cache of a cached_db pair in ${name}`, async () => {
    const database = await side.database();
    const settings = side.settings(database);
    const secretKey = "the key of the site";
    const django = project({
      ...{ server: settings, secretKey, caches },
      sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cached_db" },
    });
    const key = django.run<string>(`${MAKE}
s = SessionStore(); s["n"] = 1; s.save(); result = s.session_key`);
    const { HOST, PORT, USER, PASSWORD } = settings;
    const place = { host: HOST, port: PORT, user: USER, database };
    const password = String(PASSWORD);
    const host = startHost();
    try {
      const { client } = host;
      const saved = await client.connections.save({
        connection: {
          ...{ id: "", name: "Shop", driver: side.driver.replace("-cache", ""), options: place },
          cachedBy: {
            driver: side.driver,
            options: { ...place, ...cacheOptions, layout: "cached_db" },
          },
          settings: { USE_TZ: true },
        },
      });
      const opened = await client.connections.open({
        connection: saved.id,
        secrets: { secretKey, options: { password, "cachedBy.password": password } },
      });
      const { id: connection } = opened.connection;
      await client.connections.unlock({ connection });
      const found = await collect(
        client.sessions.scan({ connection, filter: "", order: "expires", limit: 10 }),
      );
      const rows = found.flatMap((event) => (event.type === "rows" ? event.rows : []));
      expect(rows.map(({ key, pair }) => [key, pair])).toEqual([[key, "same"]]);
      const { token } = await client.sessions.get({ connection, key });
      await client.sessions.save({ connection, key, token, text: '{"n": 2}', expiry: "keep" });
      const read = `
from django.contrib.sessions.backends.db import SessionStore as Rows
from django.core.cache import cache
result = [SessionStore(given).load(), Rows(given).load(), cache.get("other")]`;
      expect(django.run(read, key)).toEqual([{ n: 2 }, { n: 2 }, 1]);
    } finally {
      await host.close();
    }
  }, 180_000);
}
