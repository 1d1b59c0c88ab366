import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { binCost } from "../../src/main/jobs/bin-space.ts";
import { nextBatchSize, pauseAfter } from "../../src/main/jobs/purge-size.ts";
import { type PurgeEvent, type PurgeInput, purgeTask } from "../../src/main/jobs/purge-task.ts";
import { openStore } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import type { PurgePreview } from "../../src/shared/job.ts";
import { collect, ended, problemOf, startHost, type TestHost } from "../workspace/host.ts";
import {
  type Given,
  inDays,
  keyOf,
  makeDatabase,
  openUnlocked,
  rowsOf,
  secretKey,
  signed,
} from "../workspace/store.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

/** `expired` sessions that ended 1 day to `expired` days ago, and as many that live. */
const mixed = (expired: number): Given[] =>
  Array.from({ length: expired * 2 }, (_, n) => ({
    key: keyOf(n),
    days: n < expired ? -(n + 1) : n + 1,
    value: `{"_auth_user_id":"1","n":${n}}`,
  }));

async function preview(connection: string, more: object = {}): Promise<PurgePreview> {
  const last = (await collect(host.client.purge.preview({ connection, ...more }))).at(-1);
  if (!last) throw new Error("no preview");
  return last;
}

const keysOf = (path: string) => rowsOf(path).map(({ session_key }) => session_key);

describe("the preview", () => {
  test("counts exactly, samples, and says what runs", async () => {
    const { connection, path } = await openUnlocked(host, mixed(30));
    const before = rowsOf(path);
    const shown = await preview(connection);
    const expired = before.filter(({ expire_date }) => expire_date < inDays(0));
    const bytes = expired.reduce((sum, { session_data }) => sum + session_data.length, 0);
    expect(shown).toMatchObject({ count: 30, bytes, exact: true, neverRemoved: null });
    expect(shown.oldest).toBe(`${before[29]?.expire_date.replace(" ", "T")}Z`);
    expect(shown.sample).toHaveLength(9);
    expect(shown.sample[0]).toMatchObject({
      key: keyOf(29),
      state: "expired",
      user: { id: "1", name: "alice" },
      signature: "valid",
    });
    expect(shown.statement).toMatch(/DELETE FROM "django_session" WHERE/);
    expect(shown.bin).toMatchObject({ fits: true });
    expect(shown.bin.needs).toBeGreaterThan(bytes);
    expect(rowsOf(path)).toEqual(before);
  });

  test("takes a cutoff, but none to come", async () => {
    const { connection } = await openUnlocked(host, mixed(10));
    expect(await preview(connection, { before: inDays(-5).replace(" ", "T") })).toMatchObject({
      count: 6,
    });
    for (const before of [`${inDays(1).replace(" ", "T")}Z`, "9999-12-31", "tomorrow"]) {
      const call = collect(host.client.purge.preview({ connection, before }));
      expect(await problemOf(call), before).toMatchObject({ code: "bad_request" });
    }
  });
});

describe("a purge", () => {
  test("deletes what expired, keeps it in the bin, and reports", async () => {
    const { connection, path } = await openUnlocked(host, mixed(1200));
    const before = rowsOf(path);
    const { cutoff, count, bytes } = await preview(connection);
    const { job } = await host.client.purge.start({ connection, cutoff, expected: count });
    const done = await ended(host.client, job);
    expect(done).toMatchObject({
      kind: "purge",
      status: "done",
      done: 1200,
      total: 1200,
      bytes,
      skipped: 0,
      problem: null,
    });
    expect(done.batches.length).toBeGreaterThan(1);
    expect(done.batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(1200);
    expect(done.facts.map(({ title }) => title)).toEqual(
      expect.arrayContaining(["Cutoff", "Never deleted", "Recycle bin", "Deleted", "Space"]),
    );
    expect(done.longestLockMs).toBeGreaterThan(0);
    expect(done.samples.length).toBeGreaterThan(0);
    expect(keysOf(path)).toEqual(
      before.map(({ session_key }) => session_key).filter((_, n) => n >= 1200),
    );
    const restored = await host.client.bin.restore({ job: done.binJob ?? "" });
    expect(restored).toMatchObject({ done: 1200, skippedCount: 0 });
    expect(rowsOf(path)).toEqual(before);
  });

  test("never takes a cutoff to come", async () => {
    const { connection, path } = await openUnlocked(host, mixed(5));
    const cutoff = `${inDays(100).replace(" ", "T")}Z`;
    expect(await problemOf(host.client.purge.start({ connection, cutoff }))).toMatchObject({
      code: "bad_request",
    });
    expect(rowsOf(path)).toHaveLength(10);
  });

  test("that finds nothing leads to no job of the bin", async () => {
    const { connection } = await openUnlocked(host, mixed(5));
    const { cutoff } = await preview(connection);
    for (const found of [5, 0]) {
      const { job } = await host.client.purge.start({ connection, cutoff });
      const { done, binJob } = await ended(host.client, job);
      const jobs = (await host.client.bin.jobs({})).map(({ id }) => id);
      expect({ done, jobs }).toEqual({ done: found, jobs: [expect.any(String)] });
      expect(binJob).toBe(found > 0 ? jobs[0] : null);
    }
  });

  test("without copies leaves the bin alone", async () => {
    const { connection, path } = await openUnlocked(host, mixed(5));
    const { cutoff } = await preview(connection);
    const { job } = await host.client.purge.start({ connection, cutoff, backup: false });
    expect(await ended(host.client, job)).toMatchObject({ status: "done", done: 5, binJob: null });
    expect(rowsOf(path)).toHaveLength(5);
    expect(await host.client.bin.jobs({})).toEqual([]);
  });

  test("that the bin has no room for says so before it starts", async () => {
    const { connection, path } = await openUnlocked(host, mixed(20));
    await host.client.bin.setLimit({ limit: 1000 });
    const shown = await preview(connection);
    expect(shown.bin).toMatchObject({ free: 1000, fits: false });
    const { job } = await host.client.purge.start({ connection, cutoff: shown.cutoff });
    const failed = await ended(host.client, job);
    expect(failed).toMatchObject({
      status: "failed",
      done: 0,
      problem: { code: "bin_full", detail: { needs: shown.bin.needs, free: 1000 } },
    });
    expect(rowsOf(path)).toHaveLength(40);
    // Nor without a preview to know it from.
    const cutoff = `${inDays(-1.5).replace(" ", "T")}Z`;
    const { job: unseen } = await host.client.purge.start({ connection, cutoff });
    expect(await ended(host.client, unseen)).toMatchObject({ problem: { code: "bin_full" } });
    expect(rowsOf(path)).toHaveLength(40);
  });

  test("is paused, goes on, and is stopped between batches", async () => {
    const { connection, path } = await openUnlocked(host, mixed(2000));
    const { client } = host;
    const { cutoff } = await preview(connection);
    const { job } = await client.purge.start({ connection, cutoff, pauseMs: 400 });
    const watch = await client.jobs.watch({ job });
    for await (const now of watch) if (now.done > 0) break;
    const paused = await client.jobs.pause({ job });
    expect(paused.status).toBe("paused");
    const quiet = await settled(() => rowsOf(path).length);
    expect(quiet).toBeGreaterThan(2000);
    expect(quiet).toBeLessThan(4000);
    expect((await client.jobs.resume({ job })).status).toBe("running");
    for await (const now of await client.jobs.watch({ job })) if (now.done > 4000 - quiet) break;
    await client.jobs.stop({ job });
    const end = await ended(client, job);
    expect(end.status).toBe("stopped");
    const left = rowsOf(path).length;
    expect(left).toBe(4000 - end.done);
    expect(left).toBeGreaterThan(2000);
    expect(await client.bin.restore({ job: end.binJob ?? "" })).toMatchObject({ done: end.done });
    expect(rowsOf(path)).toHaveLength(4000);
  });

  test("ends when the connection is locked by hand", async () => {
    const { connection, path } = await openUnlocked(host, mixed(2000));
    const { cutoff } = await preview(connection);
    const { job } = await host.client.purge.start({ connection, cutoff, pauseMs: 2000 });
    for await (const now of await host.client.jobs.watch({ job })) if (now.done > 0) break;
    await host.client.connections.lock({ connection });
    expect(await ended(host.client, job)).toMatchObject({ status: "stopped" });
    expect(rowsOf(path).length).toBeGreaterThan(2000);
  });

  test("spares every session a busy site renews meanwhile", async () => {
    const { connection, path } = await openUnlocked(host, mixed(3000));
    const { cutoff } = await preview(connection);
    // Another program that renews every fifteenth expired session, from the last one on.
    const site = new Worker(
      `const { workerData, parentPort } = require("node:worker_threads");
       const Database = require("better-sqlite3");
       const db = new Database(workerData.path, { timeout: 20000 });
       const renew = db.prepare("UPDATE django_session SET expire_date = ? WHERE session_key = ?");
       const renewed = [];
       for (const key of workerData.keys)
         if (renew.run(workerData.until, key).changes) renewed.push(key);
       parentPort.postMessage(renewed);`,
      {
        eval: true,
        execArgv: [],
        workerData: {
          path,
          until: inDays(14),
          keys: Array.from({ length: 200 }, (_, n) => keyOf(2999 - n * 15)),
        },
      },
    );
    const answer = new Promise<string[]>((resolve, reject) => {
      site.once("message", resolve);
      site.once("error", reject);
    });
    const { job } = await host.client.purge.start({ connection, cutoff, maxLockMs: 5, pauseMs: 5 });
    const done = await ended(host.client, job);
    const renewed = await answer;
    expect(done.status).toBe("done");
    expect(renewed.length).toBeGreaterThan(0);
    const left = new Set(keysOf(path));
    expect(renewed.filter((key) => !left.has(key))).toEqual([]);
    expect(left.size).toBe(3000 + renewed.length);
    expect(done.done).toBe(3000 - renewed.length);
    // What is in the bin and lives all the same is passed over.
    const restored = await host.client.bin.restore({ job: done.binJob ?? "" });
    expect(restored.done).toBe(3000 - renewed.length);
    expect(rowsOf(path)).toHaveLength(6000);
  });
});

/** A number that stays the same for a while. */
async function settled(read: () => number): Promise<number> {
  for (;;) {
    const before = read();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    if (read() === before) return before;
  }
}

describe("the task itself", () => {
  const control = {
    signal: new AbortController().signal,
    whilePaused: async () => {},
  };
  function parts(name: string) {
    const path = join(host.folder, name);
    const recipe = {
      connection: connectionSchema.parse({
        id: "x",
        name: "x",
        driver: "sqlite",
        options: { path },
      }),
      keys: { secretKey, fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
      settings: filledSettings({}),
      writable: true,
      binPath: join(host.folder, "bin.sqlite3"),
    };
    const input: PurgeInput = {
      cutoff: new Date().toISOString().replace("Z", "000Z"),
      includeNeverRemoved: false,
      backup: true,
      maxLockMs: 50,
      pauseMs: 0,
      identity: path,
      title: "purge",
      needs: 0,
    };
    return { path, recipe, input };
  }

  test("deletes nothing that could not be kept", async () => {
    const { path, recipe, input } = parts("keep.sqlite3");
    makeDatabase(path, mixed(700));
    const store = await openStore(recipe);
    const bin = openRecycleBin(recipe.binPath);
    // Room for the first batch, not for the second one.
    const largest = Math.max(...rowsOf(path).map(({ session_data }) => session_data.length));
    bin.setLimit(binCost(500, 500 * largest));
    const events: PurgeEvent[] = [];
    await expect(async () => {
      for await (const event of purgeTask({ recipe, store, bin }, input, control))
        events.push(event);
    }).rejects.toMatchObject({ problem: { code: "bin_full" } });
    expect(events.filter(({ type }) => type === "batch")).toHaveLength(1);
    expect(rowsOf(path)).toHaveLength(900);
    const [job] = bin.jobs();
    expect(job).toMatchObject({ entries: 500, restorable: 500 });
    bin.close();
    await store.close();
  });

  test("goes on where another program deletes what it was about to", async () => {
    const { path, recipe, input } = parts("raced.sqlite3");
    makeDatabase(path, mixed(12_500));
    const store = await openStore(recipe);
    const bin = openRecycleBin(recipe.binPath);
    const site = new Database(path);
    let deleted = 0;
    let skipped = 0;
    for await (const event of purgeTask({ recipe, store, bin }, input, control)) {
      if (event.type !== "batch") continue;
      deleted += event.rows;
      skipped += event.skipped;
      // After its first batch, as clearsessions would; many batches of this purge then find nothing.
      if (skipped === 0)
        site.prepare("DELETE FROM django_session WHERE expire_date < ?").run(inDays(0));
    }
    site.close();
    expect(deleted).toBe(500);
    expect(skipped).toBe(12_000);
    expect(rowsOf(path)).toHaveLength(12_500);
    bin.close();
    await store.close();
  });

  test("waits for another program that holds the lock", async () => {
    const { path, recipe, input } = parts("busy.sqlite3");
    makeDatabase(path, mixed(50));
    const store = await openStore(recipe);
    const bin = openRecycleBin(recipe.binPath);
    const holder = new Worker(
      `const { workerData, parentPort } = require("node:worker_threads");
       const Database = require("better-sqlite3");
       const db = new Database(workerData);
       db.exec("BEGIN EXCLUSIVE");
       parentPort.postMessage("held");
       setTimeout(() => db.exec("COMMIT"), 700);`,
      { eval: true, execArgv: [], workerData: path },
    );
    await new Promise((resolve) => holder.once("message", resolve));
    let deleted = 0;
    for await (const event of purgeTask({ recipe, store, bin }, input, control))
      if (event.type === "batch") deleted += event.rows;
    expect(deleted).toBe(50);
    bin.close();
    await store.close();
  });
});

test("the batch follows the lock it caused", () => {
  expect(nextBatchSize(500, 5, 50, 300)).toBe(1000);
  expect(nextBatchSize(1000, 30, 50, 300)).toBe(1000);
  expect(nextBatchSize(1000, 60, 50, 300)).toBe(500);
  expect(nextBatchSize(1000, 6000, 50, 300)).toBe(100);
  expect(nextBatchSize(1000, 6000, 50, 40_000)).toBe(50);
  expect(nextBatchSize(1000, 6000, 50, 50_000_000)).toBe(10);
  expect(nextBatchSize(40_000, 0, 50, 300)).toBe(50_000);
  expect(pauseAfter(10, 50, 20)).toBe(20);
  expect(pauseAfter(80, 50, 20)).toBe(80);
});

describe("files", () => {
  test("that Django's rule never removes are shown apart, and go only when asked for", async () => {
    const folder = join(host.folder, "sessions");
    mkdirSync(folder);
    const month = Date.now() / 1000 - 86_400 * 30;
    const put = (key: string, value: string, at: number) => {
      const path = join(folder, `sessionid${key}`);
      writeFileSync(path, signed(value));
      utimesSync(path, at, at);
    };
    put(keyOf("alive"), '{"a":1}', Date.now() / 1000);
    put(keyOf("expireda"), '{"a":1}', month);
    put(keyOf("expiredb"), '{"_session_expiry":"2020-01-01T00:00:00+00:00"}', month);
    put(keyOf("never"), '{"_session_expiry":1}', month);
    const { client } = host;
    const store = await client.connections.openTarget({ target: folder, secrets: { secretKey } });
    const connection = store.connection.id;
    await client.connections.unlock({ connection });
    const shown = await preview(connection);
    expect(shown).toMatchObject({ count: 2, neverRemoved: { count: 1 } });
    expect(shown.neverRemoved?.sample.map(({ key }) => key)).toEqual([keyOf("never")]);
    expect(shown.neverRemoved?.why).not.toBe("");
    const first = await client.purge.start({ connection, cutoff: shown.cutoff });
    expect(await ended(client, first.job)).toMatchObject({ status: "done", done: 2 });
    expect(readdirSync(folder).sort()).toEqual([
      `sessionid${keyOf("alive")}`,
      `sessionid${keyOf("never")}`,
    ]);
    const second = await client.purge.start({
      connection,
      cutoff: shown.cutoff,
      includeNeverRemoved: true,
    });
    const done = await ended(client, second.job);
    expect(done).toMatchObject({ status: "done", done: 1 });
    expect(readdirSync(folder)).toEqual([`sessionid${keyOf("alive")}`]);
    await client.bin.restore({ job: done.binJob ?? "" });
    expect(readdirSync(folder).sort()).toEqual([
      `sessionid${keyOf("alive")}`,
      `sessionid${keyOf("never")}`,
    ]);
  });
});
