/** The password of a cache in front of a table: typed, kept as the table's own is, and never shown or written down. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test as it } from "vitest";
import { type Connection, connectionSchema } from "../../src/shared/connection.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";
import { problemOf, startHost, type TestHost } from "./host.ts";
import { keyOf, makeDatabase, secretKey } from "./store.ts";

const test = hasRedis || process.env["CI"] === "true" ? it : it.skip;
const WORD = "the cache's own word";
let host: TestHost;
let server: TestRedis;

beforeEach(async () => {
  host = startHost({ env: { CACHE_WORD: WORD } });
  server = await startRedis();
  await server.client.config("SET", "requirepass", WORD);
  makeDatabase(join(host.folder, "db.sqlite3"), [{ key: keyOf("a") }]);
});
afterEach(async () => {
  await host.close();
  await server.close();
});

const draft = (options: object = {}): Connection =>
  connectionSchema.parse({
    ...{ id: "", name: "shop", driver: "sqlite" },
    options: { path: join(host.folder, "db.sqlite3") },
    cachedBy: {
      driver: "redis",
      options: { hosts: `127.0.0.1:${server.port}`, layout: "cached_db", ...options },
    },
  });

const typed = (word: string) => ({ secretKey, options: { "cachedBy.password": word } });

test("it is typed, or named by a variable; without it, or with a wrong one, nothing opens", async () => {
  const { client } = host;
  const failing = async (connection: Connection, secrets = {}) => {
    const { steps } = await client.connections.test({ connection, secrets });
    return steps.find(({ level }) => level === "failed")?.step ?? null;
  };
  expect(await failing(draft())).toBe("authentication");
  expect(await failing(draft(), typed("another word"))).toBe("authentication");
  expect(await failing(draft(), typed(WORD))).toBeNull();
  expect(await failing(draft({ password: WORD }))).toBeNull();
  expect(await failing(draft({ passwordEnv: "CACHE_WORD" }))).toBeNull();
  // It is none of the table's.
  expect(await failing(draft(), { options: { password: WORD } })).toBe("authentication");
});

test("it is held for the connection, and neither saved nor answered", async () => {
  const { client } = host;
  const saved = await client.connections.save({ connection: draft(), secrets: typed(WORD) });
  const store = await client.connections.open({ connection: saved.id });
  expect(store.title).toContain("cached in Redis");
  const shown = JSON.stringify([saved, store, await client.connections.list()]);
  expect(shown).not.toContain(WORD);
  for (const name of readdirSync(host.home, { recursive: true, encoding: "utf8" }))
    if (name.endsWith(".json"))
      expect(readFileSync(join(host.home, name), "utf8")).not.toContain(WORD);
  await client.connections.close({ connection: saved.id });
  await client.connections.save({ connection: saved, forget: true });
  const refused = await problemOf(client.connections.open({ connection: saved.id }));
  expect(refused.detail).toMatchObject({ step: "authentication" });
});
