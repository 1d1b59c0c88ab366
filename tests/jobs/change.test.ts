import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deleteSessions } from "../../src/main/jobs/change-sessions.ts";
import type { OpenRecipe } from "../../src/main/jobs/context.ts";
import type { StoreChange } from "../../src/main/stores/driver.ts";
import { openStore } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { problemOf, startHost, type TestHost } from "../workspace/host.ts";
import {
  inDays,
  keyOf,
  makeDatabase,
  openUnlocked,
  rowsOf,
  secretKey,
  signed,
  sql,
} from "../workspace/store.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

const many = (count: number) => Array.from({ length: count }, (_, n) => ({ key: keyOf(n) }));
const keysOf = (path: string) => rowsOf(path).map(({ session_key }) => session_key);

describe("deleting", () => {
  test("takes what is there and says why it left the rest", async () => {
    const { path, connection } = await openUnlocked(host, many(3));
    const report = await host.client.sessions.delete({
      connection,
      keys: [keyOf(0), keyOf(0), keyOf("gone"), "", keyOf(2)],
    });
    expect(report).toMatchObject({ done: 2, skippedCount: 2 });
    expect(report.skipped.map(({ key }) => key)).toEqual([keyOf("gone"), ""]);
    expect(keysOf(path)).toEqual([keyOf(1)]);
  });

  test("of thousands is one job in the bin, and comes back whole", async () => {
    const { path, connection } = await openUnlocked(host, many(2500));
    const before = rowsOf(path);
    const { job, done } = await host.client.sessions.delete({
      connection,
      keys: before.map(({ session_key }) => session_key),
    });
    expect(done).toBe(2500);
    expect(await host.client.jobs.list({})).toMatchObject([
      { kind: "delete", status: "done", done: 2500, total: 2500 },
    ]);
    expect(rowsOf(path)).toEqual([]);
    const [listed] = await host.client.bin.jobs({ connection });
    expect(listed).toMatchObject({ id: job, kind: "delete", entries: 2500, restorable: 2500 });
    expect(await host.client.bin.restore({ job: job ?? "" })).toMatchObject({ done: 2500 });
    expect(rowsOf(path)).toEqual(before);
  });

  test("of nothing keeps no job", async () => {
    const { connection } = await openUnlocked(host, many(1));
    const report = await host.client.sessions.delete({ connection, keys: [keyOf("gone")] });
    expect(report).toMatchObject({ job: null, done: 0, skippedCount: 1 });
    expect(await host.client.bin.jobs({})).toEqual([]);
  });
});

describe("the expiry", () => {
  test("is set from now, the value as it was", async () => {
    const { path, connection } = await openUnlocked(host, many(2));
    const before = rowsOf(path);
    const report = await host.client.sessions.extend({ connection, keys: [keyOf(0)], seconds: 60 });
    expect(report.done).toBe(1);
    const after = rowsOf(path);
    expect(after[0]?.session_data).toBe(before[0]?.session_data);
    expect(Date.parse(`${after[0]?.expire_date}Z`) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(after[1]).toEqual(before[1]);
    await host.client.bin.restore({ job: report.job ?? "" });
    expect(rowsOf(path)).toEqual(before);
  });

  test("is SESSION_COOKIE_AGE where nothing is said", async () => {
    const { path, connection } = await openUnlocked(host, many(1));
    await host.client.sessions.extend({ connection, keys: [keyOf(0)] });
    const [row] = rowsOf(path);
    const seconds = (Date.parse(`${row?.expire_date}Z`) - Date.now()) / 1000;
    expect(seconds).toBeCloseTo(1209600, -1);
  });

  test("now ends a session, and can be undone", async () => {
    const { path, connection } = await openUnlocked(host, many(1));
    const before = rowsOf(path);
    const { job } = await host.client.sessions.expireNow({ connection, keys: [keyOf(0)] });
    const { row } = await host.client.sessions.get({ connection, key: keyOf(0) });
    expect(row.state).toBe("expired");
    await host.client.bin.restore({ job: job ?? "" });
    expect(rowsOf(path)).toEqual(before);
  });
});

describe("the history of a session", () => {
  test("names what was done to it, newest first", async () => {
    const { connection } = await openUnlocked(host, many(2));
    const { sessions, bin } = host.client;
    await sessions.extend({ connection, keys: [keyOf(0)], seconds: 500 });
    await sessions.expireNow({ connection, keys: [keyOf(0), keyOf(1)] });
    const { job } = await sessions.delete({ connection, keys: [keyOf(0)] });
    await bin.restore({ job: job ?? "" });
    const history = await bin.history({ connection, key: keyOf(0) });
    expect(history.map(({ kind }) => kind)).toEqual(["delete", "expire", "extend"]);
    expect(history[0]?.restoredAt).not.toBeNull();
    expect(history[2]?.before).toMatchObject({ key: keyOf(0), signature: "valid", keys: ["a"] });
  });
});

describe("with the store in hand", () => {
  const recipeOf = (path: string, driver = "sqlite"): OpenRecipe => ({
    connection: connectionSchema.parse({ id: "x", name: "x", driver, options: { path } }),
    keys: { secretKey, fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
    settings: filledSettings({}),
    writable: true,
    binPath: join(host.folder, "bin.sqlite3"),
  });
  async function contextOf(path: string, driver?: string) {
    const recipe = recipeOf(path, driver);
    const bin = openRecycleBin(recipe.binPath);
    const store = await openStore(recipe);
    const { signal } = new AbortController();
    return { recipe, store, bin, identity: path, signal };
  }

  test("a session that changes between reading and deleting stays, and leaves no image", async () => {
    const path = join(host.folder, "race.sqlite3");
    makeDatabase(path, many(3));
    const context = await contextOf(path);
    const { store } = context;
    const late = {
      ...store,
      changeAll(changes: readonly StoreChange[]) {
        sql(
          path,
          "UPDATE django_session SET expire_date = ? WHERE session_key = ?",
          inDays(30),
          keyOf(1),
        );
        sql(path, "DELETE FROM django_session WHERE session_key = ?", keyOf(2));
        return store.changeAll?.(changes) ?? Promise.resolve([]);
      },
    };
    const report = await deleteSessions({ ...context, store: late }, [0, 1, 2].map(keyOf));
    expect(report).toMatchObject({ done: 1, skippedCount: 2 });
    expect(keysOf(path)).toEqual([keyOf(1)]);
    expect(context.bin.images(report.job ?? "", undefined, 10, 1e6)).toMatchObject([
      { entry: { key: keyOf(0) } },
    ]);
    context.bin.close();
  });

  test("nothing is deleted that the bin could not keep", async () => {
    const path = join(host.folder, "keep.sqlite3");
    makeDatabase(path, many(250));
    const context = await contextOf(path);
    const before = rowsOf(path);
    const keys = before.map(({ session_key }) => session_key);
    context.bin.setLimit(10_000);
    await expect(deleteSessions(context, keys)).rejects.toMatchObject({
      problem: { code: "bin_full" },
    });
    expect(rowsOf(path)).toEqual(before);
    // A bin that breaks on the way: the first hundred went, the rest stays.
    context.bin.setLimit(2 ** 30);
    let kept = 0;
    const begin = context.bin.begin;
    const breaking = {
      ...context,
      bin: {
        ...context.bin,
        begin: (job: Parameters<typeof begin>[0]) => {
          const writer = begin(job);
          return {
            ...writer,
            keep(images: Parameters<typeof writer.keep>[0]) {
              if (kept > 0) context.bin.setLimit(0);
              kept += images.length;
              writer.keep(images);
            },
          };
        },
      },
    };
    const report = await deleteSessions(breaking, keys);
    expect(report).toMatchObject({ done: 100, skippedCount: 150 });
    expect(rowsOf(path)).toHaveLength(150);
    expect(context.bin.images(report.job ?? "", undefined, 500, 0)).toHaveLength(100);
    context.bin.close();
  });

  test("files: a session whose own expiry decides is left alone, with the reason", async () => {
    const folder = join(host.folder, "files");
    mkdirSync(folder);
    const names = { plain: "aaaaaaaa", custom: "bbbbbbbb" };
    writeFileSync(join(folder, `sessionid${names.plain}`), signed('{"a":1}'));
    writeFileSync(join(folder, `sessionid${names.custom}`), signed('{"_session_expiry":60}'));
    const old = Date.now() / 1000 - 86_400 * 10;
    utimesSync(join(folder, `sessionid${names.plain}`), old, old);
    const { client } = host;
    const { connection } = await client.connections.openTarget({ target: `file://${folder}` });
    await client.connections.unlock({ connection: connection.id });
    const report = await client.sessions.extend({
      connection: connection.id,
      keys: [names.plain, names.custom],
    });
    expect(report).toMatchObject({ done: 1, skipped: [{ key: names.custom }] });
    expect(statSync(join(folder, `sessionid${names.plain}`)).mtimeMs / 1000).toBeGreaterThan(
      old + 1,
    );
    await client.bin.restore({ job: report.job ?? "" });
    expect(statSync(join(folder, `sessionid${names.plain}`)).mtimeMs / 1000).toBeCloseTo(old, 2);
    const deleted = await client.sessions.delete({
      connection: connection.id,
      keys: [names.plain, names.custom],
    });
    expect(readdirSync(folder)).toEqual([]);
    await client.bin.restore({ job: deleted.job ?? "" });
    expect(readdirSync(folder)).toHaveLength(2);
    expect(statSync(join(folder, `sessionid${names.plain}`)).mtimeMs / 1000).toBeCloseTo(old, 2);
  });
});

test("a restore passes over what lives, changed or was put back before", async () => {
  const { path, connection } = await openUnlocked(host, many(4));
  const { sessions, bin } = host.client;
  const { job } = await sessions.delete({ connection, keys: [keyOf(0), keyOf(1), keyOf(2)] });
  sql(
    path,
    "INSERT INTO django_session VALUES (?, ?, ?)",
    keyOf(1),
    signed('{"new":1}'),
    inDays(1),
  );
  const first = await bin.restore({ job: job ?? "", sequences: [0] });
  expect(first).toMatchObject({ done: 1, skippedCount: 0 });
  const again = await bin.restore({ job: job ?? "", sequences: [0] });
  expect(again).toMatchObject({ done: 0, skipped: [{ key: keyOf(0) }] });
  const rest = await bin.restore({ job: job ?? "" });
  expect(rest).toMatchObject({ done: 1, skipped: [{ key: keyOf(1) }] });
  expect(keysOf(path)).toEqual([0, 1, 2, 3].map(keyOf));
  const { row } = await sessions.get({ connection, key: keyOf(1) });
  expect(row.keys).toEqual(["new"]);
  const [listed] = await bin.jobs({});
  expect(listed).toMatchObject({ entries: 3, restorable: 1 });

  const changed = await sessions.expireNow({ connection, keys: [keyOf(3)] });
  sql(path, "UPDATE django_session SET expire_date = ? WHERE session_key = ?", inDays(2), keyOf(3));
  const late = await bin.restore({ job: changed.job ?? "" });
  expect(late).toMatchObject({ done: 0, skipped: [{ key: keyOf(3) }] });
  sql(path, "DELETE FROM django_session WHERE session_key = ?", keyOf(3));
  expect(await bin.restore({ job: changed.job ?? "" })).toMatchObject({ done: 1 });
});

test("a restore works in a later process, from the job alone", async () => {
  const { path, connection } = await openUnlocked(host, many(2));
  const before = rowsOf(path);
  const { job } = await host.client.sessions.delete({ connection, keys: [keyOf(0)] });
  host = await host.restart();
  const { client } = host;
  const id = job ?? "";
  expect(await problemOf(client.bin.restore({ job: id }))).toMatchObject({
    code: "not_found",
    detail: { connection },
  });
  const [listed] = await client.bin.jobs({});
  await client.connections.open({ connection: listed?.connection ?? "" });
  expect(await problemOf(client.bin.restore({ job: id }))).toMatchObject({ code: "read_only" });
  await client.connections.unlock({ connection });
  expect(await client.bin.restore({ job: id })).toMatchObject({ done: 1 });
  expect(rowsOf(path)).toEqual(before);
});
