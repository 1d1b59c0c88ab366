/** Redis going away in the middle of a purge or a scan: what is deleted is in the recycle bin, and the rest is resumed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PurgeEvent, purgeTask } from "../../src/main/jobs/purge-task.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { redis } from "../../src/main/stores/redis.ts";
import { openContext } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { startProxy } from "../servers/proxy.ts";
import { hasRedis, startRedis, type TestRedis, until } from "../servers/redis.ts";
import { keyOf } from "./conformance.ts";
import { openRedis, redisKey } from "./redis-place.ts";

const ENDLESS = 3000;
const LIVING = 400;
const AHEAD = Math.floor(Date.now() / 1000) * 1000 + 86_400_123;
const named = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => keyOf(from + at));
const endless = named(0, ENDLESS);
const living = named(ENDLESS, LIVING);

describe.runIf(hasRedis)("Redis goes away", () => {
  let server: TestRedis;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sessionscope-redis-faults-"));
    server = await startRedis(["--appendonly", "yes", "--appendfsync", "always"]);
    const pipeline = server.client.pipeline();
    for (const key of endless) pipeline.set(redisKey(key), `of ${key}`);
    for (const key of living) pipeline.set(redisKey(key), `of ${key}`, "PXAT", AHEAD);
    await pipeline.exec();
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const binPath = () => join(folder, "bin.sqlite3");
  const open = (port: number) =>
    openContext({
      connection: connectionSchema.parse({
        ...{ id: "redis", name: "redis", driver: "redis" },
        options: redis.options.parse(redis.fromUrl(new URL(`redis://127.0.0.1:${port}/0`))),
      }),
      keys: { fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
      settings: filledSettings({}),
      writable: true,
      binPath: binPath(),
    });

  /** The purge of sessions that never expire, as its worker runs it: what it told, and the code it ended with. */
  async function purged(context: Awaited<ReturnType<typeof open>>["context"]) {
    const events: PurgeEvent[] = [];
    const control = { signal: new AbortController().signal, whilePaused: async () => {} };
    const input = {
      ...{ identity: "here", title: "A purge", needs: null, cutoff: await context.store.now() },
      ...{ includeNeverRemoved: true, backup: true, maxLockMs: 50, pauseMs: 0 },
    };
    let ended = "done";
    try {
      for await (const event of purgeTask(context, input, control)) events.push(event);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      ended = error.problem.code;
    }
    const rows = events.reduce((sum, one) => sum + (one.type === "batch" ? one.rows : 0), 0);
    return { ended, rows };
  }

  /** Until so many are deleted, without a pause: a purge takes half a second. */
  async function gone(count: number): Promise<void> {
    while ((await server.client.dbsize()) > ENDLESS + LIVING - count);
  }

  const left = async (): Promise<string[]> =>
    (await server.client.keys("*")).map((key) => key.slice(redisKey("").length)).toSorted();

  /** Session keys and data of all images, job by job. */
  function kept(): Map<string, unknown>[] {
    const bin = openRecycleBin(binPath());
    try {
      return bin
        .jobs()
        .map(
          ({ id }) =>
            new Map(
              bin
                .images(id, undefined, 10_000, 1000)
                .map(({ entry }) => [entry.key, entry.data] as const),
            ),
        );
    } finally {
      bin.close();
    }
  }

  /** All that was deleted is in the bin as it was; the rest is as it was. */
  async function nothingLost(): Promise<string[]> {
    const rest = await left();
    const images = kept();
    for (const key of endless)
      if (!rest.includes(key))
        expect(images.some((one) => one.get(key) === `of ${key}`)).toBe(true);
    const values = await server.client.mget(rest.map(redisKey));
    expect(values).toEqual(rest.map((key) => `of ${key}`));
    expect(rest.filter((key) => living.includes(key))).toEqual(living);
    return rest;
  }

  /** Goes on where it was, in a store of its own or the same one, to exactly the end. */
  async function resumed(context: Awaited<ReturnType<typeof open>>["context"], rest: string[]) {
    expect(rest.length).toBeGreaterThan(LIVING);
    expect(rest.length).toBeLessThan(LIVING + ENDLESS);
    expect(await purged(context)).toEqual({ ended: "done", rows: rest.length - LIVING });
    expect(await nothingLost()).toEqual(living);
    const [second] = kept();
    expect([...(second?.keys() ?? [])].toSorted()).toEqual(
      rest.filter((key) => !living.includes(key)),
    );
  }

  it("stopped amid a batch of a purge, and there again with its data", async () => {
    const { context, close } = await open(server.port);
    const work = purged(context);
    // In the second batch, of 500 and more.
    await gone(700);
    await server.stop();
    expect((await work).ended).toBe("store_gone");
    await close();
    await server.restart();
    const rest = await nothingLost();
    const again = await open(server.port);
    await resumed(again.context, rest);
    await again.close();
  }, 60_000);

  it("reset amid a batch of a purge; the same store goes on", async () => {
    const proxy = await startProxy(server.port);
    const { context, close } = await open(proxy.port);
    const work = purged(context);
    await gone(700);
    // New connections are taken at once: only what was under way is lost.
    expect(proxy.cut()).toBe(1);
    expect((await work).ended).toBe("store_gone");
    const rest = await nothingLost();
    await until(async () => (await context.store.now()) !== "");
    await resumed(context, rest);
    await close();
    await proxy.close();
  }, 60_000);

  it("cut off on the way back of an answer: the delete was made, and is not made twice", async () => {
    const proxy = await startProxy(server.port);
    const { context, close } = await open(proxy.port);
    const [first, entry] = await context.store.page({ order: "expires", limit: 2, maxData: 1000 });
    if (!first || !entry) throw new Error("There is no session.");
    // From here on the server knows the script.
    expect((await context.store.delete(first.key, first.token)).outcome).toBe("done");
    proxy.cutAfter(1);
    await expect(context.store.delete(entry.key, entry.token)).rejects.toMatchObject({
      problem: { code: "store_gone" },
    });
    await until(async () => (await server.client.dbsize()) === ENDLESS + LIVING - 2);
    // Said again it is missing, not done twice.
    await until(async () => (await context.store.get(entry.key, 10)) === null);
    expect(await context.store.delete(entry.key, entry.token)).toEqual({ outcome: "missing" });
    await close();
    await proxy.close();
  }, 30_000);

  it("restarted with its data amid a scan, which meets every session once", async () => {
    const store = await openRedis(`redis://127.0.0.1:${server.port}/0`);
    const seen: string[] = [];
    let restarts = 0;
    for await (const step of store.scan({ order: "expires", batch: 100, maxData: 1000 })) {
      seen.push(...step.map(({ key }) => key));
      if (seen.length < 1000 * (restarts + 1) || restarts === 2) continue;
      restarts += 1;
      await server.stop();
      await server.restart();
      await sleep(100);
    }
    expect(restarts).toBe(2);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted()).toEqual([...endless, ...living].toSorted());
    await store.close();
  }, 60_000);
});
