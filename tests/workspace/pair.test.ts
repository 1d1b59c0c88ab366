/** A connection with a cache in front, through the host: listed, edited, deleted and put back; scans in worker threads. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeStored } from "../../src/main/engine/write.ts";
import { parseJson } from "../../src/main/python/json.ts";
import { isDict } from "../../src/main/python/value.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { collect, startHost, type TestHost } from "./host.ts";
import { keyOf, makeDatabase, secretKey } from "./store.ts";

const test = hasMemcached || process.env["CI"] === "true" ? it : it.skip;
let host: TestHost;
let server: TestMemcached;
beforeEach(async () => {
  host = startHost();
  server = await startMemcached();
});
afterEach(async () => {
  await host.close();
  await server.close();
});

const cached = async (name: string, json: string): Promise<unknown> => {
  const dict = parseJson(json);
  if (!isDict(dict)) throw new Error("no dict");
  const bytes = writeStored(dict, { encoding: "pickle", serializer: "pickle", now: 0n });
  const key = `:1:django.contrib.sessions.cached_db${keyOf(name)}`;
  const value = Buffer.from(bytes);
  return server.say(
    Buffer.concat([
      Buffer.from(`set ${key} 1 604800 ${value.length}\r\n`),
      value,
      Buffer.from("\r\n"),
    ]),
    1,
  );
};

test("a row and its copy are one session", async () => {
  const path = join(host.folder, "db.sqlite3");
  makeDatabase(path, [{ key: keyOf("same") }, { key: keyOf("other") }, { key: keyOf("row") }]);
  await cached("same", '{"a":1}');
  await cached("other", '{"a":2}');
  await cached("alone", '{"a":3}');
  const saved = await host.client.connections.save({
    connection: connectionSchema.parse({
      ...{ id: "", name: "shop", driver: "sqlite", options: { path } },
      cachedBy: {
        driver: "memcached",
        options: { hosts: `127.0.0.1:${server.port}`, layout: "cached_db", password: "not kept" },
      },
    }),
  });
  expect(JSON.stringify(saved)).not.toContain("not kept");
  const connection = saved.id;
  const store = await host.client.connections.open({ connection, secrets: { secretKey } });
  expect(store.title).toMatch(/^SQLite .*, cached in Memcached/);
  const page = () =>
    host.client.sessions.page({ connection, filter: "", order: "expires", limit: 50 });
  const pairs = async () =>
    Object.fromEntries((await page()).rows.map(({ key, pair }) => [key.replace(/^k+/, ""), pair]));
  expect(await pairs()).toEqual({
    ...{ same: "same", other: "different", row: "rowOnly", alone: "cacheOnly" },
  });
  const events = await collect(
    host.client.sessions.scan({ connection, filter: "text:k", order: "expires" }),
  );
  const found = events.flatMap((event) => (event.type === "rows" ? event.rows : []));
  expect(found.map(({ pair }) => pair).sort()).toEqual([
    "cacheOnly",
    "different",
    "rowOnly",
    "same",
  ]);
  await host.client.connections.unlock({ connection });
  const other = await host.client.sessions.get({ connection, key: keyOf("other") });
  expect(other.text).toContain("2");
  const result = await host.client.sessions.save({
    ...{ connection, key: keyOf("other"), token: other.token, text: '{"a": 5}' },
    expiry: "recompute",
  });
  expect(result).toMatchObject({ outcome: "saved", session: { row: { pair: "same" } } });
  const report = await host.client.sessions.delete({
    ...{ connection, keys: [keyOf("same"), keyOf("other"), keyOf("alone")] },
  });
  expect(report).toMatchObject({ done: 3, skippedCount: 0 });
  expect(await pairs()).toEqual({ row: "rowOnly" });
  const restored = await host.client.bin.restore({ job: report.job ?? "" });
  expect(restored).toMatchObject({ done: 3 });
  expect(await pairs()).toEqual({
    ...{ same: "same", other: "same", row: "rowOnly", alone: "cacheOnly" },
  });
});

test("cookies are read and signed with an open connection's key", async () => {
  const path = join(host.folder, "db.sqlite3");
  makeDatabase(path, []);
  const store = await host.client.connections.openTarget({ target: path, secrets: { secretKey } });
  const site = { connection: store.connection.id, settings: { SESSION_COOKIE_NAME: "sid" } };
  const signed = await host.client.cookies.sign({ text: '{"a": 1}', site });
  expect(signed).toMatchObject({ name: "sid", signature: "valid", djangoSees: null });
  const { cookies } = await host.client.cookies.read({ text: `sid=${signed.value}`, site });
  expect(cookies).toEqual([{ ...signed, age: cookies[0]?.age }]);
  const typed = { secretKey: "another", settings: {} };
  const again = await host.client.cookies.read({ text: signed.value, site: typed });
  expect(again.cookies[0]).toMatchObject({ signature: "invalid", name: "sessionid" });
});
