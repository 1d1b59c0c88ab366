/** A DatabaseCache table on MariaDB or MySQL: the suite on a real server, beside real Django, and how it is read. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysqlCache } from "../../src/main/stores/mysql-cache.ts";
import { connected, hasMysql, startMariadb } from "../servers/mariadb.ts";
import type { TestServer } from "../servers/postgres.ts";
import { otherExpiry, otherKeys, START } from "./cache-rows.ts";
import { conforms } from "./conformance.ts";
import { dropDatabase, newDatabase } from "./mysql-place.ts";
import { expiry, type OpenWith } from "./places.ts";
import { cacheBesideDjango } from "./sql-cache-django.ts";
import { type CachePlace, cacheServed } from "./sql-cache-served.ts";

/** As createcachetable makes it. */
const TABLE = `
  CREATE TABLE \`django_cache\` (\`cache_key\` varchar(255) NOT NULL PRIMARY KEY, \`value\` longtext NOT NULL, \`expires\` datetime(6) NOT NULL);
  CREATE INDEX \`django_cache_expires\` ON \`django_cache\` (\`expires\`);`;

const BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

let server: TestServer;

const open = (
  database: string,
  { writable = false, useTz = true, timeZone = "UTC", ...options }: OpenWith & object = {},
) => {
  const { host, port, user, password } = server;
  return mysqlCache.open({
    options: mysqlCache.options.parse({ host, port, user, password, database, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });
};

const stored = (iso: string) => iso.replace("T", " ").replace("Z", "");

async function place(characters: string): Promise<CachePlace> {
  const database = await newDatabase(server, TABLE, characters);
  const client = await connected(server, database);
  const own = otherKeys.map((key) => [key, "other", otherExpiry]);
  await client.query("INSERT INTO django_cache VALUES ?", [own]);
  const { host, port, user, password } = server;
  let name = "django_cache";
  return {
    open: (writable) => open(database, { writable }),
    target: { driver: "mysql-cache", options: { host, port, user, password, database } },
    async put(sessions) {
      for (let at = 0; at < sessions.length; at += 5000)
        await client.query("INSERT INTO django_cache VALUES ?", [
          sessions
            .slice(at, at + 5000)
            .map(({ key, data = "data", expires }) => [START + key, data, stored(expires)]),
        ]);
      if (sessions.length > 1000) await client.query("ANALYZE TABLE django_cache");
    },
    async fill(count) {
      await client.query(
        `INSERT INTO django_cache SELECT CONCAT(':1:page.', seq), 'filler', '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_${count}`,
      );
      await client.query("ANALYZE TABLE django_cache");
    },
    async renew(key, expires) {
      await client.query("UPDATE django_cache SET expires = ? WHERE cache_key = ?", [
        stored(expires),
        START + key,
      ]);
    },
    async remove(key) {
      await client.query("DELETE FROM django_cache WHERE cache_key = ?", [START + key]);
    },
    async vanish() {
      name = "gone";
      await client.query("RENAME TABLE django_cache TO gone");
    },
    async cleanUp() {
      const [rows] = await client.query(
        `SELECT cache_key FROM ${name} WHERE value = 'other' AND expires = ?`,
        [otherExpiry],
      );
      await client.end();
      await dropDatabase(server, database);
      const left = (rows as { cache_key: string }[]).map((row) => row.cache_key);
      expect(left.sort()).toEqual([...otherKeys].sort());
    },
  };
}

const oddKeys = [
  "",
  "a",
  "A",
  "A B",
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
  expect(hasMysql).toBe(true);
});

describe.runIf(hasMysql)("a cache table in MariaDB", () => {
  beforeAll(async () => {
    server = await startMariadb();
  }, 120_000);
  afterAll(() => server?.close());

  conforms("A cache table in MariaDB", {
    place: () => place(BIN),
    oddKeys,
    wholeSeconds: true,
  });

  cacheServed("MariaDB", {
    driver: "mysql-cache",
    places: {
      bytes: () => place(BIN),
      // Takes capitals for small letters.
      letters: () => place("CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"),
      "letters of one byte": () => place("CHARACTER SET latin1"),
    },
    withoutIndex: "DROP INDEX django_cache_expires ON django_cache",
    database: (more) => newDatabase(server, `${TABLE}${more}`),
    open,
    url: (database) =>
      `mysql+cache://${server.user}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/${database}`,
    async stored(database, key) {
      const client = await connected(server, database);
      const [rows] = await client.query(
        "SELECT CAST(expires AS CHAR) AS text FROM django_cache WHERE cache_key = ?",
        [START + key],
      );
      await client.end();
      return (rows as { text: string }[])[0]?.text ?? "";
    },
  });

  cacheBesideDjango("MariaDB", {
    database: () => newDatabase(server, "", "CHARACTER SET utf8mb4"),
    settings: (database) => ({
      ENGINE: "django.db.backends.mysql",
      NAME: database,
      HOST: server.host,
      PORT: server.port,
      USER: server.user,
      PASSWORD: server.password,
      OPTIONS: { charset: "utf8mb4" },
    }),
    open,
    driver: "mysql-cache",
  });
});
