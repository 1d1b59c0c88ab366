/** Folders of session files: odd files, Django's own rule of expiry, and Django beside it. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, PurgeCount, Store } from "../../src/main/stores/driver.ts";
import { file } from "../../src/main/stores/file.ts";
import { expiryRule, isoOf } from "../../src/main/stores/file-expiry.ts";
import { writeProblem } from "../../src/main/stores/file-problems.ts";
import { detectPath } from "../../src/main/stores/list.ts";
import { project } from "../django/project.ts";
import { at, codeOf, keyOf } from "./conformance.ts";
import { COOKIE_AGE, expiry, openFolder, tempFolder } from "./places.ts";

let folder: string;
const stores: Store[] = [];

beforeEach(() => {
  folder = tempFolder();
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Parameters<typeof openFolder>[1] = {}): Promise<Store> {
  const store = await openFolder(folder, options);
  stores.push(store);
  return store;
}

const fileOf = (key: string) => join(folder, `sessionid${key}`);
const put = (key: string, data: string | Uint8Array = "data") => writeFileSync(fileOf(key), data);

async function all(store: Store): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const step of store.scan({ order: "expires", batch: 10, maxData: 1000 }))
    entries.push(...step);
  return entries;
}

async function purge(store: Store, includeNeverRemoved = false): Promise<Entry[]> {
  const kept: Entry[] = [];
  const cutoff = await store.now();
  for (;;) {
    const batch = await store.purgeBatch?.({
      cutoff,
      limit: 5,
      includeNeverRemoved,
      keep: (entries) => kept.push(...entries),
    });
    if (!batch || batch.finished) return kept;
  }
}

const django = (path = folder) =>
  project({
    sessions: {
      SESSION_ENGINE: "django.contrib.sessions.backends.file",
      SESSION_FILE_PATH: path,
      SESSION_SERIALIZER: "django.contrib.sessions.serializers.JSONSerializer",
    },
  });

describe("Django's file backend", () => {
  /** Every kind of expiry, each young and old. */
  const WRITE = `
import os, time
result = []
for name, expiry in [("none", None), ("zero", 0), ("int", 900), ("negative", -5), ("big", 10**9)]:
    for age in [0, 1209600 - 60, 1209600 + 60, 10 * 365 * 86400]:
        session = SessionStore()
        session["name"] = name
        if expiry is not None: session.set_expiry(expiry)
        session.save()
        path = session._key_to_file()
        then = time.time() - age
        os.utime(path, (then, then))
        result.append(session.session_key)
open(os.path.join(session.storage_path, "sessionid" + "e" * 32), "w").close()
bad = os.path.join(session.storage_path, "sessionid" + "b" * 32)
open(bad, "w").write("not a session")
os.utime(bad, (1, 1))
`;

  it("is purged of what clear_expired() removes, and of nothing else", async () => {
    django().run(WRITE);
    const copy = `${folder}-copy`;
    try {
      cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
      django(copy).run("SessionStore.clear_expired()");
      const store = await open({ writable: true });
      const counts: PurgeCount[] = [];
      for await (const count of store.purgeCount?.(await store.now()) ?? []) counts.push(count);
      const kept = await purge(store);
      expect(readdirSync(folder).sort()).toEqual(readdirSync(copy).sort());
      expect(kept).toHaveLength(22 - readdirSync(copy).length);
      expect(kept.length).toBeGreaterThan(8);
      expect(counts.at(-1)).toMatchObject({
        count: kept.length,
        bytes: kept.reduce((sum, { size }) => sum + size, 0),
        exact: true,
        neverRemoved: { count: 9 },
      });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it("never removes some, which are purged only on request", async () => {
    django().run(WRITE);
    const store = await open({ writable: true });
    const endless = (await all(store)).filter(({ expires }) => expires === null);
    expect(endless).toHaveLength(9);
    const kept = await purge(store, true);
    const keys = new Set(kept.map(({ key }) => key));
    expect(endless.every(({ key }) => keys.has(key))).toBe(true);
    const left = await all(store);
    expect(left.length).toBeGreaterThan(0);
    expect(left.every(({ expires }) => (expires ?? "") > at(0))).toBe(true);
  });

  it("loads what the driver wrote, put back and extended", async () => {
    const data = django().run<string>("result = SessionStore().encode({'cart': [1, 2.5]})");
    const store = await open({ writable: true });
    const key = "w".repeat(32);
    const load = () => django().run<object>("result = SessionStore(given).load()", key);
    const now = await store.now();
    const written = await store.write({ key, data, expires: null, expected: null, writtenAt: now });
    expect(written.outcome).toBe("done");
    expect(load()).toEqual({ cart: [1, 2.5] });
    expect(statSync(fileOf(key)).mode & 0o777).toBe(0o600);
    const entry = await store.get(key, 1000);
    expect(entry).toMatchObject({ writtenAt: now, data });
    const set = await store.setExpiry?.(key, "2020-01-01T00:00:00.000000Z", entry?.token ?? "");
    expect(set?.outcome).toBe("done");
    expect(load()).toEqual({});
    expect(existsSync(fileOf(key))).toBe(false);
  });

  it("keeps the mode and owner of a file that is written over, and leaves no temp file", async () => {
    put(keyOf(1));
    chmodSync(fileOf(keyOf(1)), 0o640);
    const store = await open({ writable: true });
    const token = (await store.get(keyOf(1), 100))?.token ?? "";
    await store.write({ key: keyOf(1), data: "new", expires: null, expected: token });
    await store.write({ key: keyOf(1), data: "lost", expires: null, expected: token });
    await store.write({ key: keyOf(1), data: "taken", expires: null, expected: null });
    expect(readFileSync(fileOf(keyOf(1)), "utf8")).toBe("new");
    expect(statSync(fileOf(keyOf(1))).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("decides over the expiry inside the session, so that the file's time cannot", async () => {
    const key = django().run<string>(
      "s = SessionStore(); s.set_expiry(900); s.save(); result = s.session_key",
    );
    const store = await open({ writable: true });
    const entry = await store.get(key, 1000);
    expect(entry?.expires).toBeNull();
    expect(await codeOf(() => store.setExpiry?.(key, at(1), entry?.token ?? ""))).toBe(
      "unsupported",
    );
  });
});

describe("what lies in a folder", () => {
  it("is a session or is left alone", async () => {
    put(keyOf(1));
    symlinkSync(fileOf(keyOf(1)), fileOf(keyOf(2)));
    put(keyOf(3), "");
    put(keyOf(4), new Uint8Array([0xff, 0xfe, 0x00]));
    put(keyOf(5), "ключ\u0000");
    put(`${keyOf(1)}_out_ab12cd`);
    put("short");
    put("UPPER".padEnd(32, "A"));
    put("");
    writeFileSync(join(folder, `other${keyOf(6)}`), "data");
    mkdirSync(fileOf(keyOf(7)));
    execFileSync("mkfifo", [fileOf(keyOf(8))]);
    symlinkSync(join(folder, "nowhere"), fileOf(keyOf(9)));
    symlinkSync(fileOf(keyOf(10)), fileOf(keyOf(10)));
    const before = readdirSync(folder).sort();
    const store = await open({ writable: true });
    const entries = (await all(store)).sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(entries.map(({ key, data }) => [key, data])).toEqual([
      [keyOf(1), "data"],
      [keyOf(2), "data"],
      [keyOf(3), ""],
      [keyOf(4), new Uint8Array([0xff, 0xfe, 0x00])],
      [keyOf(5), "ключ\u0000"],
    ]);
    expect(await store.page({ order: "expires", limit: 99, maxData: 99 })).toHaveLength(5);
    expect(await store.get(keyOf(8), 99)).toBeNull();
    expect(await store.facts()).toContainEqual(expect.objectContaining({ title: "Leftovers" }));
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it("is reached by keys alone, not by paths", async () => {
    put(keyOf(1));
    const store = await open({ writable: true });
    for (const key of [
      "../../etc/passwd",
      "",
      "short",
      "UPPERCASE",
      "with space",
      "nul\0nul\0",
      "a/b/c/d/e/f",
      "ключключ",
    ])
      for (const act of [
        () => store.get(key, 10),
        () => store.delete(key, "x"),
        () => store.write({ key, data: "x", expires: null, expected: null }),
      ])
        expect(await codeOf(act)).toBe("bad_key");
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("may be a value of 50 MB", async () => {
    put(keyOf(1), "x".repeat(50_000_000));
    const store = await open({ writable: true });
    const [listed] = await store.page({ order: "expires", limit: 1, maxData: 1_000_000 });
    expect(listed).toMatchObject({ data: null, size: 50_000_000 });
    expect((await store.get(keyOf(1), 1_000_000))?.data).toBeNull();
    const whole = await store.get(keyOf(1), 60_000_000);
    expect(whole?.data).toHaveLength(50_000_000);
    expect((await store.delete(keyOf(1), whole?.token ?? "")).outcome).toBe("done");
  });

  it("is recognised by name, for another cookie by content", async () => {
    await expect(detectPath(folder)).rejects.toMatchObject({
      problem: { code: "no_sessions_folder" },
    });
    writeFileSync(join(folder, `cache${"0".repeat(32)}`), "something else");
    await expect(detectPath(folder)).rejects.toMatchObject({
      problem: { code: "no_sessions_folder" },
    });
    const data = django().run<string>("result = SessionStore().encode({'a': 1})");
    writeFileSync(join(folder, `shop_sid${"k".repeat(32)}`), data);
    expect(await detectPath(folder)).toMatchObject({
      driver: { name: "file" },
      options: { path: folder, cookieName: "shop_sid" },
    });
    const store = await open({ cookieName: "shop_sid" });
    expect((await all(store)).map(({ key }) => key)).toEqual(["k".repeat(32)]);
    put("k".repeat(32), data);
    expect((await detectPath(folder)).options).toEqual({ path: folder });
  });

  it("cannot be opened where there is no folder", async () => {
    writeFileSync(join(folder, "file"), "");
    for (const path of [join(folder, "file"), join(folder, "nowhere"), join(folder, "file", "x")])
      expect(await codeOf(() => openFolder(path))).toBe("cannot_open");
    expect(() => file.fromUrl(new URL("file:///%00"))).toThrow(ProblemError);
  });

  it("survives a full disk", () => {
    let error: unknown;
    try {
      writeFileSync("/dev/full", "x");
    } catch (full) {
      error = full;
    }
    expect(writeProblem(error, folder)).toMatchObject({ problem: { code: "disk_full" } });
  });

  it("is listed by key where it is too large to be read for its order", async () => {
    const count = 20_100;
    for (let index = 0; index < count; index++) put(keyOf(index));
    const store = await open();
    expect(store.capabilities.orders).toEqual([]);
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.page({
        order: "-expires",
        limit: 5000,
        maxData: 99,
        ...(after ? { after } : {}),
      });
      if (!page.length) break;
      seen.push(...page.map(({ key }) => key));
      after = page.at(-1)?.cursor;
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => keyOf(index)));
    const before = await store.page({ order: "expires", limit: 2, maxData: 9, before: keyOf(7) });
    expect(before.map(({ key }) => key)).toEqual([keyOf(5), keyOf(6)]);
  });
});

describe("the expiry rule", () => {
  const mtime = Date.UTC(2026, 0, 1) * 1000;
  const limit = (stored: unknown, useTz = true) => {
    const rule = expiryRule(
      { ...expiry, storedExpiry: () => stored as string | number | null | undefined },
      useTz,
      "America/New_York",
    );
    const { at } = rule.limit("data", mtime);
    return at === null ? null : isoOf(at);
  };
  const byAge = isoOf(mtime + COOKIE_AGE * 1e6);

  it("is Django's", () => {
    expect(limit(null)).toBe(byAge);
    expect(limit(0)).toBe(byAge);
    expect(limit("")).toBe(byAge);
    expect(limit(undefined)).toBe(byAge);
    expect(limit(900)).toBeNull();
    expect(limit(0.5)).toBeNull();
    expect(limit(-1.5)).toBe("2025-12-31T23:59:58.500000Z");
    expect(limit("2026-05-01T10:00:00+02:00")).toBe("2026-05-01T08:00:00.000000Z");
    expect(limit("2026-05-01T10:00:00.123456+00:00")).toBe("2026-05-01T10:00:00.123456Z");
    expect(limit("2026-05-01T10:00:00", false)).toBe("2026-05-01T14:00:00.000000Z");
    // Django raises: a mix of naive and aware, and no date at all.
    for (const [text, useTz] of [
      ["2026-05-01T10:00:00", true],
      ["2026-05-01T10:00:00+00:00", false],
      ["soon", true],
      ["soon", false],
    ] as const)
      expect(limit(text, useTz)).toBeNull();
  });

  it("is told again when a file changes", async () => {
    put(keyOf(1));
    const store = await open();
    utimesSync(fileOf(keyOf(1)), 1.7e9, 1.7e9);
    const expires = async () => (await store.get(keyOf(1), 99))?.expires;
    expect(await expires()).toBe(isoOf((1.7e9 + COOKIE_AGE) * 1e6));
    utimesSync(fileOf(keyOf(1)), 1.8e9, 1.8e9);
    expect(await expires()).toBe(isoOf((1.8e9 + COOKIE_AGE) * 1e6));
    expect(await store.count({ to: isoOf(1.8e15) ?? "" })).toBe(0);
  });
});
