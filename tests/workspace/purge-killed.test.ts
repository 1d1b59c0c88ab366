/** A purge job whose server is killed: it fails with a problem, a second one deletes exactly the rest, and both are put back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasMysql, connected as mysqlClient, startMariadb } from "../servers/mariadb.ts";
import { connected, ownPostgres, startPostgres, type TestServer } from "../servers/postgres.ts";
import { at, keyOf } from "../stores/conformance.ts";
import { mysqlPlace } from "../stores/mysql-place.ts";
import { postgresPlace } from "../stores/postgres-place.ts";
import { ended, startHost } from "./host.ts";

const COUNT = 12_000;

const sides = [
  { name: "PostgreSQL", there: ownPostgres, start: startPostgres, kill: "SIGQUIT" as const },
  { name: "MariaDB", there: hasMysql, start: startMariadb, kill: "SIGKILL" as const },
];

describe.each(sides)("$name", ({ name, there, start, kill }) => {
  let server: TestServer;
  beforeAll(async () => {
    if (there) server = await start();
  }, 120_000);
  afterAll(() => server?.close());

  test.runIf(there)(
    "killed amid a purge job",
    async () => {
      const { own } = server;
      if (!own) return;
      const place = await (name === "PostgreSQL" ? postgresPlace : mysqlPlace)(server);
      // The tests' servers are not careful by themselves: what was put would not outlive a kill.
      if (name === "MariaDB") {
        const careful = await mysqlClient(server);
        await careful.query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
        await careful.end();
      }
      await place.put(
        Array.from({ length: COUNT + 50 }, (_, index) => ({
          ...{ key: keyOf(index), data: `data ${index}` },
          expires: index < COUNT ? at(index) : "2099-01-01T00:00:00.000000Z",
        })),
      );
      if (name === "PostgreSQL") {
        const client = await connected(server, String(place.target.options["database"]));
        await client.query("CHECKPOINT");
        await client.end();
      }
      const host = startHost({ reconnectDelays: [50], lookMs: 0 });
      const { client } = host;
      try {
        const { driver, options } = place.target;
        const { password, ...shown } = options;
        const saved = await client.connections.save({
          connection: {
            ...{ id: "", name: "Shop", group: "", environment: "development", driver },
            ...{ options: { ...shown, usersTable: "" }, settings: {}, storeClass: "SessionStore" },
            ...{ secretKeyEnv: null, builtin: false },
          },
          secrets: { options: { password: String(password) } },
        });
        const connection = saved.id;
        await client.connections.open({ connection });
        await client.connections.unlock({ connection });
        const first = await client.purge.start({ connection, cutoff: at(1_000_000), pauseMs: 30 });
        for await (const now of await client.jobs.watch({ job: first.job }))
          if (now.done > 0) break;
        await own.stop(kill);
        const failed = await ended(client, first.job);
        expect(failed).toMatchObject({
          status: "failed",
          problem: { code: "store_gone", message: expect.any(String) },
        });
        expect(failed.done).toBeLessThan(COUNT);
        await own.start();
        await expect
          .poll(async () => (await client.connections.reconnect({ connection })).back)
          .toBe(true);
        const store = await place.open(false);
        const left = await store.count({ to: at(1_000_000) });
        await client.connections.unlock({ connection });
        const second = await client.purge.start({ connection, cutoff: at(1_000_000), pauseMs: 0 });
        expect(await ended(client, second.job)).toMatchObject({ status: "done", done: left });
        expect(await store.count({})).toBe(50);
        for (const { binJob } of [failed, await ended(client, second.job)])
          await client.bin.restore({ job: binJob ?? "" });
        expect(await store.count({})).toBe(COUNT + 50);
        expect(await store.get(keyOf(7), 99)).toMatchObject({ data: "data 7", expires: at(7) });
        await store.close();
      } finally {
        await host.close();
        // Its own client may have died with the server.
        await Promise.resolve(place.cleanUp()).catch(() => {});
      }
    },
    120_000,
  );
});
