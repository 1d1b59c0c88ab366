/** A store that vanishes and comes back, without a server: a SQLite file moved away. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { problem } from "../../src/main/problem.ts";
import type { Store } from "../../src/main/stores/driver.ts";
import { type LinkState, linked } from "../../src/main/workspace/reconnect.ts";
import { problemOf, startHost } from "./host.ts";
import { keyOf, makeDatabase } from "./store.ts";

test("a file that is moved away is lost, and back when it is put back", async () => {
  const host = startHost({ reconnectDelays: [20], lookMs: 0 });
  const path = join(host.folder, "site.sqlite3");
  makeDatabase(path, [{ key: keyOf("a") }]);
  const { client } = host;
  const { connection } = await client.connections.openTarget({ target: path });
  renameSync(path, `${path}.away`);
  expect(await problemOf(client.sessions.page({ connection: connection.id }))).toMatchObject({
    code: "store_gone",
  });
  expect(await client.connections.reconnect({ connection: connection.id })).toEqual({
    back: false,
  });
  renameSync(`${path}.away`, path);
  expect(await client.connections.reconnect({ connection: connection.id })).toEqual({ back: true });
  expect((await client.sessions.page({ connection: connection.id })).rows).toHaveLength(1);
  await host.close();
});

/** A store that is gone while `gone` says so, and counts what is asked. */
function stand(gone: () => boolean, asked: string[]): Store {
  const answer = (name: string) => async () => {
    asked.push(name);
    if (gone()) throw problem("store_gone", "It is gone.");
    return name === "page" ? [] : "now";
  };
  return {
    now: answer("now"),
    page: answer("page"),
    write: answer("write"),
    close: answer("close"),
  } as unknown as Store;
}

test("tries come ever later, one at a time, and end with the store's", async () => {
  const asked: string[] = [];
  const states: LinkState[] = [];
  let opens = 0;
  let away = true;
  const link = linked(
    stand(() => true, asked),
    {
      open: async () => {
        opens++;
        if (away) throw problem("cannot_open", "Not yet.");
        return stand(() => false, asked);
      },
      changed: (state) => states.push(state),
      delays: [5, 10],
    },
  );
  const calls = await Promise.allSettled([link.store.now(), link.store.now(), link.store.now()]);
  expect(calls.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(opens).toBe(1);
  await expect.poll(() => states.length).toBeGreaterThan(3);
  expect(states.map(({ attempt }) => attempt)).toEqual(states.map((_, index) => index + 1));
  away = false;
  await expect.poll(() => states.at(-1)?.state).toBe("back");
  expect(await link.store.now()).toBe("now");
  const tries = opens;
  await link.close();
  expect(opens).toBe(tries);
});

test("a write is never repeated, and other problems are none of a lost store", async () => {
  const asked: string[] = [];
  let gone = true;
  const link = linked(
    stand(() => gone, asked),
    {
      open: async () => {
        gone = false;
        return stand(() => false, asked);
      },
      changed: () => {},
    },
  );
  await expect(
    link.store.write({ key: "k", data: "", expires: null, expected: null }),
  ).rejects.toMatchObject({ problem: { hint: expect.stringContaining("not repeated") } });
  expect(asked.filter((name) => name === "write")).toHaveLength(1);
  expect(await link.store.page({ order: "expires", limit: 1, maxData: 0 })).toEqual([]);
  await link.close();
});
