/** Numbers from the servers' own statistics: near the truth, at once, and never in place of a count that was asked for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countSessions } from "../../src/main/jobs/count.ts";
import { histogram } from "../../src/main/jobs/histogram.ts";
import { createTaskRunner } from "../../src/main/jobs/run-task.ts";
import { openContext } from "../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import type { PurgePreview } from "../../src/shared/job.ts";
import { hasMysql, connected as mariadbClient, startMariadb } from "../servers/mariadb.ts";
import { connected, hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { newDatabase as newMysql } from "../stores/mysql-place.ts";
import { newDatabase as newPostgres } from "../stores/postgres-place.ts";

const COUNT = 20_000;
const runner = createTaskRunner();
const folder = mkdtempSync(join(tmpdir(), "sessionscope-estimate-"));
afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true });
});

interface Side {
  driver: "postgres" | "mysql";
  start(): Promise<TestServer>;
  database(server: TestServer): Promise<string>;
  run(server: TestServer, database: string, sql: string): Promise<void>;
  /** A session every minute, as many before now as after it; then statistics. */
  fill: string[];
  /** Makes the statistics say that there are millions, as on a server that has them. */
  grow: string[];
}

const sides: [name: string, here: boolean, side: Side][] = [
  [
    "PostgreSQL",
    hasPostgres,
    {
      driver: "postgres",
      start: startPostgres,
      database: (server) => newPostgres(server),
      async run(server, database, sql) {
        const client = await connected(server, database);
        await client.query(sql);
        await client.end();
      },
      fill: [
        `INSERT INTO django_session SELECT md5(n::text), 'data', now() + interval '1 minute' * (n - ${COUNT / 2} + 0.5)
         FROM generate_series(0, ${COUNT - 1}) AS n`,
        "ANALYZE django_session",
      ],
      grow: ["UPDATE pg_class SET reltuples = reltuples * 1000 WHERE relname = 'django_session'"],
    },
  ],
  [
    "MariaDB",
    hasMysql,
    {
      driver: "mysql",
      start: startMariadb,
      database: (server) => newMysql(server),
      async run(server, database, sql) {
        const client = await mariadbClient(server, database);
        await client.query(sql);
        await client.end();
      },
      fill: [
        `INSERT INTO django_session SELECT MD5(seq), 'data', UTC_TIMESTAMP(6) + INTERVAL (CAST(seq AS SIGNED) - ${COUNT / 2}) * 60 + 30 SECOND FROM seq_0_to_${COUNT - 1}`,
        "ANALYZE TABLE django_session",
      ],
      // InnoDB keeps its own numbers in memory and takes none from outside.
      grow: [],
    },
  ],
];

for (const [name, here, side] of sides)
  describe.runIf(here)(name, () => {
    let server: TestServer;
    let database: string;

    beforeAll(async () => {
      server = await side.start();
      database = await side.database(server);
      for (const sql of side.fill) await side.run(server, database, sql);
    }, 120_000);
    afterAll(() => server?.close());

    const opened = () =>
      openContext({
        connection: connectionSchema.parse({
          id: "estimates",
          name: "estimates",
          driver: side.driver,
          options: {
            ...{ host: server.host, port: server.port, user: server.user },
            ...{ password: server.password, database, tls: "prefer" },
          },
        }),
        keys: { secretKey: "", fallbacks: [], salt: "" },
        settings: filledSettings({}),
        writable: false,
        binPath: join(folder, "bin.sqlite3"),
      });

    test("ranges are estimated near the truth, in their order", async () => {
      const { context, close } = await opened();
      const now = Date.parse(await context.store.now());
      const iso = (hours: number) => new Date(now + hours * 3_600_000).toISOString();
      const [all = 0, past = 0, day = 0, none = 0] =
        (await context.store.estimates?.([
          {},
          { to: iso(0) },
          { from: iso(24), to: iso(48) },
          { from: iso(24 * 400), to: iso(24 * 500) },
        ])) ?? [];
      const near = (value: number, truth: number) =>
        expect(Math.abs(value - truth) / truth, `${value} for ${truth}`).toBeLessThan(0.25);
      near(all, COUNT);
      near(past, COUNT / 2);
      near(day, 24 * 60);
      expect(none).toBeLessThan(COUNT * 0.02);
      await close();
    });

    test("a small table is counted, and its strip ends exact", async () => {
      const { context, close } = await opened();
      const counts = await Array.fromAsync(countSessions(context, runner));
      expect(counts.at(-1)).toMatchObject({ total: COUNT, exact: true });
      const strips = await Array.fromAsync(histogram(context, runner, { bins: 40 }));
      expect(strips[0]).toMatchObject({ estimated: true, done: false });
      const last = strips.at(-1);
      expect(last).toMatchObject({ estimated: false, done: true });
      const { bins = [], before = 0, after = 0, never = 0 } = last ?? {};
      expect(bins.reduce((a, b) => a + b, before + after + never)).toBe(COUNT);
      await close();
    });

    if (side.grow.length === 0) return;
    test("a large one is estimated, and counted on request", async () => {
      for (const sql of side.grow) await side.run(server, database, sql);
      const { context, close } = await opened();
      const about = await Array.fromAsync(countSessions(context, runner));
      expect(about.at(-1)?.exact).toBe(false);
      expect(about.at(-1)?.total).toBeGreaterThan(2_000_000);
      expect(about.at(-1)?.expired).toBeGreaterThan(0);
      const strips = await Array.fromAsync(histogram(context, runner, { bins: 40 }));
      expect(strips).toHaveLength(1);
      expect(strips[0]).toMatchObject({ estimated: true, done: true });
      const asked = await Array.fromAsync(countSessions(context, runner, { exact: true }));
      expect(asked.at(-1)).toMatchObject({ total: COUNT, exact: true });
      const whole = await Array.fromAsync(histogram(context, runner, { bins: 40, exact: true }));
      expect(whole.at(-1)).toMatchObject({ estimated: false, done: true });
      const preview = (exact: boolean) =>
        Array.fromAsync(
          runner.run<PurgePreview>("purgePreview", context.recipe, {
            includeNeverRemoved: false,
            exact,
          }),
        );
      const [first, ...more] = await preview(false);
      expect(more).toEqual([]);
      expect(first).toMatchObject({ estimated: true, exact: false });
      expect(first?.count).toBeGreaterThan(1_000_000);
      expect(first?.bytes).toBe((first?.count ?? 0) * "data".length);
      expect((await preview(true)).at(-1)).toMatchObject({ estimated: false, exact: true });
      await close();
    });
  });
