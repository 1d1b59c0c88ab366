/** PostgreSQL's own cases: problems, TLS, faults, plans. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { postgres } from "../../src/main/stores/postgres.ts";
import { postgresServer } from "../../src/main/stores/postgres-connect.ts";
import { findTable } from "../../src/main/stores/postgres-table.ts";
import { createPool } from "../../src/main/stores/sql-pool.ts";
import { boundsOf, condition, stretches } from "../../src/main/stores/sql-range.ts";
import { pageStatement } from "../../src/main/stores/sql-read.ts";
import {
  connected,
  hasPostgres,
  ownPostgres,
  startPostgres,
  type TestServer,
} from "../servers/postgres.ts";
import { at } from "./conformance.ts";
import { dropDatabase, newDatabase, openPostgres, TABLE } from "./postgres-place.ts";
import { type FaultySide, throughFaults } from "./sql-faults.ts";
import { overLines } from "./sql-line.ts";
import { onServer, problemOf } from "./sql-server.ts";

let server: TestServer;

async function run(database: string, sql: string): Promise<void> {
  const client = await connected(server, database);
  await client.query(sql.replace(/(DROP INDEX \w+) ON django_session/, "$1"));
  await client.end();
}

describe.runIf(hasPostgres)("PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres();
    if (!server.own) return;
    const client = await connected(server);
    await client.query(
      `CREATE ROLE client LOGIN PASSWORD '${server.password.replaceAll("'", "''")}'`,
    );
    await client.query("GRANT pg_read_all_data TO client");
    await client.end();
  }, 120_000);
  afterAll(() => server?.close());

  const side: FaultySide = {
    kill: "SIGQUIT",
    settle: "CHECKPOINT",
    own: ownPostgres,
    driver: "postgres",
    scheme: "postgresql",
    server: () => server,
    database: (sql) => newDatabase(server, sql),
    drop: (database) => dropDatabase(server, database),
    async put(database, sessions) {
      const client = await connected(server, database);
      await client.query(
        "INSERT INTO django_session SELECT k, coalesce(d, 'data'), e FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS t(k, d, e)",
        [
          sessions.map(({ key }) => key),
          sessions.map(({ data }) => data ?? null),
          sessions.map(({ expires }) => expires),
        ],
      );
      await client.end();
    },
    run,
    async lockRow(database, key) {
      const client = await connected(server, database);
      await client.query("BEGIN");
      if (key === "the whole table")
        await client.query("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE");
      else
        await client.query("SELECT 1 FROM django_session WHERE session_key = $1 FOR UPDATE", [key]);
      return () => client.end();
    },
    async running(text) {
      const client = await connected(server);
      const { rows } = await client.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'Sessionscope' AND state = 'active' AND query LIKE '%' || $1 || '%'",
        [text],
      );
      await client.end();
      return rows[0].n;
    },
    open: (options) => openPostgres(server, options),
    async makeReader(database) {
      await run(
        database,
        `DO $$ BEGIN CREATE ROLE only_reads LOGIN PASSWORD 'reads'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         GRANT SELECT ON django_session TO only_reads`,
      );
      return { user: "only_reads", password: "reads" };
    },
  };
  onServer("PostgreSQL", side);
  overLines("PostgreSQL", side);
  throughFaults("PostgreSQL", side);

  describe("a table", () => {
    let database: string;
    const stores: Store[] = [];
    const open = async (options: Parameters<typeof openPostgres>[1] = {}) => {
      const store = await openPostgres(server, { database, ...options });
      stores.push(store);
      return store;
    };
    beforeAll(async () => {
      database = await newDatabase(server);
      return async () => {
        for (const store of stores) await store.close();
        await dropDatabase(server, database);
      };
    });

    it("may lie in a schema of any name", async () => {
      await run(database, `CREATE SCHEMA "a ""b?"; SET search_path = "a ""b?"; ${TABLE}`);
      await run(database, `INSERT INTO "a ""b?".django_session VALUES ('k', 'd', now())`);
      const store = await open({ schema: 'a "b?', writable: true });
      const entry = await store.get("k", 10);
      expect(entry?.data).toBe("d");
      expect((await store.delete("k", entry?.token ?? "")).outcome).toBe("done");
      expect(postgres.identity(postgres.options.parse({ database, schema: "s" }))).toBe(
        `postgresql://localhost:5432/${database}#s.django_session`,
      );
    });

    it("may hold what no datetime is", async () => {
      await run(
        database,
        `CREATE SCHEMA odd; SET search_path = odd; ${TABLE}
         INSERT INTO django_session VALUES ('inf', 'd', 'infinity'), ('minus', 'd', '-infinity'), ('bc', 'd', '0044-03-15 BC'), ('late', 'd', '294276-01-01'), ('real', 'd', '2026-01-01')`,
      );
      const store = await open({ schema: "odd", writable: true });
      const page = await store.page({ order: "expires", limit: 10, maxData: 10 });
      expect(page.map(({ key, expires }) => [key, expires])).toEqual([
        ["minus", null],
        ["bc", null],
        ["real", "2026-01-01T00:00:00.000000Z"],
        ["late", null],
        ["inf", null],
      ]);
      expect(await store.span()).toEqual({
        oldest: "2026-01-01T00:00:00.000000Z",
        newest: "2026-01-01T00:00:00.000000Z",
      });
      expect(await store.count({})).toBe(5);
      const batch = await store.purgeBatch?.({ cutoff: "2027-01-01T00:00:00Z", limit: 10 });
      expect(batch).toMatchObject({ deleted: 1, finished: true });
    });

    it("may be read where it may not be written", async () => {
      await run(
        database,
        "CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON django_session TO reader",
      );
      const store = await open({ user: "reader", password: "reader", writable: true });
      const facts = await store.facts();
      expect(facts.find(({ title }) => title === "Privileges")?.text).toContain(
        "lacks INSERT, UPDATE, DELETE",
      );
      const problem = await problemOf(() =>
        store.write({ key: "x", data: "d", expires: at(1), expected: null }),
      );
      expect(problem.code).toBe("read_only");
      await run(database, "REVOKE SELECT ON django_session FROM reader");
      const denied = await problemOf(() => open({ user: "reader", password: "reader" }));
      expect(denied).toMatchObject({ code: "cannot_open", detail: { step: "table" } });
      await run(database, "DROP ROLE reader");
    });

    it("may be on a full disk", async () => {
      await run(
        database,
        `CREATE SCHEMA full_disk; SET search_path = full_disk; ${TABLE}
         CREATE FUNCTION full_disk.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON full_disk.django_session FOR EACH ROW EXECUTE FUNCTION full_disk.refuse()`,
      );
      const store = await open({ schema: "full_disk", writable: true });
      const write = () => store.write({ key: "x", data: "d", expires: at(1), expected: null });
      expect((await problemOf(write)).code).toBe("disk_full");
      expect(await store.count({})).toBe(0);
    });

    it("is estimated from statistics", async () => {
      await run(
        database,
        "INSERT INTO django_session SELECT 'e' || g, 'd', now() FROM generate_series(1, 3000) g; ANALYZE django_session",
      );
      const estimate = (await (await open()).estimate()) ?? 0;
      expect(estimate).toBeGreaterThan(2500);
      expect(estimate).toBeLessThan(3500);
    });
  });

  it("reads pages and scans from indexes, whatever else is cheap", async () => {
    const database = await newDatabase(server);
    await run(
      database,
      `INSERT INTO django_session SELECT md5(g::text), repeat('d', 100), '2026-01-01Z'::timestamptz + (g % 1000) * interval '1 hour' FROM generate_series(1, 20000) g;
       ANALYZE django_session`,
    );
    const address = postgres.options.parse({
      ...{ host: server.host, port: server.port, user: server.user, password: server.password },
      database,
    });
    const pool = createPool(postgresServer(address, false));
    const { table } = await findTable(pool, { ...address, localZone: "UTC" });
    const plan = async (sql: string, parameters: Parameters<typeof pool.run>[1]) =>
      (await pool.run(`EXPLAIN ${sql}`, parameters)).rows.join("\n");
    const place = { expires: "2026-01-05 03:00:00.000000", key: "7fff" };
    for (const range of [{}, { from: at(0) }, { to: at(9_999_999) }])
      for (const ascending of [true, false])
        for (const one of [null, place])
          for (const way of stretches(table, boundsOf(range, table), ascending, one)) {
            const text = await plan(
              pageStatement(table, way.sql, ascending, 50, 100),
              way.parameters,
            );
            expect(text).toContain("Index Scan");
            expect(text).not.toContain("Seq Scan");
            expect(text).toMatch(/django_session_expire_date|Index Cond.*expire_date/);
          }
    const scan = await plan(
      `SELECT session_key FROM ${table.byKey} WHERE session_key > ? AND ${table.expiryAside} >= '2026-01-30' AND ${table.part(0, 2)} ORDER BY session_key LIMIT 500`,
      ["k"],
    );
    expect(scan).toContain("django_session_pkey");
    const places = Array.from({ length: 5000 }, (_, index) => `(${index % 900},1)`);
    const expired = condition(boundsOf({ to: at(9_999_999) }, table), table, table.expiryAside);
    const purge = await plan(table.placed?.delete(expired.sql, "session_key") ?? "", [
      places,
      ...expired.parameters,
    ]);
    expect(purge.match(/Tid Scan/g)).toHaveLength(2);
    expect(purge).not.toContain("Seq Scan");
    expect(scan).not.toContain("Sort");
    await pool.close();
    await dropDatabase(server, database);
  });

  it.each(["", "in partitions"])(
    "purges by places %s, which other rows may have taken",
    async (parts) => {
      const partitioned = `CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL) PARTITION BY HASH (session_key);
      CREATE TABLE one PARTITION OF django_session FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE two PARTITION OF django_session FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE INDEX ON django_session (expire_date)`;
      const database = await newDatabase(server, parts ? partitioned : TABLE);
      const rows = (start: string, expires: string) =>
        `INSERT INTO django_session SELECT '${start}' || g, CASE WHEN g % 50 = 0 THEN repeat('d', 100000) ELSE 'd' END, '${expires}' FROM generate_series(1, 300) g`;
      await run(database, rows("old", "2026-01-01Z"));
      const store = await openPostgres(server, { database, writable: true });
      const kept: number[] = [];
      const asked = {
        cutoff: "2026-06-01T00:00:00Z",
        limit: 100,
        keep: (entries: { size: number; data: unknown }[]) =>
          kept.push(...entries.map(({ size, data }) => (String(data).length === size ? size : -1))),
      };
      expect(await store.purgeBatch?.(asked)).toMatchObject({ deleted: 100, finished: false });
      // A vacuumed place goes to the next rows: some that live, and some that have expired as well.
      await run(database, "DELETE FROM django_session");
      await run(database, "VACUUM django_session");
      await run(database, rows("new", "2027-01-01Z"));
      await run(database, rows("late", "2026-02-01Z"));
      for (let batch = await store.purgeBatch?.(asked); !batch?.finished; )
        batch = await store.purgeBatch?.(asked);
      expect(await store.count({ to: asked.cutoff })).toBe(0);
      expect(await store.count({})).toBe(300);
      expect(kept).toHaveLength(400);
      expect(kept).not.toContain(-1);
      expect(kept.filter((size) => size === 100_000).length).toBeGreaterThanOrEqual(6);
      await store.close();
      await dropDatabase(server, database);
    },
  );

  it("refuses what answers but is no PostgreSQL server", async () => {
    const error = await openPostgres(server, {
      database: "x",
      host: "127.0.0.1",
      port: server.port,
      tls: "disable",
      user: "a\0b",
    }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ProblemError);
  });
});
