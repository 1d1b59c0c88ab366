/** PostgreSQL: the conformance suite on a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { conforms } from "./conformance.ts";
import { newDatabase, openPostgres, postgresPlace } from "./postgres-place.ts";
import { besideDjango } from "./sql-django.ts";

let server: TestServer;

const oddKeys = [
  "",
  "a",
  "A",
  "A B",
  "a ",
  "__proto__",
  "<script>alert(1)</script>",
  "ключ",
  "🍪".repeat(40),
  "' OR 1=1 --",
  "x'00ff'",
  "\\",
  "?",
  "$1",
  "\u202Ertl\n\t\u0007",
  "%_",
];

it.runIf(process.env["CI"] === "true")("has a server to run on", () => {
  expect(hasPostgres).toBe(true);
});

describe.runIf(hasPostgres)("PostgreSQL", () => {
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server?.close());

  conforms("PostgreSQL", { place: () => postgresPlace(server), oddKeys });

  besideDjango("PostgreSQL", {
    database: () => newDatabase(server, ""),
    settings: (database) => ({
      ENGINE: "django.db.backends.postgresql",
      NAME: database,
      HOST: server.host,
      PORT: server.port,
      USER: server.user,
      PASSWORD: server.password,
    }),
    open: (database, options) => openPostgres(server, { database, ...options }),
    password: () => server.password,
    url: (database) =>
      `postgresql://${server.user}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/${database}`,
  });
});
