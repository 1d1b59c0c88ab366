import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionSchema, type OpenStore } from "../../src/shared/connection.ts";
import { problemOf, startHost, type TestHost } from "../workspace/host.ts";
import { keyOf, makeDatabase, rowsOf, secretKey } from "../workspace/store.ts";

let host: TestHost;
let path: string;
beforeEach(() => {
  host = startHost();
  path = `${host.folder}/db.sqlite3`;
  makeDatabase(path, [{ key: keyOf("a") }, { key: keyOf("b"), days: -1 }]);
});
afterEach(() => host.close());

async function open(environment: "development" | "production"): Promise<OpenStore> {
  const connection = await host.client.connections.save({
    connection: connectionSchema.parse({
      id: "",
      name: "shop / production",
      driver: "sqlite",
      options: { path },
      environment,
    }),
  });
  return host.client.connections.open({ connection: connection.id, secrets: { secretKey } });
}

/** Every call that changes a store. */
const writes = (connection: string, confirmName?: string) => {
  const { sessions, users, purge } = host.client;
  const common = { connection, ...(confirmName === undefined ? {} : { confirmName }) };
  const keys = [keyOf("a")];
  const draft = { key: keyOf("a"), token: "=x", text: "{}", expiry: "keep" } as const;
  return {
    save: () => sessions.save({ ...common, ...draft }),
    extend: () => sessions.extend({ ...common, keys }),
    expire: () => sessions.expireNow({ ...common, keys }),
    delete: () => sessions.delete({ ...common, keys }),
    logout: () => users.logout({ ...common, user: "1" }),
    purge: () => purge.start({ ...common, cutoff: new Date().toISOString() }),
  };
};

describe("a locked connection", () => {
  test("refuses every change with read_only", async () => {
    const { connection } = await open("development");
    const before = rowsOf(path);
    for (const [act, call] of Object.entries(writes(connection.id)))
      expect(await problemOf(call()), act).toMatchObject({ code: "read_only" });
    expect(rowsOf(path)).toEqual(before);
  });

  test("refuses them again after it was locked by hand", async () => {
    const { connection } = await open("development");
    await host.client.connections.unlock({ connection: connection.id });
    const locked = await host.client.connections.lock({ connection: connection.id });
    expect(locked).toMatchObject({ locked: true, unlockedUntil: null });
    const call = writes(connection.id).delete();
    expect(await problemOf(call)).toMatchObject({ code: "read_only" });
  });
});

describe("unlocking", () => {
  test("says until when, and goes on reading undisturbed", async () => {
    const { connection } = await open("development");
    const { unlockedUntil, locked } = await host.client.connections.unlock({
      connection: connection.id,
    });
    expect(locked).toBe(false);
    const left = Date.parse(unlockedUntil ?? "") - Date.now();
    expect(left).toBeGreaterThan(14 * 60_000);
    expect(left).toBeLessThanOrEqual(15 * 60_000);
    expect((await host.client.sessions.page({ connection: connection.id })).rows).toHaveLength(2);
  });

  test("ends by itself, with an event", async () => {
    host = await host.restart({ unlockMs: 300 });
    const { connection } = await open("development");
    const events = await host.client.app.events();
    await host.client.connections.unlock({ connection: connection.id });
    const seen: boolean[] = [];
    for await (const event of events) {
      if (event.type === "store") seen.push(event.store.locked);
      if (seen.includes(false) && seen.at(-1)) break;
    }
    expect(seen.slice(-2)).toEqual([false, true]);
    const call = writes(connection.id).delete();
    expect(await problemOf(call)).toMatchObject({ code: "read_only" });
  });

  test("once more starts the time anew", async () => {
    const { connection } = await open("development");
    const first = await host.client.connections.unlock({ connection: connection.id });
    await sleep(20);
    const second = await host.client.connections.unlock({ connection: connection.id });
    const later = Date.parse(second.unlockedUntil ?? "") - Date.parse(first.unlockedUntil ?? "");
    expect(later).toBeGreaterThan(0);
    expect((await writes(connection.id).extend()).done).toBe(1);
  });
});

describe("production", () => {
  test("asks for its name to be typed, for unlocking and for what destroys", async () => {
    const { connection } = await open("production");
    const { client } = host;
    for (const confirmName of [undefined, "", "shop", "Shop / Production"]) {
      const given = confirmName === undefined ? {} : { confirmName };
      const call = client.connections.unlock({ connection: connection.id, ...given });
      expect(await problemOf(call)).toMatchObject({
        code: "confirm_name",
        detail: { name: "shop / production" },
      });
    }
    await client.connections.unlock({
      connection: connection.id,
      confirmName: "shop / production",
    });
    const before = rowsOf(path);
    for (const [act, call] of Object.entries(writes(connection.id)))
      if (act !== "extend")
        expect(await problemOf(call()), act).toMatchObject({ code: "confirm_name" });
    expect(rowsOf(path)).toEqual(before);
  });

  test("lets through what carries the name, and extending without", async () => {
    const { connection } = await open("production");
    const name = "shop / production";
    await host.client.connections.unlock({ connection: connection.id, confirmName: name });
    expect((await writes(connection.id).extend()).done).toBe(1);
    expect((await writes(connection.id, name).delete()).done).toBe(1);
    expect(rowsOf(path).map(({ session_key }) => session_key)).toEqual([keyOf("b")]);
  });

  test("asks before a restore as well", async () => {
    const { connection } = await open("production");
    const confirmName = "shop / production";
    await host.client.connections.unlock({ connection: connection.id, confirmName });
    const { job } = await writes(connection.id, confirmName).delete();
    const restore = host.client.bin.restore({ job: job ?? "" });
    expect(await problemOf(restore)).toMatchObject({ code: "confirm_name" });
    expect((await host.client.bin.restore({ job: job ?? "", confirmName })).done).toBe(1);
  });
});

test("a file that cannot be written to stays read-only, with the reason", async () => {
  const { connection } = await open("development");
  const { chmodSync } = await import("node:fs");
  chmodSync(path, 0o444);
  // Root may write to anything, and then unlocking works.
  if (process.getuid?.() === 0) return;
  const call = host.client.connections.unlock({ connection: connection.id });
  expect(await problemOf(call)).toMatchObject({ code: "read_only" });
});
