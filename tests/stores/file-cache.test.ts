/** A FileBasedCache's folder: the suite, and beside real Django's cache engine. */
import { hash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { isDict } from "../../src/main/python/value.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { fileCache } from "../../src/main/stores/file-cache.ts";
import { detectPath } from "../../src/main/stores/list.ts";
import { project } from "../django/project.ts";
import { conforms, type Place } from "./conformance.ts";
import { expiry, tempFolder } from "./places.ts";

const open = (path: string, writable: boolean, options: Record<string, unknown> = {}) =>
  fileCache.open({
    options: fileCache.options.parse({ path, ...options }),
    writable,
    useTz: true,
    timeZone: "UTC",
    expiry,
  });

const nameOf = (key: string): string => hash("md5", `:1:django.contrib.sessions.cache${key}`);

/** What Python pickles for a float, at protocol 5. */
function header(expires: string): Buffer {
  const bytes = Buffer.from("8005950a000000000000004700000000000000002e", "hex");
  bytes.writeDoubleBE(Number(Temporal.Instant.from(expires).epochNanoseconds / 1000n) / 1e6, 12);
  return bytes;
}
const LENGTH = 21;

const oddKeys = ["", "a", "A B", "__proto__", "nul\0inside", "ключ", "🍪".repeat(50), "../x", "%_"];

/** The suite knows its keys and no headers; files are named by hashes and have one. */
function seenByKey(store: Store, keys: ReadonlyMap<string, string>): Store {
  const own = <One extends Entry>(entry: One): One => ({
    ...entry,
    key: keys.get(entry.key) ?? entry.key,
    size: entry.size - LENGTH,
    data: entry.data && Buffer.from(entry.data).subarray(LENGTH).toString(),
  });
  return {
    ...store,
    page: async ({ maxData, ...asked }) =>
      (await store.page({ ...asked, maxData: maxData + LENGTH })).map(own),
    async *scan({ maxData, minSize, maxSize, ...asked }) {
      for await (const step of store.scan({
        ...asked,
        maxData: maxData + LENGTH,
        ...(minSize !== undefined && { minSize: minSize + LENGTH }),
        ...(maxSize !== undefined && { maxSize: maxSize + LENGTH }),
      }))
        yield step.map(own);
    },
    async get(key, maxData) {
      const entry = await store.get(key, maxData + LENGTH);
      return entry && own(entry);
    },
    write: ({ data, ...asked }) =>
      store.write({
        ...asked,
        data: Buffer.concat([header("1970-01-01T00:00:00Z"), Buffer.from(data)]),
      }),
    purgeBatch: async ({ keep, ...asked }) =>
      (await store.purgeBatch?.({
        ...asked,
        ...(keep && { keep: (entries: Entry[]) => keep(entries.map(own)) }),
      })) ?? { deleted: 0, bytes: 0, skipped: 0, lockMs: 0, finished: true },
  };
}

function place(): Place {
  const root = tempFolder();
  const folder = join(root, "cache");
  mkdirSync(folder);
  const datas = new Map<string, string>();
  const keys = new Map(oddKeys.map((key) => [nameOf(key), key]));
  const fileOf = (key: string) => join(folder, `${nameOf(key)}.djcache`);
  const put = (key: string, expires: string) =>
    writeFileSync(fileOf(key), Buffer.concat([header(expires), Buffer.from(datas.get(key) ?? "")]));
  return {
    open: async (writable) => seenByKey(await open(folder, writable), keys),
    target: { driver: "file-cache", options: { path: folder } },
    put: (sessions) => {
      for (const { key, expires, data = "data" } of sessions) {
        datas.set(key, data);
        keys.set(nameOf(key), key);
        put(key, expires);
      }
    },
    renew: (key, expires) => {
      if (datas.has(key)) put(key, expires);
    },
    remove: (key) => {
      datas.delete(key);
      try {
        unlinkSync(fileOf(key));
      } catch {
        // Gone already.
      }
    },
    vanish: () => rmSync(folder, { recursive: true }),
    cleanUp: () => rmSync(root, { recursive: true }),
  };
}

conforms("A file cache", { place, oddKeys });

describe("a file cache beside Django", () => {
  let folder = "";
  beforeEach(() => {
    folder = tempFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is listed by file name, found by key, edited and read back", async () => {
    const path = join(folder, "cache");
    const django = project({
      sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
      caches: {
        default: {
          BACKEND: "django.core.cache.backends.filebased.FileBasedCache",
          LOCATION: path,
          KEY_PREFIX: "shop",
          VERSION: 2,
        },
      },
    });
    const made = django.run<{ keys: string[]; end: number }>(`
import time
from django.core.cache import cache
cache.set("forever", [1], None)
keys = []
for name in ("ann", "bob"):
    session = SessionStore()
    session["name"] = name
    session.save()
    keys.append(session.session_key)
result = {"keys": keys, "end": time.time() + 1209600}
`);
    const [ann = "", bob = ""] = made.keys;
    expect((await detectPath(path)).driver.name).toBe("file-cache");
    const store = await open(path, true, { prefix: "shop", version: 2 });
    const page = await store.page({ order: "expires", limit: 9, maxData: 9999 });
    expect(page.map(({ key }) => `${key}.djcache`).sort()).toEqual(readdirSync(path).sort());
    expect(page.map(({ expires }) => expires === null)).toEqual([false, false, true]);
    const entry = await store.get(ann, 9999);
    const listed = page.find(({ token }) => token === entry?.token);
    expect(listed?.key).toBe(hash("md5", `shop:2:django.contrib.sessions.cache${ann}`));
    expect(Math.abs(Date.parse(entry?.expires ?? "") / 1000 - made.end)).toBeLessThan(30);
    const reading = readStored(entry?.data ?? "", {});
    if (!isDict(reading.value)) throw new Error("no dict");
    expect(reading).toMatchObject({ encoding: "file_cache", serializer: "pickle" });
    const data = writeStored(new Map(reading.value).set("edited", true), {
      encoding: reading.encoding,
      serializer: "pickle",
      protocol: reading.protocol,
      cache: reading.cache,
      now: 0n,
    });
    const expires = "2030-01-01T00:00:00.250000Z";
    // Under the name it is listed by.
    const key = listed?.key ?? "";
    const expected = listed?.token ?? "";
    const written = await store.write({ key, data, expires, expected });
    expect(written).toEqual({ outcome: "done", token: (await store.get(ann, 9999))?.token });
    expect(await store.get(ann, 9999)).toMatchObject({ expires });
    const later = "2031-01-01T00:00:00.000000Z";
    const token = written.outcome === "done" ? written.token : "";
    expect((await store.setExpiry?.(ann, later, token))?.outcome).toBe("done");
    expect(await store.get(key, 9999)).toMatchObject({ expires: later });
    const other = await store.get(bob, 9999);
    expect((await store.delete(bob, other?.token ?? "")).outcome).toBe("done");
    expect(
      django.run(`result = [dict(SessionStore(key).items()) for key in given]`, made.keys),
    ).toEqual([{ name: "ann", edited: true }, {}]);
    await store.close();
  });

  it("takes an empty file for expired, and what has no header for never removed", async () => {
    writeFileSync(join(folder, `${"0".repeat(32)}.djcache`), "");
    writeFileSync(join(folder, `${"1".repeat(32)}.djcache`), "neither");
    const store = await open(folder, true);
    const page = await store.page({ order: "expires", limit: 9, maxData: 99 });
    expect(page.map(({ expires }) => expires)).toEqual(["1970-01-01T00:00:00.000000Z", null]);
    const cutoff = await store.now();
    expect(await store.purgeBatch?.({ cutoff, limit: 9 })).toMatchObject({ deleted: 1 });
    expect(readdirSync(folder)).toEqual([`${"1".repeat(32)}.djcache`]);
    await store.close();
  });
});
