/**
 * Whose clock, and which hour: a purge's cutoff is the server's, and rows around both changes of summer time are expired
 * when Django itself takes them for expired; and what space a purge leaves is said, not acted upon.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/main/stores/driver.ts";
import { project } from "../django/project.ts";
import { hasMysql, connected as mysqlClient, startMariadb } from "../servers/mariadb.ts";
import {
  hasPostgres,
  ownPostgres,
  connected as postgresClient,
  startPostgres,
  type TestServer,
} from "../servers/postgres.ts";
import { collect, startHost } from "../workspace/host.ts";
import { at, keyOf } from "./conformance.ts";
import * as mysqlPlace from "./mysql-place.ts";
import { type OpenWith, openSqlite } from "./places.ts";
import * as postgresPlace from "./postgres-place.ts";
import { many, purgeAll } from "./sql-server.ts";

const DAYS = 3 * 86_400_000;

let postgres: TestServer | undefined;
let mariadb: TestServer | undefined;
beforeAll(async () => {
  if (hasPostgres) postgres = await startPostgres();
  if (hasMysql) mariadb = await startMariadb();
}, 120_000);
afterAll(async () => {
  await postgres?.close();
  await mariadb?.close();
});
const pg = (): TestServer => {
  if (!postgres) throw new Error("no PostgreSQL");
  return postgres;
};
const my = (): TestServer => {
  if (!mariadb) throw new Error("no MariaDB");
  return mariadb;
};
const ahead = (iso: string): boolean => Math.abs(Date.parse(iso) - Date.now() - DAYS) < 60_000;

describe("a server whose clock is three days ahead", () => {
  it.runIf(ownPostgres)("gives PostgreSQL's cutoff", async () => {
    const database = await postgresPlace.newDatabase(pg());
    const client = await postgresClient(pg(), database);
    // Found before the server's own function of that name.
    await client.query(`CREATE SCHEMA shifted;
      CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
        $$ SELECT pg_catalog.clock_timestamp() + interval '3 days' $$;
      ALTER DATABASE ${database} SET search_path = shifted, pg_catalog, public;
      INSERT INTO django_session VALUES ('tomorrow', 'd', now() + interval '1 day'), ('later', 'd', now() + interval '9 days')`);
    await client.end();
    const host = startHost();
    try {
      const { user, password, host: server, port } = pg();
      const auth = `${user}:${encodeURIComponent(password)}`;
      const { connection } = await host.client.connections.openTarget({
        target: `postgres://${auth}@${server}:${port}/${database}?schema=public&usersTable=`,
      });
      const shown = (await collect(host.client.purge.preview({ connection: connection.id }))).at(
        -1,
      );
      expect(ahead(shown?.cutoff ?? "")).toBe(true);
      expect(shown).toMatchObject({ count: 1, exact: true });
    } finally {
      await host.close();
      await postgresPlace.dropDatabase(pg(), database);
    }
  });

  it.runIf(hasMysql)("gives MariaDB's cutoff", async () => {
    const database = await mysqlPlace.newDatabase(my());
    const client = await mysqlClient(my(), database);
    await client.query(`CREATE USER IF NOT EXISTS clocked IDENTIFIED BY 'c'; GRANT ALL ON ${database}.* TO clocked;
      SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() + 259200'`);
    try {
      const store = await mysqlPlace.openMysql(my(), { database, user: "clocked", password: "c" });
      expect(ahead(await store.now())).toBe(true);
      await store.close();
    } finally {
      await client.query("SET GLOBAL init_connect = ''; DROP USER clocked");
      await client.end();
      await mysqlPlace.dropDatabase(my(), database);
    }
  });
});

/** A database of Django's, and the driver on it. */
interface Database {
  settings: { database?: string; server?: Record<string, unknown> };
  open(zone: OpenWith): Promise<Store>;
  /** After Django's migration. */
  alter?(): Promise<void>;
  drop(): Promise<void> | void;
}

const address = ({ host, port, user, password }: TestServer, NAME: string) => ({
  ...{ HOST: host, PORT: port, USER: user, PASSWORD: password, NAME },
});

const onPostgres = async (alter?: string): Promise<Database> => {
  const database = await postgresPlace.newDatabase(pg(), "");
  return {
    settings: { server: { ENGINE: "django.db.backends.postgresql", ...address(pg(), database) } },
    open: (zone) => postgresPlace.openPostgres(pg(), { database, ...zone }),
    async alter() {
      if (!alter) return;
      const client = await postgresClient(pg(), database);
      await client.query(alter);
      await client.end();
    },
    drop: () => postgresPlace.dropDatabase(pg(), database),
  };
};

const databases: [name: string, there: boolean, exact: boolean, make: () => Promise<Database>][] = [
  [
    "SQLite",
    true,
    true,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "sessionscope-dst-"));
      const database = join(folder, "db.sqlite3");
      return {
        settings: { database },
        open: (zone) => openSqlite(database, zone),
        drop: () => rmSync(folder, { recursive: true }),
      };
    },
  ],
  [
    "MariaDB, datetime",
    hasMysql,
    true,
    async () => {
      const database = await mysqlPlace.newDatabase(my(), "", "CHARACTER SET utf8mb4");
      return {
        settings: { server: { ENGINE: "django.db.backends.mysql", ...address(my(), database) } },
        open: (zone) => mysqlPlace.openMysql(my(), { database, ...zone }),
        drop: () => mysqlPlace.dropDatabase(my(), database),
      };
    },
  ],
  ["PostgreSQL, timestamp with time zone", hasPostgres, false, () => onPostgres()],
  [
    "PostgreSQL, timestamp",
    hasPostgres,
    true,
    () => onPostgres("ALTER TABLE django_session ALTER expire_date TYPE timestamp"),
  ],
];

/** Local times of Berlin: the hour that was left out in spring, the one that came twice in autumn. */
const LOCAL = [
  ...["2026-03-29 01:30:00", "2026-03-29 01:59:59.999999", "2026-03-29 02:30:00"],
  ...["2026-03-29 03:00:00", "2026-03-29 03:30:00.000001", "2026-10-25 01:59:59"],
  ...["2026-10-25 02:00:00", "2026-10-25 02:20:00.5", "2026-10-25 02:40:00"],
  ...["2026-10-25 02:59:59.999999", "2026-10-25 03:00:00", "2026-10-25 03:20:00"],
];
const every = (from: string, to: string, minutes: number): string[] => {
  const found = [];
  for (let now = Date.parse(from); now <= Date.parse(to); now += minutes * 60_000)
    found.push(new Date(now).toISOString().replace("Z", "000Z"));
  return found;
};
const CUTOFFS = [
  ...every("2026-03-29T00:00:00Z", "2026-03-29T02:30:00Z", 10),
  ...every("2026-10-24T23:00:00Z", "2026-10-25T03:30:00Z", 10),
];

describe.each([
  { useTz: false, timeZone: "Europe/Berlin" },
  { useTz: true, timeZone: "Europe/Berlin" },
])("around the changes of summer time, USE_TZ=$useTz", (zone) => {
  for (const [name, there, exact, make] of databases)
    it.runIf(there)(
      `a row of ${name} is expired when Django says so`,
      async () => {
        const database = await make();
        const django = project({ ...database.settings, ...zone });
        await database.alter?.();
        const store = await database.open(zone);
        try {
          const expired = django.run<string[][]>(
            `
import datetime
from django.contrib.sessions.models import Session
from django.utils import timezone
utc = datetime.timezone.utc
for index, text in enumerate(given["local"]):
    at = datetime.datetime.fromisoformat(text.ljust(26, "0") if "." in text else text)
    if settings.USE_TZ: at = at.replace(tzinfo=utc)
    Session.objects.create(session_key="k%02d" % index, session_data="d", expire_date=at)
def now(iso):
    at = datetime.datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=utc)
    return at if settings.USE_TZ else timezone.make_naive(at)
result = [
    sorted(Session.objects.filter(expire_date__lt=now(iso)).values_list("session_key", flat=True))
    for iso in given["cutoffs"]
]`,
            { local: LOCAL, cutoffs: CUTOFFS },
          );
          expect(expired.at(-1)).toHaveLength(LOCAL.length);
          let fewer = 0;
          for (const [index, cutoff] of CUTOFFS.entries()) {
            const range = { to: cutoff };
            const page = await store.page({ order: "expires", range, limit: 99, maxData: 9 });
            const found = page.map(({ key }) => key).sort();
            expect(await store.count(range)).toBe(found.length);
            const wanted = expired[index] ?? [];
            if (exact || zone.useTz) expect([cutoff, found]).toEqual([cutoff, wanted]);
            else {
              // Django sends local time, which the server reads as the later of two: it takes rows for expired up to an
              // hour early. The driver compares moments, so it never takes more, and less in that one hour only.
              expect(found.filter((key) => !wanted.includes(key))).toEqual([]);
              if (found.length < wanted.length) {
                fewer += 1;
                expect(cutoff >= "2026-10-25T00:00" && cutoff < "2026-10-25T01:00").toBe(true);
              }
            }
          }
          if (!exact && !zone.useTz) expect(fewer).toBeGreaterThan(0);
        } finally {
          await store.close();
          await database.drop();
        }
      },
      60_000,
    );
});

describe("the space a purge leaves", () => {
  it.runIf(hasPostgres)(
    "waits for VACUUM, which is said and not run",
    async () => {
      const place = await postgresPlace.postgresPlace(pg());
      try {
        await place.put(many(5000));
        const store = await place.open(true);
        await purgeAll(store, at(4000), 1000);
        expect(await store.get(keyOf(4500), 9)).not.toBeNull();
        const space = async () =>
          (await store.facts()).find(({ title }) => title === "Space")?.text;
        await expect.poll(space, { timeout: 20_000 }).toMatch(/4000 deleted or replaced rows wait/);
        expect(await space()).toMatch(
          /about [\d.]+ MB\) usable again without locking anyone out\. Only VACUUM FULL gives it back to the disk, and locks the table/,
        );
        const client = await postgresClient(pg(), String(place.target.options["database"]));
        const { rows } = await client.query(
          "SELECT vacuum_count + autovacuum_count AS n FROM pg_stat_user_tables WHERE relname = 'django_session'",
        );
        expect(Number(rows[0].n)).toBe(0);
        await client.end();
        await store.close();
      } finally {
        await place.cleanUp();
      }
    },
    60_000,
  );

  it.runIf(hasMysql)(
    "would be given back by OPTIMIZE TABLE, which is said and not run",
    async () => {
      const place = await mysqlPlace.mysqlPlace(my());
      const client = await mysqlClient(my(), String(place.target.options["database"]));
      const optimized = async () => {
        const [rows] = await client.query("SHOW GLOBAL STATUS LIKE 'Com_optimize'");
        return Number((rows as { Value: string }[])[0]?.Value);
      };
      try {
        await place.put(
          Array.from({ length: 20_000 }, (_, index) => ({
            ...{ key: keyOf(index), expires: at(index), data: "d".repeat(1000) },
          })),
        );
        const before = await optimized();
        const store = await place.open(true);
        await purgeAll(store, at(19_000), 5000);
        const space = async () => {
          await client.query("ANALYZE TABLE django_session");
          return (await store.facts()).find(({ title }) => title === "Space")?.text;
        };
        await expect
          .poll(space, { timeout: 40_000, interval: 500 })
          .toMatch(
            /[\d.]+ MB of its file are free and used again by new rows\. OPTIMIZE TABLE gives them back to the disk: it builds the table anew beside the old one, and shuts others out/,
          );
        expect(await optimized()).toBe(before);
        await store.close();
      } finally {
        await client.end();
        await place.cleanUp();
      }
    },
    90_000,
  );
});
