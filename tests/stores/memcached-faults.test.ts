/** Memcached that fails: killed, silent or cut amid a scan, a count and a purge; a password; no room; bytes that dribble in. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { startProxy, type TestProxy } from "../servers/proxy.ts";
import { keyOf } from "./conformance.ts";
import { keyIn, openMemcached } from "./memcached-place.ts";
import { tempFolder } from "./places.ts";
import { problemOf } from "./sql-server.ts";

const suite = hasMemcached || process.env["CI"] === "true" ? describe : describe.skip;

suite("memcached", () => {
  let server: TestMemcached;
  let proxy: TestProxy;
  const opened: Store[] = [];
  const open = async (...given: Parameters<typeof openMemcached>): Promise<Store> => {
    const store = await openMemcached(...given);
    opened.push(store);
    return store;
  };
  const put = async (count: number, exp = 86_400, data = "data") => {
    const commands = Array.from(
      { length: count },
      (_, index) => `set ${keyIn(keyOf(index))} 1 ${exp} ${data.length}\r\n${data}\r\n`,
    );
    await server.say(commands.join(""), count);
  };
  beforeEach(async () => {
    server = await startMemcached();
    proxy = await startProxy(server.port);
  });
  afterEach(async () => {
    Object.assign(proxy, { hold: false, dribble: 0 });
    for (const store of opened.splice(0)) await store.close();
    await proxy.close();
    await server.close();
  });
  const scanned = async (store: Store, each: () => unknown = () => {}): Promise<Entry[]> => {
    const all: Entry[] = [];
    for await (const step of store.scan({ order: "expires", batch: 100, maxData: 99 })) {
      all.push(...step);
      await each();
    }
    return all;
  };

  it("killed amid a scan ends it with a problem, and is read again when it is back, empty", async () => {
    await put(3000);
    const store = await open([server]);
    let killed: Promise<void> | undefined;
    const problem = await problemOf(() =>
      scanned(store, async () => {
        killed ??= server.stop();
        await killed;
      }),
    );
    expect(problem).toMatchObject({
      code: "store_gone",
      message: expect.stringMatching(/memcached/i),
    });
    expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
    await server.restart();
    expect(await scanned(store)).toEqual([]);
    await put(10);
    expect(await scanned(store)).toHaveLength(10);
  });

  it("that falls silent amid a scan, a count, a read or a write is given up at the stated time", async () => {
    await put(2000);
    const store = await open([proxy], true, { commandTimeout: 1, connectTimeout: 1 });
    const token = (await store.get(keyOf(1), 99))?.token ?? "";
    const silent = [
      () => scanned(store, () => Object.assign(proxy, { hold: true })),
      () => store.count({}),
      () => store.get(keyOf(2), 99),
      () => store.page({ order: "expires", limit: 5, maxData: 9 }),
      () => store.write({ key: keyOf(1), data: "x", expires: null, expected: token }),
      () => store.facts(),
    ];
    for (const work of silent) {
      const problem = await problemOf(async () => work());
      expect([String(work), problem.code]).toEqual([String(work), "store_gone"]);
    }
    expect((await problemOf(() => openMemcached([proxy], false, { commandTimeout: 1 }))).code).toBe(
      "cannot_open",
    );
    proxy.hold = false;
    // What was not answered may have been done: the server got the write when the line came free.
    expect(await store.count({})).toBe(2000);
  }, 60_000);

  it("stopped by its system amid a count answers when it goes on", async () => {
    await put(500);
    const store = await open([server], false, { commandTimeout: 1 });
    server.pause();
    expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
    server.resume();
    expect(await store.count({})).toBe(500);
  });

  it("cut at any byte of a purge: what is gone was kept, and the rest goes after", async () => {
    await put(700, 0);
    const store = await open([proxy], true);
    const kept = new Set<string>();
    const keep = (entries: Entry[]) => {
      for (const { key } of entries) kept.add(key);
    };
    const cutoff = await store.now();
    let cuts = 0;
    for (let turn = 0; ; turn++) {
      if (turn < 25) proxy.cutAfter(200 + turn * 1700);
      try {
        const batch = await store.purgeBatch?.({
          cutoff,
          limit: 100,
          keep,
          includeNeverRemoved: true,
        });
        if (batch?.finished) break;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        expect(error.problem.code).toBe("store_gone");
        cuts += 1;
      }
      if (turn > 300) throw new Error("It does not end.");
    }
    expect(cuts).toBeGreaterThan(5);
    expect(kept.size).toBe(700);
    expect(await store.count({})).toBe(0);
    await put(5);
    expect(await store.count({})).toBe(5);
  }, 60_000);

  it("whose bytes come one by one is read all the same", async () => {
    await put(60);
    proxy.dribble = 1;
    const store = await open([proxy], true);
    expect(await scanned(store)).toHaveLength(60);
    const entry = await store.get(keyOf(7), 99);
    expect(entry).toMatchObject({ data: "data" });
    expect((await store.delete(keyOf(7), entry?.token ?? "")).outcome).toBe("done");
    expect(await store.count({})).toBe(59);
  }, 60_000);

  it("with a password refuses another one, and none, without showing either", async () => {
    const folder = tempFolder();
    const file = join(folder, "auth");
    writeFileSync(file, "shop:right-pass-1\n");
    const guarded = await startMemcached(["-Y", file]);
    try {
      for (const options of [{ user: "shop", password: "wrong-pass-2" }, {}]) {
        const problem = await problemOf(() => openMemcached([guarded], false, options));
        expect(problem).toMatchObject({ code: "cannot_open", hint: expect.any(String) });
        expect(problem.detail?.["step"]).toBe("authentication");
        expect(JSON.stringify(problem)).not.toMatch(/right-pass|wrong-pass/);
      }
      const store = await open([guarded], true, { user: "shop", password: "right-pass-1" });
      const fresh = { key: keyOf(1), data: "d", expires: null, expected: null };
      expect((await store.write(fresh)).outcome).toBe("done");
      expect(await store.count({})).toBe(1);
      expect(JSON.stringify([store.title, await store.facts()])).not.toContain("right-pass");
    } finally {
      await guarded.close();
    }
  });

  it("without room for a value says so, and keeps what was there", async () => {
    const small = await startMemcached(["-m", "2", "-M", "-I", "1m"]);
    try {
      const store = await open([small], true);
      const first = { key: keyOf(0), data: "first", expires: null, expected: null };
      expect((await store.write(first)).outcome).toBe("done");
      const problem = await problemOf(async () => {
        for (let index = 1; index < 400; index++) {
          const data = "x".repeat(100_000);
          await store.write({ key: keyOf(index), data, expires: null, expected: null });
        }
      });
      expect(problem).toMatchObject({
        code: "store_failed",
        message: expect.stringMatching(/memory/),
      });
      expect(await store.get(keyOf(0), 99)).toMatchObject({ data: "first" });
    } finally {
      await sleep(0);
      await small.close();
    }
  });
});
