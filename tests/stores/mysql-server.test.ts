/** MySQL's and MariaDB's own cases: problems, TLS, faults, plans, collations. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/main/stores/driver.ts";
import { mysql } from "../../src/main/stores/mysql.ts";
import { mysqlServer } from "../../src/main/stores/mysql-connect.ts";
import { findTable } from "../../src/main/stores/mysql-table.ts";
import { createPool } from "../../src/main/stores/sql-pool.ts";
import { boundsOf, stretches } from "../../src/main/stores/sql-range.ts";
import { pageStatement } from "../../src/main/stores/sql-read.ts";
import { connected, hasMysql, ownMysql, startMariadb } from "../servers/mariadb.ts";
import type { TestServer } from "../servers/postgres.ts";
import { at, keyOf } from "./conformance.ts";
import { dropDatabase, newDatabase, openMysql, TABLE } from "./mysql-place.ts";
import { type FaultySide, throughFaults } from "./sql-faults.ts";
import { overLines } from "./sql-line.ts";
import { onServer, problemOf } from "./sql-server.ts";

let server: TestServer;

async function run(database: string, sql: string): Promise<void> {
  const client = await connected(server, database);
  await client.query(sql);
  await client.end();
}

describe.runIf(hasMysql)("MariaDB", () => {
  beforeAll(async () => {
    server = await startMariadb();
  }, 120_000);
  afterAll(() => server?.close());

  const side: FaultySide = {
    kill: "SIGKILL",
    settle: "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
    own: ownMysql,
    driver: "mysql",
    scheme: "mysql",
    server: () => server,
    database: (sql) => newDatabase(server, sql),
    drop: (database) => dropDatabase(server, database),
    async put(database, sessions) {
      const client = await connected(server, database);
      await client.query("INSERT INTO django_session VALUES ?", [
        sessions.map(({ key, data = "data", expires }) => [
          key,
          data,
          expires.replace("T", " ").replace("Z", ""),
        ]),
      ]);
      await client.end();
    },
    run,
    async lockRow(database, key) {
      const client = await connected(server, database);
      if (key === "the whole table") await client.query("LOCK TABLES django_session WRITE");
      else {
        await client.query("BEGIN");
        await client.query("SELECT 1 FROM django_session WHERE session_key = ? FOR UPDATE", [key]);
      }
      return () => client.end();
    },
    async running(text) {
      const client = await connected(server);
      const [rows] = await client.query(
        "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE command = 'Query' AND id <> CONNECTION_ID() AND info LIKE CONCAT('%', ?, '%')",
        [text],
      );
      await client.end();
      const [row] = rows as { n: number }[];
      return Number(row?.n);
    },
    open: (options) => openMysql(server, options),
    async makeReader(database) {
      await run(
        database,
        `CREATE USER IF NOT EXISTS only_reads IDENTIFIED BY 'reads';
         GRANT SELECT ON ${database}.django_session TO only_reads`,
      );
      return { user: "only_reads", password: "reads" };
    },
  };
  onServer("MariaDB", side);
  overLines("MariaDB", side);
  throughFaults("MariaDB", side);

  describe("a table", () => {
    let database: string;
    const stores: Store[] = [];
    const open = async (options: Parameters<typeof openMysql>[1] = {}) => {
      const store = await openMysql(server, { database, ...options });
      stores.push(store);
      return store;
    };
    beforeAll(async () => {
      database = await newDatabase(
        server,
        TABLE,
        "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
      );
      return async () => {
        for (const store of stores) await store.close();
        await dropDatabase(server, database);
      };
    });

    it("with a collation that ignores case and blanks has each key for itself", async () => {
      await run(database, "INSERT INTO django_session VALUES ('AbC', 'd', '2026-01-01')");
      const store = await open({ writable: true });
      expect((await store.get("AbC", 10))?.data).toBe("d");
      for (const key of ["abc", "ABC", "AbC "]) {
        expect(await store.get(key, 10)).toBeNull();
        expect(await store.delete(key, "=x")).toEqual({ outcome: "missing" });
        expect(await store.write({ key, data: "x", expires: at(1), expected: null })).toEqual({
          outcome: "conflict",
        });
      }
      expect((await store.get("AbC", 10))?.data).toBe("d");
      await run(database, "DELETE FROM django_session");
    });

    it("takes data for what it is, byte by byte", async () => {
      const store = await open({ writable: true });
      const made = await store.write({ key: "k", data: "Data", expires: at(1), expected: null });
      const token = made.outcome === "done" ? made.token : "";
      await run(database, "UPDATE django_session SET session_data = 'data'");
      expect(await store.write({ key: "k", data: "x", expires: null, expected: token })).toEqual({
        outcome: "conflict",
      });
      const same = await store.get("k", 10);
      const again = { key: "k", data: "data", expires: null, expected: same?.token ?? "" };
      // Nothing changes, and a row was matched all the same.
      expect((await store.write(again)).outcome).toBe("done");
      await run(database, "DELETE FROM django_session");
    });

    it("without fractions of seconds, or with another name, is written as it holds them", async () => {
      await run(
        database,
        "CREATE TABLE `odd ``?` (session_key varchar(40) PRIMARY KEY, session_data longtext NOT NULL, expire_date datetime NOT NULL, KEY (expire_date))",
      );
      const store = await open({ table: "odd `?", writable: true });
      const written = await store.write({
        ...{ key: "k", data: "d", expected: null },
        expires: "2026-01-01T00:00:00.999999Z",
      });
      const entry = await store.get("k", 10);
      expect(entry?.expires).toBe("2026-01-01T00:00:00.000000Z");
      expect(written).toEqual({ outcome: "done", token: entry?.token });
    });

    it("holds local times where USE_TZ is off", async () => {
      const zone = { useTz: false, timeZone: "Europe/Berlin" };
      const store = await open({ writable: true, ...zone });
      for (const expires of [
        "2026-03-29T00:59:59.000001Z",
        "2026-03-29T01:00:00.000001Z",
        "2026-10-25T00:30:00.000001Z",
      ]) {
        const made = await store.write({ key: "z", data: "d", expires, expected: null });
        const entry = await store.get("z", 10);
        expect(entry?.expires).toBe(expires);
        expect(made).toEqual({ outcome: "done", token: entry?.token });
        await store.delete("z", entry?.token ?? "");
      }
      const problem = await problemOf(() => open({ useTz: false, timeZone: "Mars/Olympus" }));
      expect(problem.code).toBe("bad_setting");
    });

    it("may be read where it may not be written", async () => {
      await run(
        database,
        `CREATE USER reader IDENTIFIED BY 'reader'; GRANT SELECT ON ${database}.django_session TO reader`,
      );
      const who = { user: "reader", password: "reader" };
      const store = await open({ ...who, writable: true });
      const facts = await store.facts();
      expect(facts.find(({ title }) => title === "Privileges")?.text).toContain(
        "INSERT, UPDATE, DELETE",
      );
      const problem = await problemOf(() =>
        store.write({ key: "x", data: "d", expires: at(1), expected: null }),
      );
      expect(problem.code).toBe("read_only");
      await run(database, "DROP USER reader");
    });

    it("may be full", async () => {
      await run(
        database,
        `SET max_heap_table_size = 16384;
         CREATE TABLE small (session_key varchar(40) PRIMARY KEY, session_data varchar(2000) NOT NULL, expire_date datetime(6) NOT NULL, KEY (expire_date)) ENGINE = MEMORY`,
      );
      const store = await open({ table: "small", writable: true });
      const problem = await problemOf(async () => {
        for (let index = 0; index < 500; index++)
          await store.write({
            key: keyOf(index),
            data: "d".repeat(500),
            expires: at(1),
            expected: null,
          });
      });
      expect(problem.code).toBe("disk_full");
      const facts = await store.facts();
      expect(facts.find(({ title }) => title === "Storage engine")?.level).toBe("warning");
    });

    it("is estimated from statistics", async () => {
      await run(
        database,
        "INSERT INTO django_session SELECT MD5(seq), 'd', NOW() FROM seq_1_to_3000; ANALYZE TABLE django_session",
      );
      const estimate = (await (await open()).estimate()) ?? 0;
      expect(estimate).toBeGreaterThan(2000);
      expect(estimate).toBeLessThan(4000);
      await run(database, "DELETE FROM django_session");
    });
  });

  it("reads pages and scans from indexes, and locks no row it does not delete", async () => {
    const database = await newDatabase(server);
    await run(
      database,
      "INSERT INTO django_session SELECT MD5(seq), REPEAT('d', 100), '2026-01-01' + INTERVAL (seq % 1000) HOUR FROM seq_1_to_20000; ANALYZE TABLE django_session",
    );
    const address = mysql.options.parse({
      ...{ host: server.host, port: server.port, user: server.user, password: server.password },
      database,
    });
    const own = mysqlServer(address, true);
    const pool = createPool(own);
    await pool.run("SELECT 1");
    const { table } = await findTable(pool, own.version(), { ...address, localZone: "UTC" });
    const plan = async (sql: string, parameters: Parameters<typeof pool.run>[1]) =>
      (await pool.run(`EXPLAIN ${sql}`, parameters)).rows.join("\n");
    const place = { expires: "2026-01-05 03:00:00.000000", key: keyOf(1) };
    for (const range of [{}, { from: at(0) }, { to: at(9_999_999) }])
      for (const ascending of [true, false])
        for (const one of [null, place])
          for (const way of stretches(table, boundsOf(range, table), ascending, one)) {
            const text = await plan(
              pageStatement(table, way.sql, ascending, 50, 100),
              way.parameters,
            );
            expect(text).toContain("django_session_expire_date_a5c62663");
            expect(text).not.toContain("filesort");
          }
    const scan = await plan(
      `SELECT session_key FROM ${table.byKey} WHERE session_key > ? AND expire_date >= '2026-01-30' AND ${table.part(0, 2)} ORDER BY session_key LIMIT 500`,
      ["k"],
    );
    expect(scan).toContain("PRIMARY");
    expect(scan).not.toContain("filesort");
    const { rows } = await pool.run(`SELECT session_key FROM ${table.name} LIMIT 4900`);
    await pool.run("TRUNCATE django_session");
    await run(
      database,
      "INSERT INTO django_session SELECT MD5(seq), 'd', NOW() FROM seq_1_to_20000",
    );
    const list = rows.map(([key]) => String(key));
    const read = await pool.transaction(async (run) => {
      const passed = async () =>
        Number((await run("SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'")).rows[0]?.[1]);
      const before = await passed();
      expect((await run(table.deleteList, [list])).count).toBe(4900);
      return (await passed()) - before;
    });
    expect(read).toBeLessThan(500);
    await pool.close();
    await dropDatabase(server, database);
  });
});
