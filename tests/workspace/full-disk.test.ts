/** Full disks, for real: under a SQLite store, under folders of sessions, and under the recycle bin in the middle of a purge. */

import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { fileCache } from "../../src/main/stores/file-cache.ts";
import { canFillDisks, type SmallDisk, smallDisk } from "../servers/small-disk.ts";
import { at, keyOf } from "../stores/conformance.ts";
import { expiry, openFolder, openSqlite, stored, TABLE } from "../stores/places.ts";
import { purgeAll, problemOf as storeProblem } from "../stores/sql-server.ts";
import { ended, problemOf, startHost, type TestHost } from "./host.ts";
import { makeDatabase, rowsOf, secretKey, keyOf as siteKey } from "./store.ts";

describe.skipIf(!canFillDisks)("a full disk (needs root, to mount one)", () => {
  let disk: SmallDisk;
  const opened: Store[] = [];
  const hosts: TestHost[] = [];
  const mounted = (kilobytes: number) => {
    const made = smallDisk(kilobytes);
    if (!made) throw new Error("No disk to fill.");
    disk = made;
    return made.path;
  };
  const held = <S extends Store>(store: S): S => {
    opened.push(store);
    return store;
  };
  beforeEach(() => {
    opened.length = 0;
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    for (const host of hosts.splice(0)) await host.close();
    disk.close();
  });

  test.each(["delete", "wal"])("under a SQLite database, journal %s", async (journal) => {
    const path = join(mounted(4096), "db.sqlite3");
    const db = new Database(path);
    db.pragma(`journal_mode = ${journal}`);
    db.exec(TABLE);
    const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
    db.transaction(() => {
      for (let index = 0; index < 900; index++)
        insert.run(keyOf(index), "d".repeat(1500), stored(at(index)));
    })();
    db.pragma("wal_checkpoint(TRUNCATE)");
    const store = held(await openSqlite(path, { writable: true }));
    const before = await store.get(keyOf(1), 5000);
    const expected = before?.token ?? "";
    disk.fill();
    const big = { data: "x".repeat(400_000), expires: null };
    const full = await storeProblem(() => store.write({ key: keyOf(1), ...big, expected }));
    expect(full).toMatchObject({ code: "disk_full", hint: expect.any(String) });
    const fresh = { key: keyOf(5000), data: big.data, expires: at(1), expected: null };
    expect((await storeProblem(() => store.write(fresh))).code).toBe("disk_full");
    expect(await store.get(keyOf(1), 5000)).toEqual(before);
    expect(await store.get(keyOf(5000), 5000)).toBeNull();

    const kept = new Set<string>();
    const keep = (entries: Entry[]) => {
      for (const { key } of entries) kept.add(key);
    };
    const work = async () => {
      for (;;) {
        const batch = await store.purgeBatch?.({ cutoff: at(600), limit: 100, keep });
        if (batch?.finished) return;
      }
    };
    expect((await storeProblem(work)).code).toBe("disk_full");
    const left = new Set(
      db.prepare<[], string>("SELECT session_key FROM django_session").pluck().all(),
    );
    const gone = Array.from({ length: 900 }, (_, index) => keyOf(index)).filter(
      (key) => !left.has(key),
    );
    expect(gone.filter((key) => !kept.has(key))).toEqual([]);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");

    disk.free();
    expect((await purgeAll(store, at(600), 100)).deleted).toBe(600 - gone.length);
    expect(await store.count({})).toBe(300);
    expect(await store.count({ to: at(600) })).toBe(0);
    db.close();
  });

  test("under a folder of session files: the old file stays, and no temp file", async () => {
    const path = join(mounted(1024), "sessions");
    mkdirSync(path);
    const file = join(path, `sessionid${keyOf(1)}`);
    writeFileSync(file, "old data");
    const store = held(await openFolder(path, { writable: true }));
    const expected = (await store.get(keyOf(1), 99))?.token ?? "";
    disk.fill();
    const data = "x".repeat(50_000);
    for (const request of [
      { key: keyOf(1), data, expires: null, expected },
      { key: keyOf(2), data, expires: null, expected: null },
    ])
      expect(await storeProblem(() => store.write(request))).toMatchObject({
        code: "disk_full",
        hint: expect.any(String),
      });
    expect(readdirSync(path)).toEqual([`sessionid${keyOf(1)}`]);
    expect(readFileSync(file, "utf8")).toBe("old data");
    disk.free();
    const written = await store.write({ key: keyOf(1), data, expires: null, expected });
    expect(written.outcome).toBe("done");
  });

  test("under a folder of a file cache", async () => {
    const path = join(mounted(1024), "cache");
    mkdirSync(path);
    const name = `${"0".repeat(32)}.djcache`;
    writeFileSync(join(path, name), Buffer.from("80054e2e", "hex"));
    const options = fileCache.options.parse({ path });
    const zone = { useTz: true, timeZone: "UTC", expiry };
    const store = held(await fileCache.open({ options, writable: true, ...zone }));
    const expected = (await store.get("0".repeat(32), 99))?.token ?? "";
    disk.fill();
    const data = Buffer.concat([Buffer.from("80054e2e", "hex"), Buffer.alloc(50_000)]);
    const request = { key: "0".repeat(32), data, expires: null, expected };
    expect((await storeProblem(() => store.write(request))).code).toBe("disk_full");
    expect(readdirSync(path)).toEqual([name]);
    expect(readFileSync(join(path, name)).toString("hex")).toBe("80054e2e");
  });

  const COUNT = 3000;
  async function site(kilobytes: number) {
    const home = mounted(kilobytes);
    const host = startHost({}, join(home, "app"));
    hosts.push(host);
    const elsewhere = startHost();
    hosts.push(elsewhere);
    const path = join(elsewhere.folder, "db.sqlite3");
    // Random, so that nothing shrinks it.
    const value = () => `{"n":"${randomBytes(900).toString("base64")}"}`;
    makeDatabase(
      path,
      Array.from({ length: COUNT + 100 }, (_, n) => ({
        ...{ key: siteKey(n), value: value(), days: n < COUNT ? -1 - n : 7 },
      })),
    );
    const store = await host.client.connections.openTarget({
      target: path,
      secrets: { secretKey },
    });
    const connection = store.connection.id;
    await host.client.connections.unlock({ connection });
    return { host, path, connection };
  }

  test("under the recycle bin, in the middle of a purge: what was not kept is there, and the rest goes later", async () => {
    const { host, path, connection } = await site(8192);
    const { client } = host;
    const before = rowsOf(path);
    disk.fill(3_000_000);
    const cutoff = `${new Date().toISOString().slice(0, 23)}000Z`;
    const { job } = await client.purge.start({ connection, cutoff, pauseMs: 0 });
    const failed = await ended(client, job);
    expect(failed).toMatchObject({ status: "failed", problem: { code: "disk_full" } });
    expect(failed.problem?.message).toContain("recycle bin");
    expect(failed.done).toBeGreaterThan(0);
    const left = rowsOf(path);
    expect(left).toHaveLength(before.length - failed.done);
    const listed = await client.bin.jobs({});
    expect(listed[0]?.entries).toBeGreaterThanOrEqual(failed.done);
    disk.free();
    await client.bin.restore({ job: failed.binJob ?? "" });
    expect(rowsOf(path)).toEqual(before);
  }, 60_000);

  test("under the recycle bin, from the start on: nothing is deleted, and a change says why", async () => {
    const { host, path, connection } = await site(2048);
    const { client } = host;
    const before = rowsOf(path);
    disk.fill();
    const cutoff = `${new Date().toISOString().slice(0, 23)}000Z`;
    const { job } = await client.purge.start({ connection, cutoff, pauseMs: 0 });
    expect(await ended(client, job)).toMatchObject({ status: "failed", done: 0 });
    const key = siteKey(COUNT + 1);
    const { token } = await client.sessions.get({ connection, key });
    const draft = { connection, key, token, text: '{"a": 1}', expiry: "keep" as const };
    expect(await problemOf(client.sessions.save(draft))).toMatchObject({ code: "disk_full" });
    expect(await problemOf(client.sessions.delete({ connection, keys: [key] }))).toMatchObject({
      code: "disk_full",
    });
    expect(rowsOf(path)).toEqual(before);
    // The whole app goes on: what needs no room works.
    expect((await client.sessions.page({ connection })).rows.length).toBeGreaterThan(0);
    const { job: second } = await client.purge.start({
      ...{ connection, cutoff, pauseMs: 0, backup: false },
    });
    expect(await ended(client, second)).toMatchObject({ status: "done", done: COUNT });
    expect(rowsOf(path)).toHaveLength(100);
  }, 60_000);

  test("under the app's own folder: saving a connection says so and keeps those there are", async () => {
    const { host } = await site(1024);
    const { client } = host;
    const draft = (name: string) => ({
      connection: {
        ...{ id: "", name, group: "", environment: "development" as const, driver: "sqlite" },
        ...{ options: { path: "/srv/x.sqlite3" }, settings: {}, storeClass: "SessionStore" },
        ...{ secretKeyEnv: null, builtin: false },
      },
    });
    await client.connections.save(draft("first"));
    const saved = readFileSync(join(host.home, "connections.json"), "utf8");
    disk.fill();
    const full = await problemOf(client.connections.save(draft("x".repeat(70))));
    expect(full).toMatchObject({ code: "disk_full", message: expect.any(String) });
    expect(readFileSync(join(host.home, "connections.json"), "utf8")).toBe(saved);
    expect(readdirSync(host.home).filter((name) => name.endsWith(".new"))).toEqual([]);
    disk.free();
    await client.connections.save(draft("second"));
    const names = (await client.connections.list()).map(({ connection }) => connection.name);
    expect(names).toEqual(expect.arrayContaining(["first", "second"]));
  }, 60_000);
});
