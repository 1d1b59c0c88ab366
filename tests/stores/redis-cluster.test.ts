/** A cluster that is not at rest: slots on their way, a master that fails, writers that race. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/main/stores/driver.ts";
import {
  hasRedis,
  startCluster,
  type TestCluster,
  type TestRedis,
  until,
} from "../servers/redis.ts";
import { addReplicas, moveKeys, slotsOf } from "../servers/redis-cluster.ts";
import { keyOf } from "./conformance.ts";
import { openRedis, redisKey } from "./redis-place.ts";

const COUNT = 6000;
const AHEAD = Math.floor(Date.now() / 1000) * 1000 + 86_400_123;
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

/** Keys given, in the order given; `each` is called after every step. */
async function scanned(store: Store, each: (count: number) => Promise<void>): Promise<string[]> {
  const all: string[] = [];
  for await (const step of store.scan({ order: "expires", batch: 100, maxData: 1000 })) {
    all.push(...step.map(({ key }) => key));
    await each(all.length);
  }
  return all;
}

describe.runIf(hasRedis)("a cluster that changes", () => {
  let cluster: TestCluster;
  let replicas: TestRedis[];
  let store: Store;
  let names: string[];
  const url = () =>
    `redis+cluster://127.0.0.1:${cluster.nodes[0]?.port}?hosts=${cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  const node = (index: number): TestRedis => {
    const found = cluster.nodes[index % 3];
    if (!found) throw new Error(`There is no node ${index}.`);
    return found;
  };

  beforeEach(async () => {
    cluster = await startCluster();
    replicas = [];
    store = await openRedis(url(), { writable: true });
    names = range(0, COUNT).map(keyOf);
    for (let start = 0; start < COUNT; start += 500)
      await Promise.all(
        names
          .slice(start, start + 500)
          .map((key) =>
            store.write({ key, data: `of ${key}`, expires: iso(AHEAD), expected: null }),
          ),
      );
  }, 60_000);
  afterEach(async () => {
    await store.close();
    for (const one of replicas) await one.close();
    await cluster.close();
  });

  /** The masters in the order a scan goes through them. */
  async function order(): Promise<TestRedis[]> {
    const first: TestRedis[] = [];
    const sizes = await Promise.all(cluster.nodes.map(({ client }) => client.dbsize()));
    expect(sizes.every((size) => size > 1500)).toBe(true);
    const places = new Map<string, TestRedis>();
    for (const one of cluster.nodes) {
      const keys = await one.client.keys(redisKey("*"));
      for (const key of keys) places.set(key.slice(redisKey("").length), one);
    }
    await scanned(store, async () => {}).then((keys) => {
      for (const key of keys) {
        const place = places.get(key);
        if (place && !first.includes(place)) first.push(place);
      }
    });
    return first;
  }
  const slotStart = async (one: TestRedis) => Number(/^\d+/.exec(await slotsOf(one))?.[0]);

  it.each(["handed over", "left open"])(
    "meets every session once while slots move to a master that had its turn: %s",
    async (end) => {
      const [first, , last] = await order();
      if (!first || !last) throw new Error("There are no three masters.");
      const size = await last.client.dbsize();
      const slots = range(await slotStart(last), 800);
      let moved = false;
      const seen = await scanned(store, async (count) => {
        // The first master has been gone through, the last one has not been begun.
        if (moved || count < COUNT / 2) return;
        moved = true;
        const moving = await moveKeys(cluster, last, first, slots);
        if (end === "handed over") await moving.finish();
      });
      expect(moved).toBe(true);
      expect(size - (await last.client.dbsize())).toBeGreaterThan(100);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.toSorted()).toEqual(names);
    },
    60_000,
  );

  it("counts, pages, edits and deletes sessions of slots that are on their way", async () => {
    const [first, second] = [node(0), node(1)];
    await moveKeys(cluster, first, second, range(await slotStart(first), 400));
    expect(await slotsOf(first)).toContain("->-");
    expect(await store.count({})).toBe(COUNT);
    const page = await store.page({ order: "expires", limit: COUNT, maxData: 1000 });
    expect(page.map(({ key }) => key).toSorted()).toEqual(names);
    expect(page.every(({ key, data }) => data === `of ${key}`)).toBe(true);
    for (const { key, token } of page.slice(0, 300)) {
      const written = await store.write({ key, data: "new", expires: null, expected: token });
      expect(written.outcome).toBe("done");
      const deleted = await store.delete(key, written.outcome === "done" ? written.token : "");
      expect(deleted.outcome).toBe("done");
    }
    expect(await store.count({})).toBe(COUNT - 300);
  }, 60_000);

  it("is gone through by a user who may not ask for its nodes", async () => {
    const rules = ["reset", "on", ">pw", "~*", "+@read", "+@scripting", "+ping", "+cluster|slots"];
    for (const { client } of cluster.nodes) await client.call("ACL", "SETUSER", "reader", ...rules);
    const limited = await openRedis(url().replace("//", "//reader:pw@"));
    expect(await limited.count({})).toBe(COUNT);
    expect((await scanned(limited, async () => {})).toSorted()).toEqual(names);
    await limited.close();
  }, 60_000);

  it("ends with a problem where slots never come to rest", async () => {
    let from = node(0);
    const slots = range(await slotStart(from), 1);
    let steps = 0;
    let added = 0;
    const work = scanned(store, async () => {
      // There and on again in every round, and something new to be met in the next one.
      if (++steps < 50) return;
      const target = node(cluster.nodes.indexOf(from) + 1);
      await (await moveKeys(cluster, from, target, slots)).finish();
      from = target;
      const fresh = range(added, 60).map((number) => `new${number}`.padEnd(32, "y"));
      added += fresh.length;
      await Promise.all(
        fresh.map((key) => store.write({ key, data: "x", expires: iso(AHEAD), expected: null })),
      );
    });
    await expect(work).rejects.toMatchObject({ problem: { code: "store_failed" } });
    await store.close();
    store = await openRedis(url(), { writable: true });
    expect(await store.count({})).toBe(COUNT + added);
  }, 90_000);

  it("meets every session once while a master fails and its replica takes over", async () => {
    replicas = await addReplicas(cluster);
    for (const [index, one] of replicas.entries())
      await until(async () => (await one.client.dbsize()) === (await node(index).client.dbsize()));
    const [first] = await order();
    const index = first ? cluster.nodes.indexOf(first) : -1;
    let failed = false;
    const seen = await scanned(store, async (count) => {
      if (failed || count < 300) return;
      failed = true;
      await first?.stop();
    });
    expect(failed).toBe(true);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted()).toEqual(names);
    expect(await replicas[index]?.client.info("replication")).toContain("role:master");
  }, 90_000);

  it("says so where a master fails that has no replica", async () => {
    const [first] = await order();
    let failed = false;
    const work = scanned(store, async (count) => {
      if (failed || count < 300) return;
      failed = true;
      await first?.stop();
    });
    await expect(work).rejects.toMatchObject({ problem: { code: "store_gone" } });
  }, 120_000);

  it("lets one of many racing writers win, key by key", async () => {
    const other = await openRedis(url(), { writable: true });
    const racers = [store, other];
    const keys = names.slice(0, 40);
    for (const key of keys) {
      const token = (await store.get(key, 1000))?.token ?? "";
      const outcomes = await Promise.all(
        range(0, 12).map((index) => {
          const racer = racers[index % 2] ?? store;
          return index % 3 === 2
            ? racer.delete(key, token)
            : racer.write({ key, data: `d${index}`, expires: null, expected: token });
        }),
      );
      expect(outcomes.filter(({ outcome }) => outcome === "done")).toHaveLength(1);
      const winner = outcomes.findIndex(({ outcome }) => outcome === "done");
      const left = await other.get(key, 1000);
      expect(left?.data ?? null).toBe(winner % 3 === 2 ? null : `d${winner}`);
    }
    await other.close();
  }, 60_000);
});
