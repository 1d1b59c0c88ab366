/** Places on a PostgreSQL server for the conformance suite: a database each, written to by a client of their own. */
import type { Store } from "../../src/main/stores/driver.ts";
import { postgres } from "../../src/main/stores/postgres.ts";
import { connected, type TestServer } from "../servers/postgres.ts";
import type { Place } from "./conformance.ts";
import { expiry, type OpenWith } from "./places.ts";

/** Django's own table, as its migration makes it. */
export const TABLE = `
  CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL);
  CREATE INDEX "django_session_session_key_c0390e0f_like" ON "django_session" ("session_key" varchar_pattern_ops);
  CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");`;

export const openPostgres = (
  { host, port, user, password }: TestServer,
  {
    writable = false,
    useTz = true,
    timeZone = "UTC",
    ...options
  }: OpenWith & { [option: string]: unknown } = {},
): Promise<Store> =>
  postgres.open({
    options: postgres.options.parse({ host, port, user, password, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });

const addressOf = ({ host, port, user, password }: TestServer) => ({ host, port, user, password });

let made = 0;

export async function newDatabase(server: TestServer, sql = TABLE): Promise<string> {
  const name = `scope_${process.pid}_${Date.now().toString(36)}_${made++}`;
  const client = await connected(server);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const inside = await connected(server, name);
  await inside.query(sql);
  await inside.end();
  return name;
}

export async function dropDatabase(server: TestServer, name: string): Promise<void> {
  const client = await connected(server);
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.end();
}

export async function postgresPlace(server: TestServer): Promise<Place> {
  const database = await newDatabase(server);
  const client = await connected(server, database);
  return {
    open: (writable) => openPostgres(server, { writable, database }),
    target: { driver: "postgres", options: { ...addressOf(server), database } },
    async put(sessions) {
      await client.query(
        "INSERT INTO django_session SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])",
        [
          sessions.map(({ key }) => key),
          sessions.map(({ data = "data" }) => data),
          sessions.map(({ expires }) => expires),
        ],
      );
      if (sessions.length > 1000) await client.query("ANALYZE django_session");
    },
    async renew(key, expires) {
      await client.query("UPDATE django_session SET expire_date = $1 WHERE session_key = $2", [
        expires,
        key,
      ]);
    },
    async remove(key) {
      await client.query("DELETE FROM django_session WHERE session_key = $1", [key]);
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
