/** Places on a MariaDB or MySQL server for the conformance suite: a database each, written to by a client of their own. */
import type { Store } from "../../src/main/stores/driver.ts";
import { mysql } from "../../src/main/stores/mysql.ts";
import { connected } from "../servers/mariadb.ts";
import type { TestServer } from "../servers/postgres.ts";
import type { Place } from "./conformance.ts";
import { expiry, type OpenWith } from "./places.ts";

/** Django's own table, as its migration makes it. */
export const TABLE = `
  CREATE TABLE \`django_session\` (\`session_key\` varchar(40) NOT NULL PRIMARY KEY, \`session_data\` longtext NOT NULL, \`expire_date\` datetime(6) NOT NULL);
  CREATE INDEX \`django_session_expire_date_a5c62663\` ON \`django_session\` (\`expire_date\`);`;

export const openMysql = (
  { host, port, user, password }: TestServer,
  {
    writable = false,
    useTz = true,
    timeZone = "UTC",
    ...options
  }: OpenWith & { [option: string]: unknown } = {},
): Promise<Store> =>
  mysql.open({
    options: mysql.options.parse({ host, port, user, password, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });

const addressOf = ({ host, port, user, password }: TestServer) => ({ host, port, user, password });

let made = 0;

export async function newDatabase(
  server: TestServer,
  sql = TABLE,
  characters = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
): Promise<string> {
  const name = `scope_${process.pid}_${Date.now().toString(36)}_${made++}`;
  const client = await connected(server);
  await client.query(`CREATE DATABASE ${name} ${characters}; USE ${name}; ${sql}`);
  await client.end();
  return name;
}

export async function dropDatabase(server: TestServer, name: string): Promise<void> {
  const client = await connected(server);
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  await client.end();
}

const stored = (iso: string) => iso.replace("T", " ").replace("Z", "");

export async function mysqlPlace(server: TestServer): Promise<Place> {
  const database = await newDatabase(server);
  const client = await connected(server, database);
  return {
    open: (writable) => openMysql(server, { writable, database }),
    target: { driver: "mysql", options: { ...addressOf(server), database } },
    async put(sessions) {
      for (let at = 0; at < sessions.length; at += 5000)
        await client.query("INSERT INTO django_session VALUES ?", [
          sessions
            .slice(at, at + 5000)
            .map(({ key, data = "data", expires }) => [key, data, stored(expires)]),
        ]);
      if (sessions.length > 1000) await client.query("ANALYZE TABLE django_session");
    },
    async renew(key, expires) {
      await client.query("UPDATE django_session SET expire_date = ? WHERE session_key = ?", [
        stored(expires),
        key,
      ]);
    },
    async remove(key) {
      await client.query("DELETE FROM django_session WHERE session_key = ?", [key]);
    },
    async vanish() {
      await client.query("DROP TABLE django_session");
    },
    async cleanUp() {
      await client.end();
      await dropDatabase(server, database);
    },
  };
}
