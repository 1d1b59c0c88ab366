/** SQLite files that are no stores, that are locked, that crash, and their addresses. */
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
import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { detectPath, driverForUrl, driverOf } from "../../src/main/stores/list.ts";
import { sqlite } from "../../src/main/stores/sqlite.ts";
import { sqliteProblem } from "../../src/main/stores/sqlite-problems.ts";
import { at, codeOf } from "./conformance.ts";
import { openSqlite, stored, TABLE } from "./places.ts";
import { all, folder, made, open, path, problemOf, stores } from "./sqlite-case.ts";

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
