/** SQLite's own cases: bad files, odd rows, locks, query plans. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { detectPath, driverForUrl, driverOf } from "../../src/main/stores/list.ts";
import { sqlite } from "../../src/main/stores/sqlite.ts";
import { openTable } from "../../src/main/stores/sqlite-open.ts";
import { sqliteProblem } from "../../src/main/stores/sqlite-problems.ts";
import { boundsOf, stretches } from "../../src/main/stores/sqlite-range.ts";
import { pageStatement } from "../../src/main/stores/sqlite-read.ts";
import { expiryText } from "../../src/main/stores/sqlite-time.ts";
import { at, codeOf } from "./conformance.ts";
import { openSqlite, stored, TABLE, tempFolder } from "./places.ts";

let folder: string;
let path: string;
const stores: Store[] = [];

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, "db.sqlite3");
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

async function open(options: Parameters<typeof openSqlite>[1] = {}): Promise<Store> {
  const store = await openSqlite(path, options);
  stores.push(store);
  return store;
}

function made(sql = TABLE): Database.Database {
  const db = new Database(path);
  db.pragma("synchronous = OFF");
  db.exec(sql);
  return db;
}

async function problemOf(work: () => Promise<unknown>) {
  const error = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof ProblemError) return error.problem;
  throw error ?? new Error("no problem");
}

async function all(store: Store, batch = 100): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const step of store.scan({ order: "expires", batch, maxData: 1000 }))
    entries.push(...step);
  return entries;
}

describe("what is no store", () => {
  it("is told apart by a typed problem", async () => {
    const cases: [make: () => void, code: string][] = [
      [() => {}, "cannot_open"],
      [() => mkdirSync(path), "cannot_open"],
      [() => writeFileSync(path, ""), "not_a_database"],
      [() => writeFileSync(path, "SQLite format 3"), "not_a_database"],
      [() => writeFileSync(path, "name,age\nalice,30\n".repeat(1000)), "not_a_database"],
      [() => made("CREATE TABLE other (a)").close(), "no_table"],
      [() => made("CREATE TABLE django_session (session_key, session_data)").close(), "no_table"],
      [
        () =>
          made(
            "CREATE VIEW django_session AS SELECT 'k' AS session_key, 'd' AS session_data, '' AS expire_date",
          ).close(),
        "no_table",
      ],
    ];
    for (const [make, code] of cases) {
      rmSync(path, { recursive: true, force: true });
      make();
      expect([make.toString(), await codeOf(() => open())]).toEqual([make.toString(), code]);
    }
  });

  it("names the tables that look like session tables", async () => {
    made(TABLE.replaceAll("django_session", "account_sessions")).close();
    const problem = await problemOf(() => open());
    expect(problem).toMatchObject({ code: "no_table", detail: { tables: ["account_sessions"] } });
    expect((await open({ table: "account_sessions" })).writable).toBe(false);
  });

  it("is told apart by detectPath, which names the driver otherwise", async () => {
    expect((await problemOf(() => detectPath(path))).code).toBe("cannot_open");
    expect((await problemOf(() => detectPath(folder))).code).toBe("no_sessions_folder");
    writeFileSync(path, "no database at all");
    expect((await problemOf(() => detectPath(path))).code).toBe("not_a_database");
    rmSync(path);
    made("CREATE TABLE other (a)").close();
    expect((await problemOf(() => detectPath(path))).code).toBe("no_table");
    made(TABLE).close();
    const { driver, options } = await detectPath(path);
    expect([driver.name, options]).toEqual(["sqlite", { path, table: "django_session" }]);
  });

  it("says that a file is damaged", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
    for (let index = 0; index < 2000; index++)
      insert.run(`k${index}`, "d".repeat(600), stored(at(index)));
    db.close();
    truncateSync(path, 200_000);
    const store = await open().catch((error: unknown) => error);
    const problem =
      store instanceof ProblemError
        ? store.problem
        : await problemOf(async () => all(stores[0] ?? (await open())));
    expect(problem.code).toBe("store_failed");
    expect(problem.message).toContain("damaged");
  });

  it("says that an interrupted write has to be rolled back first", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
    insert.run("kept", "d", stored(at(0)));
    db.pragma("synchronous = FULL");
    db.pragma("cache_size = 10");
    db.exec("BEGIN");
    for (let index = 0; index < 500; index++)
      insert.run(`k${index}`, "d".repeat(600), stored(at(index)));
    // What a crash of the writer leaves behind.
    const crashed = join(folder, "crashed.sqlite3");
    copyFileSync(path, crashed);
    copyFileSync(`${path}-journal`, `${crashed}-journal`);
    db.exec("ROLLBACK");
    db.close();
    const problem = await problemOf(() => openSqlite(crashed));
    expect(problem).toMatchObject({
      code: "cannot_open",
      detail: { code: "SQLITE_READONLY_ROLLBACK" },
    });
    const store = await openSqlite(crashed, { writable: true });
    expect(await store.count({})).toBe(1);
    await store.close();
  });

  it("says that the file was replaced by another", async () => {
    made().close();
    const store = await open();
    copyFileSync(path, `${path}.new`);
    renameSync(`${path}.new`, path);
    expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
  });

  it("says that the table was dropped", async () => {
    const db = made();
    const store = await open();
    db.exec("DROP TABLE django_session");
    db.close();
    expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
  });

  it("says that the disk is full", () => {
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t (a)");
    db.pragma("max_page_count = 3");
    let error: unknown;
    try {
      db.prepare("INSERT INTO t VALUES (?)").run("x".repeat(100_000));
    } catch (full) {
      error = full;
    }
    const problem = sqliteProblem(error, path);
    expect(problem).toBeInstanceOf(ProblemError);
    expect(problem).toMatchObject({ problem: { code: "disk_full" } });
  });
});

describe("locks", () => {
  it("reads beside a writer that holds the write lock", async () => {
    const db = made();
    db.exec("INSERT INTO django_session VALUES ('k', 'd', '2026-01-01 00:00:00')");
    const store = await open();
    db.exec("BEGIN IMMEDIATE; DELETE FROM django_session");
    expect(await store.count({})).toBe(1);
    db.exec("COMMIT");
    expect(await store.count({})).toBe(0);
    db.close();
  });

  it("waits for a lock that is let go, and gives up on one that is not", async () => {
    const db = made();
    db.exec("INSERT INTO django_session VALUES ('k', 'd', '2026-01-01 00:00:00')");
    const store = await open({ writable: true });
    db.exec("BEGIN EXCLUSIVE");
    const waiting = store.count({});
    setTimeout(() => db.exec("COMMIT"), 300);
    expect(await waiting).toBe(1);
    db.exec("BEGIN EXCLUSIVE");
    expect(
      await Promise.all([
        codeOf(() => store.count({})),
        codeOf(() => store.write({ key: "n", data: "", expires: at(1), expected: null })),
      ]),
    ).toEqual(["locked", "locked"]);
    db.exec("COMMIT");
    db.close();
  });

  it("keeps the before-images of a purge once though a reader delays its commit", async () => {
    const db = made();
    for (let index = 0; index < 20; index++)
      db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)").run(
        `k${index}`,
        stored(at(index)),
      );
    const store = await open({ writable: true });
    const reader = db.prepare("SELECT * FROM django_session").iterate();
    reader.next();
    let asked = 0;
    const kept: string[] = [];
    const batch = store.purgeBatch?.({
      cutoff: at(100),
      limit: 100,
      keep: (entries) => {
        asked += 1;
        // Fires once the commit was given up for the first time.
        setTimeout(() => reader.return?.(), 0);
        kept.push(...entries.map(({ key }) => key));
      },
    });
    expect(await batch).toMatchObject({ deleted: 20, finished: true });
    expect([asked, kept.length, new Set(kept).size]).toEqual([1, 20, 20]);
    expect(await store.count({})).toBe(0);
    db.close();
  });

  it("opens a WAL database while another program writes to it", async () => {
    const db = made();
    db.pragma("journal_mode = WAL");
    const code = `
const Database = require("better-sqlite3");
const db = new Database(process.argv[1]);
const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', '2026-01-01 00:00:00')");
let n = 0;
setInterval(() => { for (let i = 0; i < 20; i++) insert.run("k" + n++); process.stdout.write("."); }, 1);`;
    const writer = spawn(process.execPath, ["-e", code, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(writer.stdout, "data");
    const store = await open();
    const growth: number[] = [];
    while (growth.length < 5) {
      const seen = new Set((await all(store)).map(({ key }) => key)).size;
      expect(seen).toBeGreaterThanOrEqual(growth.at(-1) ?? 1);
      if (seen > (growth.at(-1) ?? 0)) growth.push(seen);
      await once(writer.stdout, "data");
    }
    writer.kill();
    await once(writer, "exit");
    db.close();
  });

  it("does not change a database it only reads", async () => {
    const db = made();
    db.exec("INSERT INTO django_session VALUES ('k', 'd', '2026-01-01 00:00:00')");
    const version = db.pragma("data_version", { simple: true });
    const store = await open();
    await all(store);
    await store.facts();
    await store.estimate();
    expect(db.pragma("data_version", { simple: true })).toBe(version);
    db.close();
  });
});

describe("odd rows", () => {
  it("are shown, whatever is in them", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
    insert.run("fine", "data", "2026-01-01 00:00:00");
    insert.run("no date", "data", "soon");
    insert.run("no such day", "data", "2026-02-30 00:00:00");
    insert.run("a number", "data", 12.5);
    insert.run("an int", "data", 9007199254740993n);
    insert.run("blob date", "data", Buffer.from([1, 2]));
    insert.run("offset", "data", "2026-01-01 02:00:00+02:00");
    insert.run(Buffer.from([0, 255]), Buffer.from([1, 2, 255]), "2026-01-02 00:00:00");
    insert.run("x'00ff'", "text that looks like it", "2026-01-02 00:00:00.5");
    db.exec(
      "INSERT INTO django_session VALUES (CAST(x'ff6b' AS TEXT), CAST(x'fe64' AS TEXT), '2026-01-03')",
    );
    db.exec(
      "INSERT INTO django_session VALUES (CAST(x'6b00ff' AS TEXT), 'd', '2026-01-04 00:00:00')",
    );
    db.close();
    const store = await open({ writable: true });
    const seen: Entry[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.page({
        order: "expires",
        limit: 2,
        maxData: 100,
        ...(after ? { after } : {}),
      });
      if (!page.length) break;
      seen.push(...page);
      after = page.at(-1)?.cursor;
    }
    expect(Object.fromEntries(seen.map(({ key, expires }) => [key, expires]))).toEqual({
      fine: "2026-01-01T00:00:00.000000Z",
      "no date": null,
      "no such day": null,
      "a number": null,
      "an int": null,
      "blob date": null,
      offset: "2026-01-01T00:00:00.000000Z",
      "x'00ff'": "2026-01-02T00:00:00.000000Z",
      "t'78273030666627'": "2026-01-02T00:00:00.500000Z",
      "t'ff6b'": null,
      "t'6b00ff'": "2026-01-04T00:00:00.000000Z",
    });
    expect(seen).toHaveLength(11);
    expect((await all(store)).map(({ key }) => key).sort()).toEqual(
      seen.map(({ key }) => key).sort(),
    );
    for (const { key, token, data } of seen) {
      const entry = await store.get(key, 1000);
      expect([key, entry?.token, entry?.data]).toEqual([key, token, data]);
    }
    expect((await store.get("t'ff6b'", 100))?.data).toEqual(Buffer.from([0xfe, 0x64]));
    // Put back as it was: an update without an expiry leaves what the column holds.
    const odd = await store.get("no date", 100);
    const written = await store.write({
      key: "no date",
      data: "new",
      expires: null,
      expected: odd?.token ?? "",
    });
    expect(written.outcome).toBe("done");
    expect(
      new Database(path)
        .prepare("SELECT expire_date FROM django_session WHERE session_key = 'no date'")
        .pluck()
        .get(),
    ).toBe("soon");
    for (const { key } of seen) {
      const now = await store.get(key, 1000);
      expect((await store.delete(key, now?.token ?? "")).outcome).toBe("done");
    }
    expect(await store.count({})).toBe(0);
  });

  it("stay in a purge when their expiry is no date, and it ends", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    for (const text of ["", "0", "0000-00-00 00:00:00", "2020-02-30 00:00:00", "soon"])
      insert.run(`k${text}`, text);
    insert.run("old", "2020-01-01 00:00:00");
    db.close();
    const store = await open({ writable: true });
    const counted = [];
    for await (const one of store.purgeCount?.(at(0)) ?? []) counted.push(one);
    expect(counted.at(-1)).toMatchObject({ count: 1, bytes: 1, exact: true });
    const batch = await store.purgeBatch?.({ cutoff: at(0), limit: 10 });
    expect(batch).toMatchObject({ deleted: 1, finished: true });
    expect(await store.count({})).toBe(5);
  });

  it("are spared by a purge of few rows among many, and so are those renewed meanwhile", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    db.transaction(() => {
      for (let index = 0; index < 4000; index++)
        insert.run(`k${index}`, stored(at(index % 40 ? 1000 + index : 0)));
      insert.run("odd", "2020-02-30 00:00:00");
    })();
    const store = await open({ writable: true });
    const kept: string[] = [];
    const keep = (entries: Entry[]) => kept.push(...entries.map(({ key }) => key));
    expect(await store.purgeBatch?.({ cutoff: at(500), limit: 30, keep })).toMatchObject({
      deleted: 30,
      bytes: 30,
      finished: false,
    });
    db.prepare("UPDATE django_session SET expire_date = ? WHERE session_key = 'k3960'").run(
      stored(at(9999)),
    );
    expect(await store.purgeBatch?.({ cutoff: at(500), limit: 100, keep })).toMatchObject({
      deleted: 69,
      skipped: 1,
      finished: true,
    });
    expect(kept.sort()).toEqual(Array.from({ length: 99 }, (_, index) => `k${index * 40}`).sort());
    expect(await store.count({})).toBe(4001 - 99);
    db.close();
  });

  it("refuses half characters in a key", async () => {
    made().close();
    const store = await open();
    expect(await codeOf(() => store.get("\ud800", 10))).toBe("bad_key");
    expect(
      await codeOf(() => store.page({ order: "expires", limit: 1, maxData: 1, after: "{}" })),
    ).toBe("bad_request");
  });

  it("leaves a value of 50 MB out of lists and still swaps on it", async () => {
    const db = made();
    const big = "x".repeat(50_000_000);
    db.prepare("INSERT INTO django_session VALUES ('big', ?, '2026-01-01 00:00:00')").run(big);
    const store = await open({ writable: true });
    const [listed] = await store.page({ order: "expires", limit: 1, maxData: 1_000_000 });
    expect(listed).toMatchObject({ key: "big", data: null, size: 50_000_000 });
    expect((await store.get("big", 1_000_000))?.data).toBeNull();
    const whole = await store.get("big", 100_000_000);
    expect(whole?.data).toHaveLength(50_000_000);
    db.exec("UPDATE django_session SET expire_date = '2026-01-05 00:00:00'");
    expect(await store.delete("big", listed?.token ?? "")).toEqual({ outcome: "conflict" });
    expect(await store.delete("big", whole?.token ?? "")).toEqual({ outcome: "conflict" });
    const [again] = await store.page({ order: "expires", limit: 1, maxData: 1_000_000 });
    expect((await store.delete("big", again?.token ?? "")).outcome).toBe("done");
    db.close();
  });
});

describe("plans", () => {
  it("answers pages from Django's index, without sorting, also among many ties", async () => {
    const db = made();
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO django_session SELECT 'k' || i, 'd', '2026-01-01 00:00:00' FROM n; ANALYZE`);
    db.close();
    const table = await openTable(path, "django_session", false);
    const time = expiryText(true, "UTC");
    for (const range of [undefined, { from: at(0) }, { to: at(9) }, { from: at(0), to: at(9) }])
      for (const place of [null, { expires: "2026-01-01 00:00:03", rowid: 7n }])
        for (const ascending of [true, false])
          for (const way of stretches(boundsOf(range, time), ascending, place)) {
            const plan = table.db
              .prepare<unknown[], { detail: string }>(
                `EXPLAIN QUERY PLAN ${pageStatement(table, way.sql, ascending)}`,
              )
              .all(100, ...way.parameters, 10)
              .map(({ detail }) => detail)
              .join("; ");
            expect(plan).toContain("USING INDEX django_session_expire_date_a5c62663");
            expect(plan).not.toContain("TEMP B-TREE");
          }
    table.db.close();
  });

  it("works without the index, and warns", async () => {
    const db = made(TABLE.replace(/CREATE INDEX.*/, ""));
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', ?)");
    for (let index = 0; index < 500; index++)
      insert.run(`k${index}`, stored(at((index * 7919) % 500)));
    db.close();
    const store = await open({ writable: true });
    expect(await store.facts()).toContainEqual(
      expect.objectContaining({ level: "warning", title: "No index on expire_date" }),
    );
    const page = await store.page({ order: "-expires", limit: 3, maxData: 9 });
    expect(page.map(({ expires }) => expires)).toEqual([at(499), at(498), at(497)]);
    expect(await store.count({ to: at(100) })).toBe(100);
    expect(await all(store)).toHaveLength(500);
    expect(await store.purgeBatch?.({ cutoff: at(100), limit: 1000 })).toMatchObject({
      deleted: 100,
      finished: true,
    });
  });

  it("scans rows once while the file is rebuilt by VACUUM", async () => {
    const db = made();
    const insert = db.prepare("INSERT INTO django_session VALUES (?, 'd', '2026-01-01 00:00:00')");
    for (let index = 0; index < 5000; index++) insert.run(`k${index}`);
    db.exec("DELETE FROM django_session WHERE rowid % 3 = 0");
    const store = await open();
    const seen: string[] = [];
    for await (const step of store.scan({
      order: "expires",
      batch: 100,
      maxData: 9,
      part: { index: 0, of: 1 },
    })) {
      if (seen.length === 500) db.exec("VACUUM");
      seen.push(...step.map(({ key }) => key));
    }
    db.close();
    expect(seen).toHaveLength(3334);
    expect(new Set(seen).size).toBe(3334);
  });
});

describe("users", () => {
  const uuid = "0b8f6a1e-4a8e-4f4e-9d4e-2f1c5d7e9a10";

  it("are found in a table of another name, by UUID and by e-mail", async () => {
    const db = made(`${TABLE}
      CREATE TABLE accounts (id char(32) PRIMARY KEY, password varchar(128), email varchar(254));
      CREATE TABLE people (id integer PRIMARY KEY, password text, nick_name text, "odd ""name" text);`);
    db.prepare("INSERT INTO accounts VALUES (?, 'secret', 'a%b@example.org')").run(
      uuid.replaceAll("-", ""),
    );
    db.exec("INSERT INTO people VALUES (1, 'secret', 'nick', 'odd')");
    db.close();
    const accounts = await open({ usersTable: "accounts" });
    expect(await accounts.userNames?.([uuid, "1"])).toEqual(new Map([[uuid, "a%b@example.org"]]));
    expect(await accounts.findUsers?.("a%", false, 9)).toEqual([
      { id: uuid, name: "a%b@example.org" },
    ]);
    expect(await accounts.findUsers?.("ab", false, 9)).toEqual([]);
    const people = await open({ usersTable: "people" });
    expect(await people.userNames?.(["1"])).toEqual(new Map([["1", "nick"]]));
    const odd = await open({ usersTable: "people", userNameColumn: 'odd "name' });
    expect(await odd.userNames?.(["1", "2"])).toEqual(new Map([["1", "odd"]]));
  });

  it("are absent where there is no such table", async () => {
    made().close();
    for (const options of [{}, { usersTable: "" }, { usersTable: 'no "such' }]) {
      const store = await open(options);
      expect([store.capabilities.users, store.userNames]).toEqual([false, undefined]);
    }
  });
});

describe("addresses", () => {
  it("are read from store URLs", () => {
    expect(driverForUrl("sqlite:///srv/my%20site/db.sqlite3?table=other")?.options).toEqual({
      path: "/srv/my site/db.sqlite3",
      table: "other",
    });
    expect(driverForUrl("/srv/db.sqlite3")).toBeNull();
    expect(driverForUrl("file:///srv/sessions")).toMatchObject({
      driver: { name: "file" },
      options: { path: "/srv/sessions" },
    });
    for (const url of ["sqlite://srv/db", "sqlite:///%00", "nosuch://host/x"])
      expect(() => driverForUrl(url)).toThrow(ProblemError);
    expect(driverOf("sqlite").title).toBe("SQLite file");
    expect(() => driverOf("nosuch")).toThrow(ProblemError);
  });

  it("name one place however it is reached", () => {
    made().close();
    symlinkSync(path, join(folder, "link"));
    const identity = (path: string) => sqlite.identity(sqlite.options.parse({ path }));
    expect(identity(join(folder, "link"))).toBe(identity(join(folder, ".", "db.sqlite3")));
  });
});

describe("expire_date without a time zone", () => {
  const newYork = expiryText(false, "America/New_York");
  it("is local time, with Python's reading of repeated and skipped hours", () => {
    const cases: [stored: string, iso: string][] = [
      ["2023-11-28 17:13:20.250000", "2023-11-28T22:13:20.250000Z"],
      ["2026-07-01 12:00:00", "2026-07-01T16:00:00.000000Z"],
      // Twice on this day: the first.
      ["2026-11-01 01:30:00", "2026-11-01T05:30:00.000000Z"],
      // Never on this day: counted with the offset before the gap.
      ["2026-03-08 02:30:00", "2026-03-08T07:30:00.000000Z"],
    ];
    for (const [text, iso] of cases) expect(newYork.toIso(text)).toBe(iso);
    expect(newYork.toStored("2026-07-01T16:00:00.000000Z")).toBe("2026-07-01 12:00:00");
    expect(newYork.toStored("2026-07-01T16:00:00.000001Z")).toBe("2026-07-01 12:00:00.000001");
    expect(() => newYork.toStored("+010000-01-02T00:00:00Z")).toThrow(ProblemError);
    expect(() => expiryText(false, "Mars/Olympus")).toThrow(ProblemError);
  });
});
