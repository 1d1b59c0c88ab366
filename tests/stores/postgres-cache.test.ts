/** A DatabaseCache table on PostgreSQL: the suite on a real server, beside real Django, and how it is read. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresCache } from "../../src/main/stores/postgres-cache.ts";
import { connected, hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { otherExpiry, otherKeys, START } from "./cache-rows.ts";
import { conforms } from "./conformance.ts";
import { expiry, type OpenWith } from "./places.ts";
import { dropDatabase, newDatabase } from "./postgres-place.ts";
import { cacheBesideDjango } from "./sql-cache-django.ts";
import { type CachePlace, cacheServed } from "./sql-cache-served.ts";

/** As createcachetable makes it. */
const table = (collation = "") => `
  CREATE TABLE "django_cache" ("cache_key" varchar(255) ${collation} NOT NULL PRIMARY KEY, "value" text NOT NULL, "expires" timestamp with time zone NOT NULL);
  CREATE INDEX "django_cache_expires" ON "django_cache" ("expires");`;

let server: TestServer;

const open = (
  database: string,
  { writable = false, useTz = true, timeZone = "UTC", ...options }: OpenWith & object = {},
) => {
  const { host, port, user, password } = server;
  return postgresCache.open({
    options: postgresCache.options.parse({ host, port, user, password, database, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });
};

async function place(collation: string): Promise<CachePlace> {
  const loose = "CREATE COLLATION loose (provider = icu, locale = 'en-u-ka-shifted');";
  const database = await newDatabase(server, `${loose}${table(collation)}`);
  const client = await connected(server, database);
  await client.query(
    `INSERT INTO django_cache SELECT key, 'other', $2 FROM unnest($1::text[]) AS key`,
    [otherKeys, `${otherExpiry}Z`],
  );
  const { host, port, user, password } = server;
  return {
    open: (writable) => open(database, { writable }),
    target: { driver: "postgres-cache", options: { host, port, user, password, database } },
    async put(sessions) {
      await client.query(
        "INSERT INTO django_cache SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])",
        [
          sessions.map(({ key }) => START + key),
          sessions.map(({ data = "data" }) => data),
          sessions.map(({ expires }) => expires),
        ],
      );
      if (sessions.length > 1000) await client.query("ANALYZE django_cache");
    },
    async renew(key, expires) {
      await client.query("UPDATE django_cache SET expires = $1 WHERE cache_key = $2", [
        expires,
        START + key,
      ]);
    },
    async remove(key) {
      await client.query("DELETE FROM django_cache WHERE cache_key = $1", [START + key]);
    },
    async fill(count) {
      await client.query(
        `INSERT INTO django_cache SELECT ':1:page.' || n, 'filler', '2026-01-01Z'::timestamptz + n * interval '1 s' FROM generate_series(1, $1) AS n`,
        [count],
      );
      await client.query("ANALYZE django_cache");
    },
    async vanish() {
      await client.query("ALTER TABLE django_cache RENAME TO gone");
    },
    async cleanUp() {
      const [name] = (
        await client.query(
          "SELECT relname FROM pg_class WHERE relname IN ('django_cache', 'gone') AND relkind = 'r'",
        )
      ).rows.map((row) => row.relname);
      const { rows } = await client.query(
        `SELECT cache_key FROM ${name} WHERE value = 'other' AND expires = $1`,
        [`${otherExpiry}Z`],
      );
      await client.end();
      await dropDatabase(server, database);
      expect(rows.map((row) => row.cache_key).sort()).toEqual([...otherKeys].sort());
    },
  };
}

const oddKeys = [
  "",
  "a",
  "A",
  "A B",
  "a ",
  "__proto__",
  "ключ",
  "🍪".repeat(40),
  "' OR 1=1 --",
  "\\",
  "?",
  "$1",
  "%_",
  "session_key",
  "\tbegins with a tab",
  "\u202Ertl\n\t\u0007",
];

it.runIf(process.env["CI"] === "true")("has a server to run on", () => {
  expect(hasPostgres).toBe(true);
});

describe.runIf(hasPostgres)("a cache table in PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server?.close());

  conforms("A cache table in PostgreSQL", {
    place: () => place(""),
    oddKeys,
    wholeSeconds: true,
  });

  cacheServed("PostgreSQL", {
    driver: "postgres-cache",
    places: {
      "C.UTF-8": () => place(""),
      C: () => place('COLLATE "C"'),
      // Passes over punctuation, so that keys of one beginning lie apart.
      ICU: () => place("COLLATE loose"),
    },
    withoutIndex: "DROP INDEX django_cache_expires",
    database: (more) => newDatabase(server, `${table()}${more}`),
    open,
    url: (database) =>
      `postgres+cache://${server.user}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/${database}`,
    async stored(database, key) {
      const client = await connected(server, database);
      const { rows } = await client.query(
        "SELECT (expires AT TIME ZONE 'UTC')::text AS text FROM django_cache WHERE cache_key = $1",
        [START + key],
      );
      await client.end();
      return rows[0].text;
    },
  });

  cacheBesideDjango("PostgreSQL", {
    database: () => newDatabase(server, ""),
    settings: (database) => ({
      ENGINE: "django.db.backends.postgresql",
      NAME: database,
      HOST: server.host,
      PORT: server.port,
      USER: server.user,
      PASSWORD: server.password,
    }),
    open,
    driver: "postgres-cache",
  });
});
