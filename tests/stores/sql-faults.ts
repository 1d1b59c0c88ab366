/** A SQL server that ends while it works for the app, that has no TLS, that refuses to change anything, that is very slow. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import type { OwnServer } from "../servers/postgres.ts";
import { startProxy } from "../servers/proxy.ts";
import { at, keyOf } from "./conformance.ts";
import { many, type Options, problemOf, purgeAll, type Side, scanned } from "./sql-server.ts";

export interface FaultySide extends Side {
  /** Ends every one of its processes at once. */
  kill: NodeJS.Signals;
  /** Said before and after writing, lets it outlive a kill: the tests' servers are not careful by themselves. */
  settle: string;
  /** Makes a user that may only read the table. */
  makeReader(database: string): Promise<{ user: string; password: string }>;
}

export function throughFaults(name: string, side: FaultySide): void {
  describe.runIf(side.own)(`${name} that fails`, () => {
    let own: OwnServer;
    let database: string;
    const stores: Store[] = [];
    const put = async (count: number) => {
      await side.run(database, side.settle);
      await side.put(database, many(count));
      await side.run(database, side.settle);
    };
    const open = async (options: Options = {}) => {
      const store = await side.open({ database, ...options });
      stores.push(store);
      return store;
    };
    beforeEach(async () => {
      const server = side.server();
      if (!server.own) throw new Error("These need a server of the tests' own.");
      own = server.own;
      database = await side.database();
    });
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
      await side.drop(database);
    });

    it("is killed in the middle of a scan, which ends with a problem, and reads on when it is back", async () => {
      await put(2000);
      const store = await open();
      let killed: Promise<void> | undefined;
      const problem = await problemOf(() =>
        scanned(store, async () => {
          killed ??= own.stop(side.kill);
          await killed;
        }),
      );
      expect(problem).toMatchObject({ code: "store_gone", message: expect.any(String) });
      expect(problem.hint ?? "").not.toBe("");
      await own.start();
      expect(await scanned(store)).toHaveLength(2000);
    }, 120_000);

    it("is killed in the middle of a count", async () => {
      await put(50);
      const store = await open();
      const unlock = await side.lockRow(database, "the whole table");
      const counting = problemOf(() => store.count({}));
      while ((await side.running("django_session")) === 0) await sleep(20);
      await own.stop(side.kill);
      expect((await counting).code).toBe("store_gone");
      await unlock().catch(() => {});
      await own.start();
      expect(await store.count({})).toBe(50);
    }, 120_000);

    it("is killed in the middle of a purge's batch: what is gone was kept, and the rest goes when it is back", async () => {
      await put(1000);
      const store = await open({ writable: true });
      const kept = new Set<string>();
      const deleted: number[] = [];
      let killed: Promise<void> | undefined;
      for (let batches = 0; ; batches++) {
        const keep = (entries: Entry[]) => {
          for (const { key } of entries) kept.add(key);
          if (batches !== 2) return;
          // With the rows locked and kept; until the server is gone nothing is sent, neither DELETE nor COMMIT.
          killed = own.stop(side.kill);
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
        };
        const work = () => store.purgeBatch?.({ cutoff: at(800), limit: 100, keep });
        if (batches < 2) deleted.push((await work())?.deleted ?? 0);
        else {
          expect((await problemOf(async () => work())).code).toBe("store_gone");
          break;
        }
      }
      expect(deleted).toEqual([100, 100]);
      await killed;
      await own.start();
      const before = new Set((await scanned(store)).map(({ key }) => key));
      const gone = many(1000).filter(({ key }) => !before.has(key));
      expect(gone.filter(({ key }) => !kept.has(key))).toEqual([]);
      const rest = await purgeAll(store, at(800), 100);
      expect(rest.deleted).toBe(800 - gone.length);
      const left = (await scanned(store)).map(({ key }) => key).sort();
      expect(left).toEqual(
        many(1000)
          .slice(800)
          .map(({ key }) => key),
      );
    }, 120_000);

    it("speaks no TLS: require and stricter say so, prefer goes on without", async () => {
      await own.stop();
      await own.start(false);
      try {
        for (const tls of ["require", "verify-ca", "verify-full"]) {
          const problem = await problemOf(() => open({ tls, tlsCa: own.certificates.ca }));
          expect(problem).toMatchObject({ code: "cannot_open", detail: { step: "TLS" } });
          expect(problem.message).toMatch(/TLS/);
          expect(problem.hint ?? "").not.toBe("");
        }
        for (const tls of ["disable", "prefer"]) {
          const facts = await (await open({ tls })).facts();
          expect(facts.find(({ title }) => title === "TLS")?.text).toMatch(/^None/);
        }
      } finally {
        await own.stop();
        await own.start();
      }
    }, 120_000);

    it("lets its user read only: every change is refused with what to do, and nothing is half done", async () => {
      await side.put(database, many(20));
      const reader = await side.makeReader(database);
      const store = await open({ ...reader, writable: true });
      const token = (await store.get(keyOf(1), 100))?.token ?? "";
      const kept: Entry[] = [];
      const keep = (entries: Entry[]) => kept.push(...entries);
      const attempts: (() => unknown)[] = [
        () => store.write({ key: keyOf(1), data: "x", expires: null, expected: token }),
        () => store.write({ key: "new", data: "x", expires: at(1), expected: null }),
        () => store.setExpiry?.(keyOf(1), at(5), token),
        () => store.delete(keyOf(1), token),
        () => store.purgeBatch?.({ cutoff: at(99), limit: 10, keep }),
        () => store.purgeBatch?.({ cutoff: at(99), limit: 10 }),
      ];
      for (const attempt of attempts) {
        const problem = await problemOf(async () => attempt());
        expect([String(attempt), problem.code]).toEqual([String(attempt), "read_only"]);
        expect(`${problem.message} ${problem.hint}`).toMatch(/GRANT/);
      }
      expect(await store.count({})).toBe(20);
      expect((await store.get(keyOf(1), 100))?.token).toBe(token);
    });

    it("dribbles its answers byte by byte, which are read all the same", async () => {
      const server = side.server();
      await side.put(database, many(40));
      const proxy = await startProxy(server.port, server.host);
      try {
        const store = await open({ port: proxy.port, writable: true });
        proxy.dribble = 1;
        expect(await scanned(store)).toHaveLength(40);
        expect(await store.page({ order: "expires", limit: 9, maxData: 99 })).toHaveLength(9);
        expect(await purgeAll(store, at(10), 5)).toEqual({ deleted: 10, skipped: 0 });
        proxy.dribble = 3;
        const fresh = await open({ port: proxy.port, tls: "require" });
        expect(await fresh.count({})).toBe(30);
      } finally {
        proxy.dribble = 0;
        for (const store of stores.splice(0)) await store.close();
        await proxy.close();
      }
    }, 60_000);

    it("never finishes an answer, which is given up at the stated time", async () => {
      const server = side.server();
      await side.put(database, many(300));
      const proxy = await startProxy(server.port, server.host);
      try {
        const store = await open({
          port: proxy.port,
          statementTimeout: 1,
          connectTimeout: 1,
          writable: true,
        });
        const token = (await store.get(keyOf(1), 100))?.token ?? "";
        const steps: Entry[] = [];
        const stuck = async () => {
          for await (const step of store.scan({ order: "expires", batch: 50, maxData: 9 })) {
            steps.push(...step);
            proxy.hold = true;
          }
        };
        expect((await problemOf(stuck)).code).toBe("store_gone");
        expect(steps).toHaveLength(50);
        const waiting = [
          () => store.get(keyOf(2), 9),
          () => store.delete(keyOf(1), token),
          () => store.purgeBatch?.({ cutoff: at(9), limit: 5 }),
          () => store.facts(),
        ];
        for (const work of waiting)
          expect((await problemOf(async () => work())).code).toBe("store_gone");
        proxy.hold = false;
        expect(await store.count({})).toBeGreaterThan(290);
      } finally {
        proxy.hold = false;
        for (const store of stores.splice(0)) await store.close();
        await proxy.close();
      }
    }, 90_000);
  });
}
