/** The line between the app and a SQL server: TLS, cuts, delays, servers that stop, on a real one. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import type { OwnServer } from "../servers/postgres.ts";
import { startProxy, type TestProxy } from "../servers/proxy.ts";
import { at } from "./conformance.ts";
import { many, type Options, problemOf, purgeAll, type Side, scanned } from "./sql-server.ts";

export function overLines(name: string, side: Side): void {
  describe.runIf(side.own)(`${name} over TLS`, () => {
    let own: OwnServer;
    let database: string;
    beforeAll(async () => {
      const server = side.server();
      if (!server.own) throw new Error("These need a server of the tests' own.");
      own = server.own;
      database = await side.database();
      return () => side.drop(database);
    });
    const tryOpen = async (options: Options) => {
      try {
        const store = await side.open({ database, ...options });
        const facts = await store.facts();
        await store.close();
        return facts.find(({ title }) => title === "TLS")?.level;
      } catch (error) {
        if (error instanceof ProblemError)
          return `${error.problem.detail?.["step"]}: ${error.problem.message}`;
        throw error;
      }
    };

    it("is used as asked for", async () => {
      const { ca, strangerCa } = own.certificates;
      expect(await tryOpen({ tls: "disable" })).toBe("info");
      expect(await tryOpen({ tls: "prefer" })).toBe("ok");
      expect(await tryOpen({ tls: "require" })).toBe("ok");
      expect(await tryOpen({ tls: "verify-ca", tlsCa: ca })).toBe("ok");
      expect(await tryOpen({ tls: "verify-full", tlsCa: ca })).toBe("ok");
      expect(await tryOpen({ tls: "verify-full", tlsCa: ca, host: "localhost" })).toBe("ok");
      for (const tls of ["verify-ca", "verify-full"])
        expect(await tryOpen({ tls })).toMatch(/^TLS: .*not trusted/);
      for (const tls of ["require", "verify-ca", "verify-full"])
        expect(await tryOpen({ tls, tlsCa: strangerCa })).toMatch(/^TLS: .*CA/);
      expect(await tryOpen({ tls: "verify-ca", tlsCa: "/no/such.pem" })).toMatch(/^TLS: .*ENOENT/);
    });

    it("is not needed over a unix socket", async () => {
      expect(await tryOpen({ host: own.socketFolder, tls: "require" })).toBe("ok");
      expect(await tryOpen({ host: "/no/such/socket" })).toMatch(/^TCP: There is no socket/);
    });

    it("refuses an expired certificate and one for another host", async () => {
      const { ca, expired, otherHost, valid } = own.certificates;
      try {
        await own.showCertificate(expired);
        for (const tls of ["verify-ca", "verify-full"])
          expect(await tryOpen({ tls, tlsCa: ca })).toMatch(/^TLS: .*expired/);
        await own.showCertificate(otherHost);
        expect(await tryOpen({ tls: "verify-full", tlsCa: ca })).toMatch(/^TLS: .*another host/);
        expect(await tryOpen({ tls: "verify-ca", tlsCa: ca })).toBe("ok");
        // As for a server that is reached by another name than its certificate's.
        const named = { tls: "verify-full", tlsCa: ca, tlsName: "other.invalid" };
        expect(await tryOpen(named)).toBe("ok");
      } finally {
        await own.showCertificate(valid);
      }
    });

    it("shows a client certificate where the server wants one", async () => {
      const { ca, client } = own.certificates;
      const user = { user: "client", tlsCa: ca };
      expect(await tryOpen({ ...user, tls: "require" })).toMatch(/^(TLS|authentication): /);
      const shown = { tlsCert: client.cert, tlsKey: client.key };
      expect(await tryOpen({ ...user, ...shown, tls: "verify-full" })).toBe("ok");
    });
  });

  describe(`${name} over a bad line`, () => {
    let database: string;
    let proxy: TestProxy;
    const stores: Store[] = [];
    const open = async (options: Options = {}) => {
      const store = await side.open({ database, port: proxy.port, ...options });
      stores.push(store);
      return store;
    };
    beforeEach(async () => {
      const server = side.server();
      proxy = await startProxy(server.port, server.host);
      database = await side.database();
    });
    afterEach(async () => {
      proxy.hold = false;
      for (const store of stores.splice(0)) await store.close();
      await proxy.close();
      await side.drop(database);
    });

    it("says that the connection ended during a scan, and reads on with the next", async () => {
      await side.put(database, many(2000));
      const store = await open();
      let steps = 0;
      const problem = await problemOf(() =>
        scanned(store, () => {
          steps += 1;
          if (steps === 2) proxy.cut();
          if (steps === 2) proxy.refuse = true;
        }),
      );
      expect(problem.code).toBe("store_gone");
      expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
      proxy.refuse = false;
      expect(await scanned(store)).toHaveLength(2000);
    });

    it("takes a cut while it lay idle for what it is", async () => {
      await side.put(database, many(5));
      const store = await open();
      for (let turn = 0; turn < 5; turn++) {
        expect(proxy.cut()).toBeGreaterThan(0);
        expect(await store.count({})).toBe(5);
      }
    });

    it("keeps an image of every row a purge deleted, wherever it was cut, and goes on", async () => {
      await side.put(database, many(1000));
      const kept = new Set<string>();
      const keep = (entries: Entry[]) => {
        for (const { key } of entries) kept.add(key);
      };
      const store = await open({ writable: true });
      let cuts = 0;
      for (let turn = 0; ; turn++) {
        // At another byte each time: while rows are read, deleted or committed.
        if (turn < 30) proxy.cutAfter(1 + turn * 97);
        try {
          const batch = await store.purgeBatch?.({ cutoff: at(800), limit: 50, keep });
          if (batch?.finished) break;
        } catch (error) {
          if (!(error instanceof ProblemError)) throw error;
          expect(error.problem.code).toBe("store_gone");
          cuts += 1;
        }
      }
      expect(cuts).toBeGreaterThan(5);
      const left = new Set((await scanned(store)).map(({ key }) => key));
      expect(left.size).toBe(200);
      const gone = many(800).filter(({ key }) => !left.has(key));
      expect(gone).toHaveLength(800);
      expect(gone.filter(({ key }) => !kept.has(key))).toEqual([]);
    });

    it("waits no longer than it says for a server that does not answer", async () => {
      await side.put(database, many(5));
      const store = await open({ statementTimeout: 1 });
      proxy.hold = true;
      const late = await problemOf(() => open({ connectTimeout: 1 }));
      expect(late).toMatchObject({ code: "cannot_open", detail: { step: expect.any(String) } });
      const problem = await problemOf(() => store.count({}));
      expect(problem.code).toBe("store_gone");
      expect(problem.message).toMatch(/no answer/);
      proxy.hold = false;
      expect(await store.count({})).toBe(5);
    }, 60_000);

    it("works over a slow line", async () => {
      await side.put(database, many(150));
      proxy.delay = 40;
      const store = await open({ writable: true });
      expect(await scanned(store)).toHaveLength(150);
      expect(await purgeAll(store, at(50), 25)).toEqual({ deleted: 50, skipped: 0 });
    }, 60_000);

    it("comes back when the server does", async () => {
      const { own } = side.server();
      if (!own) return;
      await side.put(database, many(600));
      const store = await open({ writable: true });
      await store.purgeBatch?.({ cutoff: at(500), limit: 100 });
      await own.stop();
      expect((await problemOf(() => store.count({}))).code).toBe("store_gone");
      expect((await problemOf(() => purgeAll(store, at(500), 100))).code).toBe("store_gone");
      await own.start();
      expect(await purgeAll(store, at(500), 100)).toMatchObject({ deleted: 400 });
      expect(await store.count({})).toBe(100);
    }, 120_000);
  });
}
