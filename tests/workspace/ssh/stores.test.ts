/**
 * Every kind of store through a real sshd. Servers count the connections they take: all of those that the app makes have
 * to be ones that sshd was asked for.
 */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connectionSchema } from "../../../src/shared/connection.ts";
import { hasMemcached, startMemcached } from "../../servers/memcached.ts";
import { connected, ownPostgres, startPostgres } from "../../servers/postgres.ts";
import { startProxy } from "../../servers/proxy.ts";
import {
  hasRedis,
  MASTER_NAME,
  startCluster,
  startRedis,
  startSentinel,
  type TestRedis,
} from "../../servers/redis.ts";
import { type Sshd, startSshd } from "../../servers/sshd.ts";
import { newDatabase } from "../../stores/postgres-place.ts";
import { redisKey } from "../../stores/redis-place.ts";
import { collect, problemOf, startHost, type TestHost } from "../host.ts";
import { inDays, keyOf, secretKey, signed } from "../store.ts";

let sshd: Sshd;
let host: TestHost;

beforeAll(async () => {
  sshd = await startSshd();
  writeFileSync(join(sshd.home, ".ssh", "known_hosts"), sshd.hostLine("ed25519"));
});
afterAll(() => sshd.close());
beforeEach(() => {
  host = startHost({ lookMs: 0, reconnectDelays: [50], env: { HOME: sshd.home } });
});
afterEach(() => host.close());

async function open(driver: string, options: object, more: object = {}): Promise<string> {
  const connection: Connection = connectionSchema.parse({
    ...{ id: "", name: "behind", driver, options },
    tunnel: { host: sshd.host, port: sshd.port, user: sshd.user },
    ...more,
  });
  const tested = await host.client.connections.test({ connection, secrets: {} });
  expect(tested.steps.filter(({ level }) => level === "failed")).toEqual([]);
  const { id } = await host.client.connections.save({ connection });
  await host.client.connections.open({ connection: id, secrets: { secretKey } });
  return id;
}

/** Found by a scan in worker threads. */
async function keysIn(connection: string): Promise<string[]> {
  const events = await collect(
    host.client.sessions.scan({ connection, filter: "size:>1", order: "expires" }),
  );
  const rows = events.flatMap((event) => (event.type === "rows" ? event.rows : []));
  return rows.map(({ key }) => key).sort();
}

const taken = async (client: Redis): Promise<number> =>
  Number(/total_connections_received:(\d+)/.exec(await client.info("stats"))?.[1]);

/** What a server's own count and sshd's have grown by since. */
async function counting(nodes: readonly TestRedis[]) {
  const before = await Promise.all(nodes.map(({ client }) => taken(client)));
  return async () =>
    Promise.all(
      nodes.map(async ({ client, port }, index) => ({
        taken: (await taken(client)) - (before[index] ?? 0),
        led: sshd.forwards(port),
      })),
    );
}

describe.skipIf(!hasRedis)("Redis", () => {
  test("Cluster: every master, though only one is named", async () => {
    const cluster = await startCluster();
    try {
      const keys = Array.from({ length: 60 }, (_, index) => keyOf(index));
      for (const key of keys)
        for (const { client } of cluster.nodes)
          await client.set(redisKey(key), "data", "EX", 3600).catch(() => {});
      const counts = await counting(cluster.nodes);
      const connection = await open("redis", {
        mode: "cluster",
        hosts: `127.0.0.1:${cluster.nodes[0]?.port}`,
      });
      expect(await keysIn(connection)).toEqual(keys);
      await host.client.connections.unlock({ connection });
      const some = keys.slice(0, 9);
      expect(await host.client.sessions.delete({ connection, keys: some })).toMatchObject({
        done: 9,
      });
      for (const { taken, led } of await counts()) {
        expect(led).toBeGreaterThan(0);
        expect(taken).toBe(led);
      }
    } finally {
      await host.close();
      host = startHost();
      await cluster.close();
    }
  });

  test("Sentinel: the master it names, and the next one after a failover", async () => {
    const sentinel = await startSentinel();
    const { master, replica } = sentinel;
    try {
      await master.client.set(redisKey(keyOf("a")), "data", "EX", 3600);
      const counts = await counting([master]);
      const connection = await open("redis", {
        ...{ mode: "sentinel", masterName: MASTER_NAME, hosts: `127.0.0.1:${sentinel.port}` },
      });
      expect(await keysIn(connection)).toEqual([keyOf("a")]);
      expect(sshd.forwards(sentinel.port)).toBeGreaterThan(0);
      const [count] = await counts();
      expect(count?.taken).toBe(count?.led);
      await master.client.wait(1, 1000);
      await master.stop();
      const page = () => host.client.sessions.page({ connection, order: "expires", limit: 10 });
      let rows: readonly { key: string }[] = [];
      for (let turn = 0; rows.length === 0 && turn < 100; turn++)
        rows = await page().then(
          (answer) => answer.rows,
          () => [],
        );
      expect(rows.map(({ key }) => key)).toEqual([keyOf("a")]);
      expect(sshd.forwards(replica.port)).toBeGreaterThan(0);
    } finally {
      await host.close();
      host = startHost();
      await sentinel.close();
    }
  }, 60_000);

  test("a name that the SSH host does not know, and a port that refuses, are said as such", async () => {
    const failing = async (options: object) => {
      const connection = connectionSchema.parse({
        ...{ id: "", name: "nowhere", driver: "redis", options },
        tunnel: { host: sshd.host, port: sshd.port, user: sshd.user },
      });
      const { steps } = await host.client.connections.test({ connection, secrets: {} });
      return steps.map(({ step, level }) => `${step} ${level}`);
    };
    expect(await failing({ hosts: "no-such.invalid:6379" })).toEqual(["ssh ok", "lookup failed"]);
    expect(await failing({ hosts: "127.0.0.1:1" })).toEqual(["ssh ok", "lookup ok", "tcp failed"]);
    const cluster = { hosts: "127.0.0.1:1,no-such.invalid:1", mode: "cluster" };
    expect((await failing(cluster)).at(-1)).toMatch(/^(tcp|lookup) failed$/);
  });
});

test.skipIf(!hasMemcached)("Memcached: two servers", async () => {
  const servers = [await startMemcached(), await startMemcached()];
  try {
    // Each look is a connection of its own.
    const connections = async () =>
      Promise.all(
        servers.map(async ({ port }) => {
          const socket = connect(port, "127.0.0.1").setEncoding("latin1");
          socket.end("stats\r\n");
          const said = (await socket.toArray()).join("");
          return Number(/total_connections (\d+)/.exec(said)?.[1]);
        }),
      );
    for (const [index, { say }] of servers.entries())
      await say(`set ${redisKey(keyOf(index))} 16 3600 4\r\ndata\r\n`, 1);
    const before = await connections();
    const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(",");
    const connection = await open("memcached", { hosts });
    expect(await keysIn(connection)).toEqual([keyOf(0), keyOf(1)]);
    const after = await connections();
    for (const [index, { port }] of servers.entries()) {
      expect(sshd.forwards(port)).toBeGreaterThan(0);
      expect((after[index] ?? 0) - (before[index] ?? 0) - 1).toBe(sshd.forwards(port));
    }
  } finally {
    for (const server of servers) await server.close();
  }
});

test.skipIf(!ownPostgres || !hasRedis)(
  "cached_db: the table and its cache",
  async () => {
    const server = await startPostgres();
    const cache = await startRedis();
    try {
      const database = await newDatabase(server);
      const client = await connected(server, database);
      const sessions = "SELECT sum(sessions)::int AS n FROM pg_stat_database WHERE datname = $1";
      for (const name of ["both", "row"])
        await client.query("INSERT INTO django_session VALUES ($1, $2, $3)", [
          ...[keyOf(name), signed('{"n":1}'), inDays(7)],
        ]);
      const cached = `:1:django.contrib.sessions.cached_db${keyOf("both")}`;
      await cache.client.set(cached, Buffer.from("80047d948c016e944b01732e", "hex"), "EX", 3600);
      const counts = await counting([cache]);
      const before = (await client.query<{ n: number }>(sessions, [database])).rows[0]?.n ?? 0;
      const { port, user, password, host: place } = server;
      const connection = await open(
        "postgres",
        { ...{ host: place, port, user, password, database }, usersTable: "" },
        {
          cachedBy: {
            driver: "redis",
            options: { hosts: `127.0.0.1:${cache.port}`, layout: "cached_db" },
          },
        },
      );
      const { rows } = await host.client.sessions.page({ connection, order: "expires", limit: 10 });
      expect(Object.fromEntries(rows.map(({ key, pair }) => [key, pair]))).toEqual({
        [keyOf("both")]: "same",
        [keyOf("row")]: "rowOnly",
      });
      await host.client.connections.unlock({ connection });
      const keys = [keyOf("both")];
      expect(await host.client.sessions.delete({ connection, keys })).toMatchObject({ done: 1 });
      expect(await cache.client.exists(cached)).toBe(0);
      const [count] = await counts();
      expect(count?.led).toBeGreaterThan(0);
      expect(count?.taken).toBe(count?.led);
      await host.client.connections.close({ connection });
      expect(sshd.forwards(port)).toBeGreaterThan(0);
      // The server counts a connection when it has ended.
      await expect
        .poll(
          async () =>
            ((await client.query<{ n: number }>(sessions, [database])).rows[0]?.n ?? 0) - before,
          { timeout: 10_000 },
        )
        .toBe(sshd.forwards(port));
      await client.end();
    } finally {
      await host.close();
      host = startHost();
      await cache.close();
      await server.close();
    }
  },
  60_000,
);

test.skipIf(!hasRedis)(
  "a lost SSH host is said, and the store comes back with it",
  async () => {
    const server = await startRedis();
    const proxy = await startProxy(sshd.port);
    const known = ["", `[127.0.0.1]:${proxy.port}`].map((at) =>
      sshd.hostLine("ed25519", at || undefined),
    );
    writeFileSync(join(sshd.home, ".ssh", "known_hosts"), known.join(""));
    try {
      await server.client.set(redisKey(keyOf("a")), "data", "EX", 3600);
      const tunnel = { host: sshd.host, port: proxy.port, user: sshd.user };
      const connection = await open("redis", { hosts: `127.0.0.1:${server.port}` }, { tunnel });
      const page = () => host.client.sessions.page({ connection, order: "expires", limit: 10 });
      const stop = new AbortController();
      const events = await host.client.app.events(undefined, { signal: stop.signal });
      const steps: unknown[] = [];
      for await (const event of events) {
        if (event.type === "hello") {
          proxy.refuse = true;
          proxy.cut();
          expect((await problemOf(page())).code).toBe("store_gone");
        }
        if (event.type !== "connection") continue;
        if (event.state === "lost") steps.push(event.problem?.detail?.["step"]);
        if (event.state === "lost" && event.attempt > 1) proxy.refuse = false;
        if (event.state === "back") break;
      }
      stop.abort();
      expect(steps.at(-1)).toBe("ssh");
      expect((await page()).rows).toHaveLength(1);
    } finally {
      await host.close();
      host = startHost();
      await proxy.close();
      await server.close();
    }
  },
  60_000,
);
