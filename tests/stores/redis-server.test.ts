/** Redis as sites run it: layouts of keys, TLS, ACL users, sockets, a cluster, a failover, and servers that go away. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { driverForUrl } from "../../src/main/stores/list.ts";
import { redis } from "../../src/main/stores/redis.ts";
import { seenKeys } from "../../src/main/stores/redis-seen.ts";
import { startProxy } from "../servers/proxy.ts";
import {
  hasRedis,
  MASTER_NAME,
  PASSWORD,
  startCluster,
  startGuarded,
  startRedis,
  startSentinel,
  type TestCluster,
  type TestRedis,
  until,
} from "../servers/redis.ts";
import { codeOf, keyOf } from "./conformance.ts";
import { openRedis, redisKey } from "./redis-place.ts";

const AHEAD = Math.floor(Date.now() / 1000) * 1000 + 86_400_123;
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

async function scanned(store: Store, each?: (count: number) => void | Promise<void>) {
  const all: string[] = [];
  for await (const step of store.scan({ order: "expires", batch: 100, maxData: 1000 })) {
    all.push(...step.map(({ key }) => key));
    await each?.(all.length);
  }
  return all;
}

async function fill(client: TestRedis["client"], count: number, key = redisKey): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => keyOf(index));
  for (let start = 0; start < count; start += 5000) {
    const pipeline = client.pipeline();
    for (const name of names.slice(start, start + 5000))
      pipeline.set(key(name), "data", "PXAT", AHEAD);
    await pipeline.exec();
  }
  return names;
}

/** The problem, with the step it names. */
async function failure(work: () => Promise<unknown>): Promise<[code: string, step: unknown]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProblemError) return [error.problem.code, error.problem.detail?.["step"]];
    throw error;
  }
  return ["no problem", undefined];
}

describe("addresses", () => {
  const parsed = (url: string) => redis.options.parse(redis.fromUrl(new URL(url)));
  it.each([
    [
      "redis://u:p%40ss@db.example.org/3",
      { hosts: "db.example.org:6379", db: 3, user: "u", password: "p@ss" },
    ],
    ["rediss://db:7000/0?ca=/ca.pem", { tls: "verify-full", tlsCa: "/ca.pem", hosts: "db:7000" }],
    ["rediss://db?ssl_cert_reqs=none", { tls: "require" }],
    [
      "unix:///run/redis.sock?db=2&prefix=shop",
      { hosts: "/run/redis.sock", db: 2, prefix: "shop" },
    ],
    [
      "redis+sentinel://s1,s2/mymaster/4",
      { mode: "sentinel", hosts: "s1,s2", masterName: "mymaster", db: 4 },
    ],
    [
      "redis+cluster://c1:7000?hosts=c1:7000,c2:7001",
      { mode: "cluster", hosts: "c1:7000,c2:7001" },
    ],
    [
      "redis://[::1]:7000/1?key_prefix=a&version=2&layout=cached_db",
      { hosts: "[::1]:7000", prefix: "a", version: 2, layout: "cached_db" },
    ],
  ])("%s", (url, expected) => {
    expect(parsed(url)).toMatchObject(expected);
    expect(driverForUrl(url)?.driver.name).toBe("redis");
    // Names the place to people and files: never its password.
    for (const text of [redis.identity(parsed(url)), redis.suggestName(parsed(url))])
      expect(text).not.toMatch(/p@ss|p%40ss/);
  });

  it("refuses what it does not know", async () => {
    expect(await codeOf(() => parsed("redis://db/x"))).toBe("bad_request");
    expect(await codeOf(() => parsed("redis://db?no_such=1"))).toBe("bad_request");
  });
});

it("knows a key again, in a few bytes each", () => {
  const seen = seenKeys();
  const add = (index: number) => {
    const key = Buffer.from(redisKey(keyOf(index)));
    return seen.add(key, 0, key.length);
  };
  const before = process.memoryUsage().arrayBuffers;
  let fresh = 0;
  for (let index = 0; index < 200_000; index++) fresh += add(index) ? 1 : 0;
  expect(fresh).toBe(200_000);
  for (let index = 0; index < 200_000; index += 7) fresh += add(index) ? 1 : 0;
  expect(fresh).toBe(200_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024);
});

describe.runIf(hasRedis)("one server", () => {
  let server: TestRedis;
  const url = (query = "") => `redis://127.0.0.1:${server.port}/0${query}`;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    await server.client.flushall();
  });
  afterAll(() => server.close());

  it.each([
    ["", (key: string) => `:1:django.contrib.sessions.cache${key}`],
    [
      "?prefix=shop*[a]&version=2",
      (key: string) => `shop*[a]:2:django.contrib.sessions.cache${key}`,
    ],
    ["?layout=cached_db", (key: string) => `:1:django.contrib.sessions.cached_db${key}`],
    ["?layout=redis-sessions", (key: string) => key],
    ["?layout=redis-sessions&prefix=app", (key: string) => `app:${key}`],
    ["?layout=session", (key: string) => `session:${key}`],
    [
      "?prefix=p&template=%7Bprefix%7D|%7Bversion%7D|%7Bkey%7D|s",
      (key: string) => `p|1|django.contrib.sessions.cache${key}|s`,
    ],
  ])("finds the keys of %s and no others", async (query, key) => {
    const names = await fill(server.client, 20, key);
    const others = ["other", "shopXa:2:django.contrib.sessions.cachea", "app", ":1:lock"];
    for (const other of others) await server.client.set(other, "no session");
    await server.client.hset(key("h".repeat(32)), "a", "no string");
    const store = await openRedis(url(query), { writable: true });
    expect((await scanned(store)).sort()).toEqual(names);
    expect(await store.estimate()).toBeGreaterThanOrEqual(20);
    const written = await store.write({
      key: "n".repeat(32),
      data: "x",
      expires: null,
      expected: null,
    });
    expect(written.outcome).toBe("done");
    expect(await server.client.get(key("n".repeat(32)))).toBe("x");
    if (query === "?layout=redis-sessions")
      expect(await codeOf(() => store.get("other", 10))).toBe("bad_key");
    await store.close();
  });

  it("keeps an expiry to the millisecond, and the lack of one", async () => {
    await server.client.set(redisKey("a"), "one", "PXAT", AHEAD);
    await server.client.set(redisKey("b"), "one");
    const store = await openRedis(url(), { writable: true });
    for (const [key, at] of [
      ["a", AHEAD],
      ["b", -1],
    ] as const) {
      const entry = await store.get(key, 100);
      expect(entry?.expires).toBe(at < 0 ? null : iso(at));
      const written = await store.write({
        key,
        data: Buffer.from([0x80, 5, 0]),
        expires: entry?.expires ?? null,
        expected: entry?.token ?? "",
      });
      expect(written.outcome).toBe("done");
      expect(Number(await server.client.call("PEXPIRETIME", redisKey(key)))).toBe(at);
      expect(await store.get(key, 100)).toMatchObject({
        data: Buffer.from([0x80, 5, 0]),
        token: written.outcome === "done" ? written.token : "",
      });
    }
    // The value is the same, but somebody renewed it.
    const read = await store.get("a", 100);
    await server.client.pexpireat(redisKey("a"), AHEAD + 1);
    expect(await store.delete("a", read?.token ?? "")).toEqual({ outcome: "conflict" });
    expect(
      await codeOf(() =>
        store.write({
          key: "z",
          data: "x",
          expires: "2020-01-01T00:00:00.000000Z",
          expected: null,
        }),
      ),
    ).toBe("bad_request");
    await store.close();
  });

  it("finds and purges sessions that never expire, and those alone", async () => {
    await fill(server.client, 50);
    for (let index = 0; index < 30; index++) await server.client.persist(redisKey(keyOf(index)));
    const store = await openRedis(url(), { writable: true });
    const counts = await Array.fromAsync(store.purgeCount?.("2100-01-01T00:00:00.000000Z") ?? []);
    expect(counts.at(-1)).toMatchObject({
      count: 0,
      exact: true,
      neverRemoved: { count: 30, bytes: 120 },
    });
    const cutoff = await store.now();
    expect(await store.purgeBatch?.({ cutoff, limit: 10 })).toMatchObject({
      deleted: 0,
      finished: true,
    });
    const kept: string[] = [];
    const purge = () =>
      store.purgeBatch?.({
        ...{ cutoff, limit: 10, includeNeverRemoved: true },
        keep: (entries) => kept.push(...entries.map(({ key, data }) => `${key} ${data}`)),
      });
    expect(await purge()).toMatchObject({ deleted: 10, finished: false });
    // Given an end meanwhile: it stays.
    for (const key of await server.client.keys("*")) await server.client.pexpireat(key, AHEAD);
    let batch = await purge();
    while (batch && !batch.finished) batch = await purge();
    expect(kept.slice(0, 10).every((one) => one.endsWith(" data"))).toBe(true);
    expect(await store.count({})).toBe(40);
    await store.close();
  });

  it("fetches no large values for lists", async () => {
    const large = 20 * 1024 * 1024;
    await server.client.set(redisKey("big"), "x".repeat(large), "PXAT", AHEAD);
    for (let index = 0; index < 30; index++)
      await server.client.set(redisKey(`m${index}`), "y".repeat(900_000), "PXAT", AHEAD);
    const store = await openRedis(url());
    const sent = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await server.client.info("stats"))?.[1]);
    const before = await sent();
    expect(await store.page({ order: "expires", limit: 50, maxData: 1000 })).toHaveLength(31);
    expect((await sent()) - before).toBeLessThan(200_000);
    const scans = { order: "expires", batch: 50, maxData: 1000 } as const;
    const sizes = async (more: object) =>
      (await Array.fromAsync(store.scan({ ...scans, ...more })))
        .flat()
        .map(({ size, data }) => [size, data])
        .toSorted();
    expect(await sizes({})).toEqual([[large, null], ...Array(30).fill([900_000, null])].toSorted());
    // What is out of bounds is not asked for at all.
    expect(await sizes({ minSize: 1_000_000, maxData: 1_000_000 })).toEqual([[large, null]]);
    expect((await sent()) - before).toBeLessThan(400_000);
    // More than one answer holds: asked for in several.
    const page = await store.page({ order: "expires", limit: 50, maxData: 1_000_000 });
    expect(page.filter(({ data }) => data !== null)).toHaveLength(30);
    expect((await store.get("big", 2 ** 31))?.data).toHaveLength(large);
    await store.close();
  });

  it("goes on from the key where its listing is forgotten", async () => {
    await fill(server.client, 300);
    const store = await openRedis(url());
    const first = await store.page({ order: "expires", limit: 100, maxData: 10 });
    for (let turn = 0; turn < 6; turn++)
      await store.page({ order: "expires", limit: 1, maxData: 10 });
    const after = first.at(-1)?.cursor ?? "";
    const rest = await store.page({ order: "expires", limit: 300, maxData: 10, after });
    const keys = new Set([...first, ...rest].map(({ key }) => key));
    expect(keys.size).toBe(300);
    await store.close();
  });

  it("sends no command that writes while it is locked", async () => {
    await fill(server.client, 500);
    await server.client.config("RESETSTAT");
    const store = await openRedis(url());
    await scanned(store);
    await store.page({ order: "expires", limit: 10, maxData: 10 });
    await store.facts();
    await store.get(keyOf(1), 10);
    const stats = await server.client.info("commandstats");
    const used = [...stats.matchAll(/cmdstat_([a-z_|]+):/g)].map(([, name]) => name).sort();
    // What the clients say of themselves, and the test's own, beside what reads.
    expect(used).toEqual(expect.arrayContaining(["eval_ro", "scan"]));
    for (const name of used)
      expect([
        "scan",
        "eval_ro",
        "strlen",
        "get",
        "mget",
        "pexpiretime",
        "time",
        "dbsize",
        "info",
        "ping",
        "config|resetstat",
      ]).toContain(name);
    await store.close();
  });

  it("says that a server is away, and goes on when it is back", async () => {
    await fill(server.client, 2000);
    const store = await openRedis(url());
    const stopped = scanned(store, (count) => (count < 500 ? undefined : server.stop()));
    expect(await codeOf(() => stopped)).toBe("store_gone");
    await server.restart();
    await fill(server.client, 10);
    await until(async () => (await store.count({})) === 10);
    await store.close();
  });

  it("restarts a scan behind a cut connection, and shows nothing twice", async () => {
    const names = await fill(server.client, 5000);
    const proxy = await startProxy(server.port);
    const store = await openRedis(`redis://127.0.0.1:${proxy.port}/0`);
    let steps = 0;
    let cuts = 0;
    const seen = await scanned(store, () => {
      steps += 1;
      if (steps % 15 === 5 && cuts < 3) cuts += proxy.cut();
    });
    expect(cuts).toBe(3);
    expect(seen.sort()).toEqual(names);
    await store.close();
    await proxy.close();
  });

  it("does not hang on a server that keeps silent", async () => {
    const proxy = await startProxy(server.port);
    const silent = { commandTimeout: 1, connectTimeout: 1 };
    const store = await openRedis(`redis://127.0.0.1:${proxy.port}/0`, silent);
    proxy.hold = true;
    expect(await codeOf(() => store.get(keyOf(1), 10))).toBe("store_gone");
    expect(await failure(() => openRedis(`redis://127.0.0.1:${proxy.port}/0`, silent))).toEqual([
      "cannot_open",
      "TCP",
    ]);
    await store.close();
    await proxy.close();
  }, 30_000);
});

describe.runIf(hasRedis)("a guarded server", () => {
  let server: Awaited<ReturnType<typeof startGuarded>>;
  const at = (user: string, password = PASSWORD) =>
    `redis://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/0`;
  const tls = (more: string) => `rediss://127.0.0.1:${server.tlsPort}/0?${more}`;
  beforeAll(async () => {
    server = await startGuarded();
    await fill(server.client, 100);
  });
  afterAll(() => server.close());

  it("is reached over TLS with its own CA, verified or not, and by its socket", async () => {
    const { ca, strangerCa, client } = server.certificates;
    for (const url of [
      tls(`ca=${ca}`),
      tls(`ca=${ca}&cert=${client.cert}&key=${client.key}`),
      tls("tls=require"),
      `unix://${server.socket}`,
    ]) {
      const store = await openRedis(url);
      expect(await store.count({})).toBe(100);
      await store.close();
    }
    for (const url of [tls(`ca=${strangerCa}`), tls(""), tls("ca=/no/such.pem")])
      expect(await failure(() => openRedis(url))).toEqual(["cannot_open", "TLS"]);
  });

  it("says which step failed", async () => {
    expect(await failure(() => openRedis(at("reader", "wrong")))).toEqual([
      "cannot_open",
      "authentication",
    ]);
    expect(await failure(() => openRedis(`redis://127.0.0.1:${server.port}/99`))).toEqual([
      "cannot_open",
      "database",
    ]);
    expect(await failure(() => openRedis("redis://127.0.0.1:1/0"))).toEqual(["cannot_open", "TCP"]);
    expect(await failure(() => openRedis("redis://no-such-host.invalid/0"))).toEqual([
      "cannot_open",
      "name lookup",
    ]);
    expect(await failure(() => openRedis("unix:///no/such.sock"))).toEqual(["cannot_open", "TCP"]);
  });

  it("asks for a password where there is one", async () => {
    await server.client.call("ACL", "SETUSER", "default", "resetpass", ">other");
    expect(await failure(() => openRedis(`redis://127.0.0.1:${server.port}/0`))).toEqual([
      "cannot_open",
      "authentication",
    ]);
    await server.client.call("ACL", "SETUSER", "default", "nopass");
  });

  it("reads for a user who may not write, and says so of a write", async () => {
    const store = await openRedis(at("reader"), { writable: true });
    expect(await scanned(store)).toHaveLength(100);
    const token = (await store.get(keyOf(1), 10))?.token ?? "";
    expect(await codeOf(() => store.delete(keyOf(1), token))).toBe("read_only");
    expect(await store.get(keyOf(1), 10)).not.toBeNull();
    await store.close();
  });

  it("scans for a user who may use scripts and no MGET", async () => {
    const rules = ["reset", "on", `>${PASSWORD}`, "~*", "+@all", "-mget"];
    await server.client.call("ACL", "SETUSER", "single", ...rules);
    const store = await openRedis(at("single"));
    const entries = await Array.fromAsync(
      store.scan({ order: "expires", batch: 30, maxData: 1000 }),
    );
    expect(entries.flat()).toHaveLength(100);
    expect(entries.flat().every(({ data }) => data === "data")).toBe(true);
    await store.close();
  });

  it("reads in a pipeline for a user who may use no scripts", async () => {
    const store = await openRedis(at("plain"), { writable: true });
    const names = await scanned(store);
    expect(names).toHaveLength(100);
    const entry = await store.get(keyOf(1), 10);
    expect(entry).toMatchObject({ data: "data", size: 4 });
    expect(Math.abs(Date.parse(entry?.expires ?? "") - AHEAD)).toBeLessThan(5000);
    expect(await store.get("gone", 10)).toBeNull();
    const [left] = await store.page({ order: "expires", limit: 1, maxData: 2 });
    expect(left).toMatchObject({ data: null, size: 4 });
    expect(await codeOf(() => store.delete(keyOf(1), entry?.token ?? ""))).toBe("read_only");
    await store.close();
  });
});

describe.runIf(hasRedis)("a cluster of three masters", () => {
  let cluster: TestCluster;
  const url = () =>
    `redis+cluster://127.0.0.1:${cluster.nodes[0]?.port}?hosts=${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.close());

  it("is gone through on every master, and written to wherever a key lives", async () => {
    const writer = await openRedis(url(), { writable: true });
    const names = Array.from({ length: 600 }, (_, index) => keyOf(index));
    for (let start = 0; start < 600; start += 50)
      for (const { outcome } of await Promise.all(
        names
          .slice(start, start + 50)
          .map((key) =>
            writer.write({ key, data: `of ${key}`, expires: iso(AHEAD), expected: null }),
          ),
      ))
        expect(outcome).toBe("done");
    for (const { client } of cluster.nodes) expect(await client.dbsize()).toBeGreaterThan(100);
    expect((await scanned(writer)).sort()).toEqual(names);
    const parts = await Promise.all(
      [0, 1].map((index) =>
        Array.fromAsync(
          writer.scan({ order: "expires", batch: 50, maxData: 10, part: { index, of: 2 } }),
        ),
      ),
    );
    expect(
      parts
        .flat(2)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(names);
    const page = await writer.page({ order: "expires", limit: 1000, maxData: 1000 });
    expect(page.every(({ key, data }) => data === `of ${key}`)).toBe(true);
    expect(page).toHaveLength(600);
    expect(await writer.estimate()).toBe(600);
    for (const { key, token } of page.slice(0, 30))
      expect((await writer.delete(key, token)).outcome).toBe("done");
    expect(await writer.count({})).toBe(570);
    const entry = await writer.get(page[99]?.key ?? "", 1000);
    expect(
      await writer.setExpiry?.(entry?.key ?? "", iso(AHEAD + 5), entry?.token ?? ""),
    ).toMatchObject({ outcome: "done" });
    await writer.close();
    const reader = await openRedis(url());
    expect(await codeOf(() => reader.delete(keyOf(50), ""))).toBe("read_only");
    await reader.close();
  }, 60_000);
});

describe.runIf(hasRedis)("behind a sentinel", () => {
  it("goes on with a scan when the master fails and its replica takes over", async () => {
    const set = await startSentinel();
    try {
      const names = await fill(set.master.client, 3000);
      await until(async () => (await set.replica.client.dbsize()) === 3000);
      const store = await openRedis(`redis+sentinel://127.0.0.1:${set.port}/${MASTER_NAME}/0`, {
        writable: true,
      });
      let failed = false;
      const seen = await scanned(store, async (count) => {
        if (failed || count < 1000) return;
        failed = true;
        await set.master.stop();
      });
      expect(failed).toBe(true);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.sort()).toEqual(names);
      expect(await set.replica.client.info("replication")).toContain("role:master");
      const entry = await store.get(keyOf(7), 100);
      expect((await store.delete(keyOf(7), entry?.token ?? "")).outcome).toBe("done");
      await store.close();
    } finally {
      await set.close();
    }
  }, 90_000);

  it("says that a replica takes no writes", async () => {
    const set = await startSentinel();
    try {
      await fill(set.master.client, 3);
      await until(async () => (await set.replica.client.dbsize()) === 3);
      const store = await openRedis(`redis://127.0.0.1:${set.replica.port}/0`, { writable: true });
      const entry = await store.get(keyOf(1), 100);
      expect(await codeOf(() => store.delete(keyOf(1), entry?.token ?? ""))).toBe("read_only");
      expect((await store.facts()).map(({ title }) => title)).toContain("Replica");
      await store.close();
    } finally {
      await set.close();
    }
  }, 60_000);
});
