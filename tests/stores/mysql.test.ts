/** MySQL and MariaDB: the conformance suite on a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMysql, startMariadb } from "../servers/mariadb.ts";
import type { TestServer } from "../servers/postgres.ts";
import { conforms } from "./conformance.ts";
import { mysqlPlace, newDatabase, openMysql } from "./mysql-place.ts";
import { besideDjango } from "./sql-django.ts";

let server: TestServer;

const oddKeys = [
  "",
  "a",
  "A",
  "A B",
  "__proto__",
  "<script>alert(1)</script>",
  "nul\0inside",
  "ключ",
  "🍪".repeat(40),
  "' OR 1=1 --",
  "x'00ff'",
  "\\",
  "\\'",
  "?",
  "`?`",
  "\u202Ertl\n\t\u0007\u001a",
  "%_",
];

it.runIf(process.env["CI"] === "true")("has a server to run on", () => {
  expect(hasMysql).toBe(true);
});

describe.runIf(hasMysql)("MariaDB", () => {
  beforeAll(async () => {
    server = await startMariadb();
  }, 120_000);
  afterAll(() => server?.close());

  conforms("MariaDB", { place: () => mysqlPlace(server), oddKeys });

  besideDjango("MariaDB", {
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
    open: (database, options) => openMysql(server, { database, ...options }),
    password: () => server.password,
    url: (database) =>
      `mysql://${server.user}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/${database}`,
  });
});
