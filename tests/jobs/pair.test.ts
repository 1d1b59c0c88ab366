/** cached_db as one store: the suite over a table with a cache in front, and real Django's cached_db engine on both. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { pairStore } from "../../src/main/jobs/pair.ts";
import { isDict } from "../../src/main/python/value.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { type Project, project } from "../django/project.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { codeOf, conforms } from "../stores/conformance.ts";
import { openMemcached } from "../stores/memcached-place.ts";
import { openSqlite, sqlitePlace, tempFolder } from "../stores/places.ts";

const suite = hasMemcached || process.env["CI"] === "true" ? describe : describe.skip;
const KEY = "the key of this test";
const keys = { secretKey: KEY, fallbacks: [], salt: "django.contrib.sessions.SessionStore" };

suite("a table with a cache in front", () => {
  conforms("A pair", {
    async place() {
      const server = await startMemcached();
      const rows = sqlitePlace("wal");
      return {
        ...rows,
        target: {
          ...rows.target,
          cachedBy: {
            driver: "memcached",
            options: { hosts: `127.0.0.1:${server.port}`, layout: "cached_db" },
          },
        },
        open: async (writable) =>
          pairStore(
            await rows.open(writable),
            await openMemcached([server], writable, { layout: "cached_db" }),
            keys,
          ),
        async cleanUp() {
          await rows.cleanUp();
          await server.close();
        },
      };
    },
    oddKeys: ["", "a", "A B", "__proto__", "nul\0inside", "ключ", "k".repeat(1000), "%_"],
  });

  describe("beside Django's cached_db", () => {
    let folder: string;
    let server: TestMemcached;
    let django: Project;
    let store: Store;
    beforeEach(async () => {
      folder = tempFolder();
      server = await startMemcached();
      const database = join(folder, "db.sqlite3");
      django = project({
        database,
        secretKey: KEY,
        sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cached_db" },
        caches: {
          default: {
            BACKEND: "django.core.cache.backends.memcached.PyMemcacheCache",
            LOCATION: `127.0.0.1:${server.port}`,
          },
        },
      });
      store = pairStore(
        await openSqlite(database, { writable: true }),
        await openMemcached([server], true, { layout: "cached_db" }),
        keys,
      );
    });
    afterEach(async () => {
      await store.close();
      await server.close();
      rmSync(folder, { recursive: true });
    });

    const made = (): { key: string; names: string[] } =>
      django.run(`
from django.contrib.auth.models import User
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore as Rows
from django.core.cache import cache
from django.test import RequestFactory
user = User.objects.create_user("ann", password="x")
request = RequestFactory().get("/")
request.session = SessionStore()
login(request, user)
request.session["cart"] = [1]
request.session.save()
prefix = "django.contrib.sessions.cached_db"
names = [request.session.session_key]
for kind in ("rowOnly", "cacheOnly", "different"):
    session = SessionStore()
    session["kind"] = kind
    session.save()
    names.append(session.session_key)
cache.delete(prefix + names[1])
Rows(names[2]).delete(names[2])
row = Rows(names[3])
row["kind"] = "of the row"
row.save()
result = {"key": names[0], "names": names}
`);

    const loggedIn = (key: string): boolean =>
      django.run(
        `
from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
request = RequestFactory().get("/")
request.COOKIES["sessionid"] = given
answer = SessionMiddleware(lambda r: HttpResponse(str(get_user(r).is_authenticated)))(request)
result = answer.content == b"True"
`,
        key,
      );

    const edited = (entry: Entry | null): string | Uint8Array => {
      const { value, encoding, serializer, protocol, cache } = readStored(entry?.data ?? "", {});
      if (!isDict(value)) throw new Error("no dict");
      return writeStored(new Map(value).set("edited", true), {
        ...{ encoding, protocol, cache, secretKey: KEY, salt: keys.salt },
        serializer: serializer ?? "json",
        now: BigInt(Date.now()) * 1000n,
      });
    };

    it("shows where the two differ, in pages, scans and counts, and what the site sees", async () => {
      const { names } = made();
      const pairs = ["same", "rowOnly", "cacheOnly", "different"];
      const page = await store.page({ order: "expires", limit: 9, maxData: 9999 });
      const shown = new Map(page.map(({ key, pair }) => [key, pair]));
      expect(names.map((name) => shown.get(name))).toEqual(pairs);
      expect(page.at(-1)?.pair).toBe("cacheOnly");
      const scanned: Entry[] = [];
      for await (const step of store.scan({ order: "expires", batch: 2, maxData: 9999 }))
        scanned.push(...step);
      expect(new Map(scanned.map(({ key, pair }) => [key, pair]))).toEqual(shown);
      expect(await store.count({})).toBe(4);
      const back = await store.page({
        ...{ order: "expires", limit: 2, maxData: 9 },
        before: page[3]?.cursor ?? "",
      });
      expect(back.map(({ key }) => key)).toEqual(page.slice(1, 3).map(({ key }) => key));
      const rest = await store.page({
        ...{ order: "expires", limit: 9, maxData: 9 },
        after: page[2]?.cursor ?? "",
      });
      expect(rest.map(({ key }) => key)).toEqual([page[3]?.key]);
      const different = await store.get(names[3] ?? "", 9999);
      const { value } = readStored(different?.data ?? "", {});
      expect(isDict(value) && value.get("kind")).toBe("different");
    });

    it("logs the user out by a delete, which a row's alone would not", async () => {
      const { key, names } = made();
      expect(loggedIn(key)).toBe(true);
      const entry = await store.get(key, 9999);
      const rows = await openSqlite(join(folder, "db.sqlite3"), { writable: true });
      const row = await rows.get(key, 9999);
      expect((await rows.delete(key, row?.token ?? "")).outcome).toBe("done");
      // Django believes the cache.
      expect(loggedIn(key)).toBe(true);
      const put = { key, data: row?.data ?? "", expires: row?.expires ?? null, expected: null };
      expect((await rows.write(put)).outcome).toBe("done");
      await rows.close();
      expect(await store.delete(key, entry?.token ?? "")).toEqual({ outcome: "done", token: "" });
      expect(loggedIn(key)).toBe(false);
      expect(await store.get(key, 99)).toBeNull();
      for (const name of names.slice(1)) {
        const one = await store.get(name, 9999);
        expect((await store.delete(name, one?.token ?? "")).outcome).toBe("done");
      }
      expect(await store.count({})).toBe(0);
      // Put back from the bin: a row, which Django reads and caches again.
      const restored = { key, data: entry?.data ?? "", expires: entry?.expires ?? null };
      expect((await store.write({ ...restored, expected: null })).outcome).toBe("done");
      expect(loggedIn(key)).toBe(true);
    });

    it("edits both, and what differed is one value again", async () => {
      const { key, names } = made();
      for (const name of [key, names[1] ?? "", names[3] ?? ""]) {
        const entry = await store.get(name, 9999);
        const expected = entry?.token ?? "";
        const stale = { key: name, data: edited(entry), expires: null };
        const written = await store.write({ ...stale, expected });
        const after = await store.get(name, 9999);
        expect(written).toEqual({ outcome: "done", token: after?.token });
        expect(after?.pair).toBe(entry?.pair === "rowOnly" ? "rowOnly" : "same");
        expect(await store.write({ ...stale, expected })).toEqual({ outcome: "conflict" });
      }
      const seen = django.run<unknown[]>(
        `
from django.contrib.sessions.backends.db import SessionStore as Rows
result = [[store(key).get("edited"), store(key).get("kind")] for key in given for store in (SessionStore, Rows)]
`,
        [key, names[1], names[3]],
      );
      expect(seen).toEqual([
        ...[0, 1].map(() => [true, null]),
        ...[0, 1].map(() => [true, "rowOnly"]),
        ...[0, 1].map(() => [true, "different"]),
      ]);
      expect(loggedIn(key)).toBe(true);
      const own = await store.get(names[2] ?? "", 9999);
      const request = { key: names[2] ?? "", data: edited(own), expires: null };
      expect((await store.write({ ...request, expected: own?.token ?? "" })).outcome).toBe("done");
      expect((await store.get(names[2] ?? "", 9999))?.pair).toBe("cacheOnly");
    });

    it("purges the copy before the row, and spares what the cache serves", async () => {
      const { key } = made();
      const past = "2020-01-01T00:00:00.000000Z";
      const rows = await openSqlite(join(folder, "db.sqlite3"), { writable: true });
      const row = await rows.get(key, 9999);
      await rows.setExpiry?.(key, past, row?.token ?? "");
      await rows.close();
      const cutoff = await store.now();
      expect(await store.purgeBatch?.({ cutoff, limit: 9 })).toMatchObject({
        ...{ deleted: 0, skipped: 1, finished: true },
      });
      expect(loggedIn(key)).toBe(true);
      const later = "2028-01-01T00:00:00.000000Z";
      const kept: Entry[] = [];
      const all = { cutoff: later, limit: 9, keep: (some: Entry[]) => kept.push(...some) };
      expect(await store.purgeBatch?.(all)).toMatchObject({ deleted: 3, skipped: 0 });
      expect(kept).toHaveLength(3);
      expect(loggedIn(key)).toBe(false);
      expect(await codeOf(() => store.get(key, 9))).toBe("no problem");
    });
  });
});
