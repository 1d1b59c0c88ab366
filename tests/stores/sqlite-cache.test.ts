/** A DatabaseCache table in SQLite: the suite, and beside real Django's cache engine. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { isDict } from "../../src/main/python/value.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { detectPath } from "../../src/main/stores/list.ts";
import { sqliteCache } from "../../src/main/stores/sqlite-cache.ts";
import { project } from "../django/project.ts";
import { conforms, type Place } from "./conformance.ts";
import { expiry, stored, tempFolder } from "./places.ts";

const open = (
  path: string,
  writable: boolean,
  more: { timeZone?: string; useTz?: boolean } = {},
  options: Record<string, unknown> = {},
): Promise<Store> =>
  sqliteCache.open({
    options: sqliteCache.options.parse({ path, ...options }),
    writable,
    useTz: true,
    timeZone: "UTC",
    expiry,
    ...more,
  });

const START = ":1:django.contrib.sessions.cache";

function place(): Place {
  const folder = tempFolder();
  const path = join(folder, "db.sqlite3");
  const db = new Database(path);
  db.pragma("journal_mode = wal");
  db.pragma("synchronous = OFF");
  db.exec(`CREATE TABLE "django_cache" ("cache_key" varchar(255) NOT NULL PRIMARY KEY, "value" text NOT NULL, "expires" datetime NOT NULL);
    CREATE INDEX "django_cache_expires" ON "django_cache" ("expires");`);
  const insert = db.prepare("INSERT INTO django_cache VALUES (?, ?, ?)");
  const renew = db.prepare("UPDATE django_cache SET expires = ? WHERE cache_key = ?");
  const remove = db.prepare("DELETE FROM django_cache WHERE cache_key = ?");
  // What else a site caches: none of it is to be shown, counted or purged.
  for (let index = 0; index < 25; index++)
    insert.run(`:1:template.${index}`, "other", stored("2026-01-01T00:00:03.000000Z"));
  return {
    open: (writable) => open(path, writable),
    target: { driver: "sqlite-cache", options: { path } },
    put: db.transaction((sessions) => {
      for (const { key, expires, data = "data" } of sessions)
        insert.run(START + key, data, stored(expires));
    }),
    renew: (key, expires) => {
      renew.run(stored(expires), START + key);
    },
    remove: (key) => {
      remove.run(START + key);
    },
    vanish: () => rmSync(path),
    cleanUp: () => {
      const others = db.prepare("SELECT count(*) FROM django_cache WHERE value = 'other'");
      expect(others.pluck().get()).toBe(25);
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

conforms("A cache table in SQLite", {
  place,
  oddKeys: [
    "",
    "a",
    "A B",
    "__proto__",
    "ключ",
    "🍪".repeat(50),
    "' OR 1=1 --",
    "%_",
    "session_key",
  ],
  wholeSeconds: true,
});

describe("a cache table beside Django", () => {
  let folder = "";
  const opened: Store[] = [];
  beforeEach(() => {
    folder = tempFolder();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  for (const useTz of [true, false])
    it(`is listed, edited and read back, USE_TZ=${useTz}`, async () => {
      const path = join(folder, "db.sqlite3");
      const timeZone = "America/New_York";
      const django = project({
        database: path,
        useTz,
        timeZone,
        sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
        caches: {
          default: {
            BACKEND: "django.core.cache.backends.db.DatabaseCache",
            LOCATION: "my_cache",
            KEY_PREFIX: "shop",
          },
        },
      });
      const made = django.run<{ keys: string[]; end: number }>(`
import time
from django.core.management import call_command
call_command("createcachetable", verbosity=0)
from django.core.cache import cache
cache.set("other", 1, None)
keys = []
for name in ("ann", "bob"):
    session = SessionStore()
    session["name"] = name
    session.save()
    keys.append(session.session_key)
result = {"keys": keys, "end": time.time() + 1209600}
`);
      // django_session is there too, and found first; this table is found for itself.
      expect((await detectPath(path)).driver.name).toBe("sqlite");
      expect(await sqliteCache.detect?.(path)).toMatchObject({ path, table: "my_cache" });
      const options = { table: "my_cache", prefix: "shop" };
      const store = await open(path, true, { useTz, timeZone }, options);
      opened.push(store);
      const page = await store.page({ order: "expires", limit: 9, maxData: 9999 });
      expect(page.map(({ key }) => key).sort()).toEqual([...made.keys].sort());
      const [ann = "", bob = ""] = made.keys;
      const entry = await store.get(ann, 9999);
      const ends = Date.parse(entry?.expires ?? "") / 1000;
      expect(Math.abs(ends - made.end)).toBeLessThan(30);
      const reading = readStored(entry?.data ?? "", {});
      if (!isDict(reading.value)) throw new Error("no dict");
      expect(reading).toMatchObject({ encoding: "database_cache", serializer: "pickle" });
      const data = writeStored(new Map(reading.value).set("edited", true), {
        encoding: reading.encoding,
        protocol: reading.protocol,
        serializer: "pickle",
        now: 0n,
      });
      const expected = entry?.token ?? "";
      expect((await store.write({ key: ann, data, expires: null, expected })).outcome).toBe("done");
      const other = await store.get(bob, 9999);
      expect((await store.delete(bob, other?.token ?? "")).outcome).toBe("done");
      expect(
        django.run(
          `from django.core.cache import cache\nresult = [dict(SessionStore(k).items()) for k in given] + [cache.get("other")]`,
          made.keys,
        ),
      ).toEqual([{ name: "ann", edited: true }, {}, 1]);
    });

  it("shows what never expires without an expiry, and spares it", async () => {
    const its = place();
    const store = await its.open(true);
    opened.push(store);
    await its.put([{ key: "forever", expires: "9999-12-31T23:59:59.000000Z" }]);
    expect(await store.get("forever", 99)).toMatchObject({ expires: null });
    expect(await store.count({ from: "2000-01-01T00:00:00.000000Z" })).toBe(0);
    expect(await store.count({})).toBe(1);
    const cutoff = "9999-12-31T23:59:59.999999Z";
    expect(await store.purgeBatch?.({ cutoff, limit: 9 })).toMatchObject({ deleted: 0 });
    await its.cleanUp();
  });
});
