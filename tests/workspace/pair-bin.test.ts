/**
 * What the bin keeps of a table with a cache in front: whatever is done to a session, and put back, both halves are byte
 * for byte what they were, the copy's expiry included. On real servers: SQLite with Redis, PostgreSQL with memcached.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeStored } from "../../src/main/engine/write.ts";
import { parseJson } from "../../src/main/python/json.ts";
import { isDict } from "../../src/main/python/value.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { project } from "../django/project.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { hasPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";
import { dropDatabase, newDatabase } from "../stores/postgres-place.ts";
import { ended, problemOf, startHost, type TestHost } from "./host.ts";
import { keyOf, makeDatabase, secretKey, signed, sql } from "./store.ts";

const prefix = ":1:django.contrib.sessions.cached_db";

function pickled(json: string): Buffer {
  const dict = parseJson(json);
  if (!isDict(dict)) throw new Error("no dict");
  return Buffer.from(writeStored(dict, { encoding: "pickle", serializer: "pickle", now: 0n }));
}

/** What both halves of every session are, told by programs of the test's own. */
type Halves = { rows: unknown[]; copies: unknown[] };

interface Place {
  connection(host: TestHost): { driver: string; options: object; cachedBy: object };
  row(key: string, value: string, expires: Date): Promise<void>;
  copy(key: string, value: Buffer, expires: number): Promise<void>;
  look(keys: readonly string[]): Promise<Halves>;
  cleanUp(): Promise<void>;
}

/** All that memcached answers until it says so, a character a byte. */
async function ask(port: number, command: string, end: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  socket.write(command);
  let text = "";
  for await (const chunk of socket) {
    text += chunk;
    if (text.endsWith(end)) break;
  }
  return text;
}

/** In 40 days: beyond memcached's rule of the 30 days. */
const LATER = Math.floor(Date.now() / 1000) + 40 * 86_400;
const names = ["same", "different", "row", "copy"] as const;
const keys = names.map((name) => keyOf(name));
const [same = "", different = "", rowAlone = "", copyAlone = ""] = keys;

async function fill(place: Place): Promise<void> {
  const at = new Date((LATER + 1) * 1000 + 123);
  await place.row(same, '{"_auth_user_id":"1","n":1}', at);
  await place.copy(same, pickled('{"_auth_user_id":"1","n":1}'), LATER);
  await place.row(different, '{"_auth_user_id":"1","of":"the row"}', at);
  await place.copy(different, pickled('{"_auth_user_id":"7","of":"the cache"}'), LATER + 5);
  await place.row(rowAlone, '{"_auth_user_id":"1","n":3}', at);
  await place.copy(copyAlone, pickled('{"_auth_user_id":"1","n":4}'), LATER + 7);
}

function restoresBoth(title: string, has: boolean, make: (host: TestHost) => Promise<Place>): void {
  describe.runIf(has || process.env["CI"] === "true")(title, () => {
    let host: TestHost;
    let place: Place;
    let connection: string;
    let before: Halves;
    beforeEach(async () => {
      host = startHost();
      place = await make(host);
      await fill(place);
      before = await place.look(keys);
      const saved = await host.client.connections.save({
        connection: connectionSchema.parse({ id: "", name: "shop", ...place.connection(host) }),
      });
      connection = saved.id;
      await host.client.connections.open({ connection, secrets: { secretKey } });
      await host.client.connections.unlock({ connection });
    });
    afterEach(async () => {
      await host.close();
      await place.cleanUp();
    });

    const restored = async (job: string | null, count: number) => {
      const report = await host.client.bin.restore({ job: job ?? "" });
      expect(report).toMatchObject({ done: count, skippedCount: 0 });
      expect(await place.look(keys)).toEqual(before);
    };

    it("a delete", async () => {
      const report = await host.client.sessions.delete({ connection, keys });
      expect(report.done).toBe(4);
      expect(await place.look(keys)).toEqual({ rows: [], copies: [] });
      const listed = await host.client.bin.entries({ job: report.job ?? "" });
      expect(listed.map(({ before }) => before.pair)).toEqual([
        ...["same", "different", "rowOnly", "cacheOnly"],
      ]);
      await restored(report.job, 4);
      expect((await host.client.bin.restore({ job: report.job ?? "" })).done).toBe(0);
    });

    it("an edit of each", async () => {
      for (const key of keys) {
        const { token } = await host.client.sessions.get({ connection, key });
        const saved = await host.client.sessions.save({
          ...{ connection, key, token, text: '{"edited": true}', expiry: "recompute" },
        });
        expect(saved.outcome).toBe("saved");
        expect(await place.look(keys)).not.toEqual(before);
        await restored(saved.outcome === "saved" ? saved.job : null, 1);
      }
    });

    it("what the app wrote is put back over, and what the site wrote since is not", async () => {
      const { token } = await host.client.sessions.get({ connection, key: rowAlone });
      const draft = { connection, key: rowAlone, token, text: '{"edited": 1}' };
      const saved = await host.client.sessions.save({ ...draft, expiry: "keep" });
      if (saved.outcome !== "saved") throw new Error("not saved");
      // The site made a copy of the edited row: it goes, or it would hide the row that is put back.
      await place.copy(rowAlone, pickled('{"edited":1}'), LATER);
      await restored(saved.job, 1);
      const second = await host.client.sessions.get({ connection, key: same });
      const again = await host.client.sessions.save({
        ...{ connection, key: same, token: second.token, text: '{"edited": 2}', expiry: "keep" },
      });
      if (again.outcome !== "saved") throw new Error("not saved");
      await place.copy(same, pickled('{"of":"the site"}'), LATER);
      const held = await place.look(keys);
      expect(await host.client.bin.restore({ job: again.job })).toMatchObject({
        ...{ done: 0, skippedCount: 1 },
      });
      expect(await place.look(keys)).toEqual(held);
    });

    it("an extension", async () => {
      const report = await host.client.sessions.extend({ connection, keys, seconds: 90 * 86_400 });
      expect(report).toMatchObject({ done: 4, skippedCount: 0 });
      await restored(report.job, 4);
    });

    it("a logout, of the row's user and of the copy's", async () => {
      for (const [user, count] of [
        ["1", 4],
        ["7", 1],
      ] as const) {
        const { job } = await host.client.users.logout({ connection, user });
        const { done, binJob, problem } = await ended(host.client, job);
        expect({ done, problem }).toEqual({ done: count, problem: null });
        await restored(binJob, count);
      }
    });

    it("a purge, which spares what the cache serves", async () => {
      const past = new Date(Date.now() - 3_600_000);
      const [gone, served] = [keyOf("gone"), keyOf("served")];
      await place.row(gone, '{"n":5}', past);
      await place.row(served, '{"n":6}', past);
      await place.copy(served, pickled('{"n":6}'), LATER);
      before = await place.look(keys);
      const cutoff = new Date().toISOString().replace("Z", "000Z");
      const { job } = await host.client.purge.start({ connection, cutoff });
      const { done, skipped, binJob } = await ended(host.client, job);
      expect([done, skipped]).toEqual([1, 1]);
      expect((await place.look(keys)).rows).toHaveLength(before.rows.length - 1);
      await restored(binJob, 1);
    });

    it("without a key an edit names what the row is signed with, and the copy alone needs none", async () => {
      await host.client.connections.close({ connection });
      await host.client.connections.open({ connection });
      await host.client.connections.unlock({ connection });
      for (const key of [same, different, rowAlone]) {
        const { token, notEditable } = await host.client.sessions.get({ connection, key });
        expect(notEditable).toMatchObject({
          code: "no_secret_key",
          message: expect.stringContaining("row in the table"),
          detail: { setting: "SECRET_KEY", half: "row" },
        });
        const draft = { connection, key, token, text: "{}", expiry: "keep" } as const;
        expect(await problemOf(host.client.sessions.save(draft))).toEqual(notEditable);
      }
      expect(await place.look(keys)).toEqual(before);
      const alone = await host.client.sessions.get({ connection, key: copyAlone });
      expect(alone.notEditable).toBeNull();
      const saved = await host.client.sessions.save({
        ...{ connection, key: copyAlone, token: alone.token, text: "{}", expiry: "keep" },
      });
      expect(saved.outcome).toBe("saved");
    });
  });
}

describe("both halves come back", () => {
  let redis: TestRedis;
  let memcached: TestMemcached;
  let postgres: TestServer;
  beforeAll(async () => {
    if (hasRedis) redis = await startRedis();
    if (hasMemcached) memcached = await startMemcached();
    if (hasPostgres) postgres = await startPostgres();
  });
  afterAll(async () => {
    await redis?.close();
    await memcached?.close();
    await postgres?.close();
  });

  restoresBoth("SQLite and Redis", hasRedis, async (host) => {
    await redis.client.flushall();
    const path = join(host.folder, "db.sqlite3");
    makeDatabase(path, []);
    return {
      connection: () => ({
        ...{ driver: "sqlite", options: { path } },
        cachedBy: {
          driver: "redis",
          options: { hosts: `127.0.0.1:${redis.port}`, layout: "cached_db" },
        },
      }),
      async row(key, value, expires) {
        const at = expires.toISOString().replace("T", " ").replace("Z", "456");
        sql(path, "INSERT INTO django_session VALUES (?, ?, ?)", key, signed(value), at);
      },
      async copy(key, value, expires) {
        await redis.client.set(prefix + key, value, "PXAT", expires * 1000 + 789);
      },
      async look(keys) {
        const copies: unknown[] = [];
        for (const key of keys) {
          const value = await redis.client.getBuffer(prefix + key);
          if (value) copies.push([key, value, await redis.client.pexpiretime(prefix + key)]);
        }
        return { rows: sql(path, "SELECT * FROM django_session ORDER BY session_key"), copies };
      },
      cleanUp: async () => {},
    };
  });

  restoresBoth("PostgreSQL and memcached", hasPostgres && hasMemcached, async () => {
    await memcached.say("flush_all\r\n", 1);
    const database = await newDatabase(postgres);
    const { host, port, user, password } = postgres;
    const client = new pg.Client({ host, port, user, password, database });
    await client.connect();
    return {
      connection: () => ({
        ...{ driver: "postgres", options: { host, port, user, password, database } },
        cachedBy: {
          driver: "memcached",
          options: { hosts: `127.0.0.1:${memcached.port}`, layout: "cached_db" },
        },
      }),
      async row(key, value, expires) {
        await client.query("INSERT INTO django_session VALUES ($1, $2, $3)", [
          ...[key, signed(value), expires],
        ]);
      },
      async copy(key, value, expires) {
        const command = `set ${prefix}${key} 1 ${expires} ${value.length}\r\n`;
        await memcached.say(Buffer.concat([Buffer.from(command), value, Buffer.from("\r\n")]), 1);
      },
      async look(keys) {
        const { rows } = await client.query(
          "SELECT session_key, session_data, expire_date::text FROM django_session ORDER BY 1",
        );
        const copies: unknown[] = [];
        for (const key of keys) {
          // Both answered within one second of the server's clock, or nearly.
          const text = await ask(
            memcached.port,
            `mg ${prefix}${key} v f t\r\nstats\r\n`,
            "END\r\n",
          );
          const [, value = "", left = "", data = ""] =
            /^VA (\d+ f\d+) t(\d+)\r\n(.*)\r\nSTAT pid/s.exec(text) ?? [];
          const time = /STAT time (\d+)/.exec(text)?.[1];
          if (value) copies.push([key, value, data, Number(time) + Number(left)]);
        }
        return { rows, copies };
      },
      async cleanUp() {
        await client.end();
        await dropDatabase(postgres, database);
      },
    };
  });

  it("of a purge, where the cache keeps what has ended", async () => {
    const host = startHost();
    const path = join(host.folder, "db.sqlite3");
    makeDatabase(path, [{ key: keyOf("ended"), days: -1 }]);
    sql(
      path,
      "CREATE TABLE django_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires datetime NOT NULL)",
    );
    const copy = pickled('{"of":"the cache"}').toString("base64");
    const at = "2026-01-02 03:04:05";
    sql(path, "INSERT INTO django_cache VALUES (?, ?, ?)", prefix + keyOf("ended"), copy, at);
    const look = () => [
      ...sql(path, "SELECT * FROM django_session"),
      ...sql(path, "SELECT * FROM django_cache"),
    ];
    const before = look();
    expect(before).toHaveLength(2);
    const { client } = host;
    const { id: connection } = await client.connections.save({
      connection: connectionSchema.parse({
        ...{ id: "", name: "shop", driver: "sqlite", options: { path } },
        cachedBy: { driver: "sqlite-cache", options: { path, layout: "cached_db" } },
      }),
    });
    await client.connections.open({ connection, secrets: { secretKey } });
    await client.connections.unlock({ connection });
    const cutoff = new Date().toISOString().replace("Z", "000Z");
    const { binJob, done } = await ended(
      client,
      (await client.purge.start({ connection, cutoff })).job,
    );
    expect(done).toBe(1);
    expect(look()).toEqual([]);
    const usage = await client.bin.usage();
    expect(usage.bytes).toBeGreaterThan(copy.length);
    expect(await client.bin.restore({ job: binJob ?? "" })).toMatchObject({ done: 1 });
    expect(look()).toEqual(before);
    expect(await client.bin.remove({ job: binJob ?? "" })).toMatchObject({ bytes: 0 });
    await host.close();
  });

  it("of a delete, where the cache names its sessions by hashes", async () => {
    const host = startHost();
    const path = join(host.folder, "db.sqlite3");
    const cache = join(host.folder, "cache");
    mkdirSync(cache);
    const django = project({
      database: path,
      secretKey,
      sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cached_db" },
      caches: {
        default: {
          BACKEND: "django.core.cache.backends.filebased.FileBasedCache",
          LOCATION: cache,
        },
      },
    });
    const key = django.run<string>(
      'session = SessionStore()\nsession["n"] = 1\nsession.save()\nresult = session.session_key',
    );
    const look = () => [
      ...sql(path, "SELECT * FROM django_session"),
      ...readdirSync(cache).map((name) => [name, readFileSync(join(cache, name))]),
    ];
    const before = look();
    expect(before).toHaveLength(2);
    const { client } = host;
    const { id: connection } = await client.connections.save({
      connection: connectionSchema.parse({
        ...{ id: "", name: "shop", driver: "sqlite", options: { path } },
        cachedBy: { driver: "file-cache", options: { path: cache, layout: "cached_db" } },
      }),
    });
    const store = await client.connections.open({ connection, secrets: { secretKey } });
    expect(store.capabilities.partial).toContain("hashes");
    const page = await client.sessions.page({ connection });
    expect(page.rows.map(({ key, pair }) => [key, pair])).toEqual([[key, "same"]]);
    await client.connections.unlock({ connection });
    const { token } = await client.sessions.get({ connection, key });
    const draft = { connection, key, token, text: '{"n": 2}', expiry: "recompute" } as const;
    expect(await client.sessions.save(draft)).toMatchObject({
      ...{ outcome: "saved", session: { row: { pair: "same" } } },
    });
    expect(django.run("result = SessionStore(given)['n']", key)).toBe(2);
    const [edit] = await client.bin.jobs({ connection });
    await client.bin.restore({ job: edit?.id ?? "" });
    expect(look()).toEqual(before);
    const { job } = await client.sessions.delete({ connection, keys: [key] });
    expect(look()).toEqual([]);
    await client.bin.restore({ job: job ?? "" });
    expect(look()).toEqual(before);
    expect(django.run("result = SessionStore(given)['n']", key)).toBe(1);
    await host.close();
  });
});
