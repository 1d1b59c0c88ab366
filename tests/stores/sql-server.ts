/** What can go wrong between the app and a SQL server, on a real one: names, TLS, cuts, stops, locks, timeouts. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { driverForUrl, driverOf } from "../../src/main/stores/list.ts";
import type { Problem } from "../../src/shared/problem.ts";
import type { TestServer } from "../servers/postgres.ts";
import { at, keyOf, type Put } from "./conformance.ts";
import type { OpenWith } from "./places.ts";

export type Options = OpenWith & { [option: string]: unknown };

export interface Side {
  /** Whether the server is the tests' own. */
  own: boolean;
  driver: string;
  scheme: string;
  server(): TestServer;
  database(sql?: string): Promise<string>;
  drop(database: string): Promise<void>;
  put(database: string, sessions: Put[]): Promise<void>;
  /** Runs SQL by another client. */
  run(database: string, sql: string): Promise<void>;
  /** Locks a session's row by another client until the answer is called. */
  lockRow(database: string, key: string): Promise<() => Promise<void>>;
  /** Number of the driver's statements of this text that run on the server. */
  running(text: string): Promise<number>;
  open(options: Options): Promise<Store>;
}

export const many = (count: number): Put[] =>
  Array.from({ length: count }, (_, index) => ({ key: keyOf(index), expires: at(index) }));

const analyzed = ({ driver }: Side): string =>
  driver === "mysql" ? "ANALYZE TABLE django_session" : "ANALYZE django_session";

export async function problemOf(work: () => Promise<unknown>): Promise<Problem> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("no problem");
}

export async function scanned(store: Store, each?: () => Promise<void> | void): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const step of store.scan({ order: "expires", batch: 100, maxData: 1000 })) {
    all.push(...step);
    await each?.();
  }
  return all;
}

export async function purgeAll(store: Store, cutoff: string, limit: number) {
  const sum = { deleted: 0, skipped: 0 };
  for (;;) {
    const batch = await store.purgeBatch?.({ cutoff, limit });
    if (!batch) throw new Error("The store has no purge.");
    sum.deleted += batch.deleted;
    sum.skipped += batch.skipped;
    if (batch.finished) return sum;
  }
}

export function onServer(name: string, side: Side): void {
  describe(`${name}, opened`, () => {
    let server: TestServer;
    let database: string;
    const stores: Store[] = [];
    const open = async (options: Options = {}) => {
      const store = await side.open({ database, ...options });
      stores.push(store);
      return store;
    };
    beforeAll(() => {
      server = side.server();
    });
    beforeEach(async () => {
      database = await side.database();
    });
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
      await side.drop(database);
    });

    it("names the failing step", async () => {
      const wrong: [Options, code: string, step: string][] = [
        [{ host: "no-such-host.invalid" }, "cannot_open", "name lookup"],
        [{ port: 1 }, "cannot_open", "TCP"],
        [{ password: "wrong" }, "cannot_open", "authentication"],
        [{ database: "no_such_database" }, "cannot_open", "database"],
        [{ table: "no_such_table" }, "no_table", "table"],
      ];
      for (const [options, code, step] of wrong) {
        const problem = await problemOf(() => open(options));
        expect([options, problem.code, problem.detail?.["step"]]).toEqual([options, code, step]);
        expect(JSON.stringify(problem)).not.toContain(server.password.slice(0, 6));
        expect(driverOf(side.driver).steps).toContain(step);
      }
    });

    it("names the tables that look like session tables", async () => {
      await side.run(database, "ALTER TABLE django_session RENAME TO account_sessions");
      const problem = await problemOf(() => open());
      expect(problem.code).toBe("no_table");
      expect(JSON.stringify(problem.detail?.["tables"])).toContain("account_sessions");
      expect((await open({ table: "account_sessions" })).writable).toBe(false);
    });

    it("opens by URL, and never shows the password", async () => {
      await side.put(database, many(3));
      const auth = `${server.user}:${encodeURIComponent(server.password)}`;
      const url = `${side.scheme}://${auth}@${server.host}:${server.port}/${database}?sslmode=require`;
      const found = driverForUrl(url);
      const options = found?.driver.options.parse(found.options);
      expect(options).toMatchObject({ tls: "require", password: server.password, database });
      const store = await open(options as Options);
      const shown = JSON.stringify([
        store.title,
        await store.facts(),
        found?.driver.identity(options),
        found?.driver.suggestName(options),
        store.purgeStatement?.(at(1), 10),
      ]);
      expect(shown).toContain("TLSv1.3");
      expect(shown).toContain(database);
      expect(shown).not.toContain(server.password.slice(0, 6));
      expect(shown).not.toContain(encodeURIComponent(server.password).slice(0, 8));
    });

    it("cannot write on the server itself while it is locked", async () => {
      await side.put(database, many(2));
      await open();
      const problem = await problemOf(async () => {
        // Straight through the pool, past the driver's own refusal.
        const store = await open();
        const get = store.get.bind(store);
        Object.assign(store, { writable: true });
        await get(keyOf(1), 100);
        await store.write({ key: keyOf(5), data: "x", expires: at(1), expected: null });
      });
      expect(problem.code).toBe("read_only");
    });

    it("says that an index is lost, what space there is and what may be done", async () => {
      await side.run(database, "DROP INDEX django_session_expire_date_a5c62663 ON django_session");
      await side.put(database, many(300));
      const store = await open();
      const facts = new Map((await store.facts()).map((fact) => [fact.title, fact]));
      expect(facts.get("No index on expire_date")?.level).toBe("warning");
      expect(facts.get("Privileges")?.level).toBe("ok");
      expect(facts.get("Space")?.text).toMatch(/The table takes [\d.]+ MB/);
      expect(await store.page({ order: "-expires", limit: 2, maxData: 10 })).toHaveLength(2);
      expect(await store.count({ from: at(100) })).toBe(200);
      expect(await scanned(store)).toHaveLength(300);
      expect(await purgeAll(await open({ writable: true }), at(100), 30)).toMatchObject({
        deleted: 100,
      });
    });

    it("passes over rows that another transaction holds, and waits for none", async () => {
      await side.put(database, many(60));
      const store = await open({ writable: true });
      const unlock = await side.lockRow(database, keyOf(7));
      try {
        expect(await purgeAll(store, at(50), 20)).toEqual({ deleted: 49, skipped: 2 });
      } finally {
        await unlock();
      }
      expect(await purgeAll(await open({ writable: true }), at(50), 20)).toMatchObject({
        deleted: 1,
      });
      expect(await store.count({})).toBe(10);
    });

    it.each([
      ["a hash", undefined],
      ["their keys", [keyOf(29_000)]],
    ])(
      "scans a large range in parts by %s, each session of it once, while others are renewed",
      async (_, edges) => {
        await side.put(database, many(60_000));
        const store = await open();
        let turn = 0;
        const part = async (index: number) => {
          const seen: string[] = [];
          const request = { order: "expires", batch: 500, maxData: 1000 } as const;
          const range = { from: at(100), to: at(59_000) };
          const part = { index, of: 2, ...(edges && { edges }) };
          for await (const step of store.scan({ ...request, range, part })) {
            seen.push(...step.map(({ key }) => key));
            turn += 1;
            const key = keyOf(200 + turn * 50);
            const renewed = `expire_date = '2026-01-01 ${turn % 2 ? "00:10" : "10:00"}:00'`;
            await side.run(
              database,
              `UPDATE django_session SET ${renewed} WHERE session_key = '${key}'`,
            );
          }
          return seen;
        };
        const parts = await Promise.all([part(0), part(1)]);
        const seen = parts.flat();
        expect(parts.every(({ length }) => length > 20_000)).toBe(true);
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toHaveLength(58_900);
      },
      120_000,
    );

    it("is divided at letters that its statistics say are the middle", async () => {
      const letters = "0123456789abcdefghijklmnopqrstuvwxyz";
      const keys = Array.from({ length: 20_000 }, (_, n) => {
        const random = createHash("md5").update(String(n)).digest();
        return [...random, ...random].map((byte) => letters[byte % 36]).join("");
      });
      await side.put(
        database,
        keys.map((key, n) => ({ key, expires: at(n) })),
      );
      await side.run(database, analyzed(side));
      const store = await open();
      for (const of of [2, 3, 7]) {
        const edges = await store.edges?.(of);
        expect(edges).toHaveLength(of - 1);
        const parts = await Promise.all(
          Array.from({ length: of }, async (_, index) => {
            const found: string[] = [];
            const part = { index, of, edges: edges ?? [] };
            const request = { order: "expires", batch: 500, maxData: 9, part } as const;
            for await (const step of store.scan(request)) found.push(...step.map(({ key }) => key));
            return found;
          }),
        );
        expect(parts.flat().sort()).toEqual(keys.toSorted());
        for (const { length } of parts) expect(length).toBeLessThan((20_000 / of) * 1.6);
      }
    }, 60_000);

    it("is divided by a hash where all keys begin alike, or are few", async () => {
      await side.put(database, many(3000));
      await side.run(database, analyzed(side));
      expect(await (await open()).edges?.(2)).toBeNull();
    });

    it("gives up a write after a while when its row is held", async () => {
      await side.put(database, many(2));
      const store = await open({ writable: true, statementTimeout: 2 });
      const token = (await store.get(keyOf(1), 100))?.token ?? "";
      const unlock = await side.lockRow(database, keyOf(1));
      const problem = await problemOf(() => store.delete(keyOf(1), token)).finally(unlock);
      expect(["locked", "store_failed"]).toContain(problem.code);
      expect((await store.delete(keyOf(1), token)).outcome).toBe("done");
    });

    it("makes the changes it can where one is refused", async () => {
      await side.put(database, many(3));
      const store = await open({ writable: true });
      const token = (await store.get(keyOf(1), 100))?.token ?? "";
      const outcomes = await store.changeAll?.([
        { op: "delete", key: keyOf(1), expected: token },
        { op: "write", key: "k".repeat(41), data: "x", expires: at(1), expected: null },
        { op: "write", key: keyOf(2), data: "x", expires: at(1), expected: null },
        { op: "delete", key: keyOf(1), expected: token },
        { op: "write", key: keyOf(9), data: "x", expires: at(1), expected: null },
      ]);
      expect(
        outcomes?.map((one) => (one instanceof ProblemError ? one.problem.code : one.outcome)),
      ).toEqual(["done", "bad_key", "conflict", "missing", "done"]);
    });
  });

  describe(`${name}, asked too much`, () => {
    it("stops the server's own work when a count is aborted", async () => {
      const database = await side.database();
      try {
        await side.put(database, many(200));
        const store = await side.open({ database });
        const unlock = await side.lockRow(database, "the whole table");
        const abort = new AbortController();
        const counting = store.count({}, abort.signal);
        const ended = expect(counting).rejects.toThrow();
        try {
          while ((await side.running("COUNT")) === 0 && (await side.running("SELECT")) === 0)
            await sleep(20);
          abort.abort();
          await ended;
          while ((await side.running("django_session")) > 0) await sleep(20);
        } finally {
          await unlock();
        }
        expect(await store.count({})).toBe(200);
        await store.close();
      } finally {
        await side.drop(database);
      }
    }, 60_000);
  });
}
