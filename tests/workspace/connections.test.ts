import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { homePath } from "../../src/main/workspace/home.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { collect, problemOf, startHost, type TestHost } from "./host.ts";
import { inDays, keyOf, makeDatabase, secretKey, signed, sql } from "./store.ts";

describe("the place of the app's data", () => {
  test("is SESSIONSCOPE_HOME, else the platform's own", () => {
    expect(homePath({ SESSIONSCOPE_HOME: "/data/scope" }, "linux")).toBe("/data/scope");
    expect(homePath({ XDG_DATA_HOME: "/x/share" }, "linux")).toBe("/x/share/sessionscope");
    expect(homePath({ XDG_DATA_HOME: "relative" }, "linux")).toMatch(
      /\/\.local\/share\/sessionscope$/,
    );
    expect(homePath({}, "darwin")).toMatch(/\/Library\/Application Support\/Sessionscope$/);
    expect(homePath({ APPDATA: "/roaming" }, "win32")).toMatch(/^\/roaming.Sessionscope$/);
  });
});

describe("connections", () => {
  let host: TestHost;
  let path: string;
  beforeEach(() => {
    host = startHost();
    path = join(host.folder, "site.sqlite3");
    makeDatabase(path, [
      { key: keyOf("a"), value: '{"_auth_user_id":"1"}' },
      { key: keyOf("b"), days: -1 },
    ]);
  });
  afterEach(() => host.close());

  const draft = (more: object = {}) =>
    connectionSchema.parse({ id: "", name: "Site", driver: "sqlite", options: { path }, ...more });

  test("list starts with the demo store, which cannot be changed or removed", async () => {
    const [first, ...rest] = await host.client.connections.list();
    expect(first?.connection).toMatchObject({ id: "demo", builtin: true });
    expect(rest).toEqual([]);
    const demo = first?.connection ?? draft();
    expect(await problemOf(host.client.connections.save({ connection: demo }))).toMatchObject({
      code: "bad_request",
    });
    const gone = host.client.connections.remove({ connection: "demo" });
    expect(await problemOf(gone)).toMatchObject({ code: "bad_request" });
  });

  test("are saved, changed, found by another process, and removed", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft() });
    expect(saved.id).toMatch(/^c-/);
    await client.connections.save({ connection: { ...saved, name: "Renamed" } });
    const again = startHost({}, host.folder);
    const names = (await again.client.connections.list()).map(({ connection }) => connection.name);
    expect(names).toEqual(["Demo store", "Renamed"]);
    again.hangUp();
    await client.connections.remove({ connection: saved.id });
    expect(await client.connections.list()).toHaveLength(1);
    expect(await problemOf(client.connections.remove({ connection: saved.id }))).toMatchObject({
      code: "not_found",
    });
    expect(statSync(join(host.home, "connections.json")).mode & 0o777).toBe(0o600);
  });

  test("with options their driver does not take are refused", async () => {
    const connection = draft({ options: { path: 3 } });
    expect(await problemOf(host.client.connections.save({ connection }))).toMatchObject({
      code: "bad_request",
      detail: { option: "path" },
    });
  });

  test("a damaged file is kept aside and said", async () => {
    await host.client.connections.save({ connection: draft() });
    writeFileSync(join(host.home, "connections.json"), '{"version": 1, "connections": [{');
    expect(await host.client.connections.list()).toHaveLength(1);
    const aside = readdirSync(host.home).filter((name) => name.includes(".damaged-"));
    expect(aside).toHaveLength(1);
    expect((await host.client.app.info()).notices).toEqual([
      expect.stringContaining(aside[0] ?? "missing"),
    ]);
  });

  test("opens read-only, says what is there, and closes", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft() });
    const store = await client.connections.open({ connection: saved.id });
    expect(store).toMatchObject({
      kind: "db",
      locked: true,
      unlockedUntil: null,
      keys: { secretKey: false, fallbacks: 0 },
    });
    expect(store.facts.map(({ title }) => title)).toContain("No SECRET_KEY");
    expect(store.settings.SESSION_COOKIE_AGE).toBe(1209600);
    const page = await client.sessions.page({ connection: saved.id });
    expect(page.rows.map(({ signature }) => signature)).toEqual(["unverified", "unverified"]);
    await client.connections.close({ connection: saved.id });
    expect(await problemOf(client.sessions.page({ connection: saved.id }))).toMatchObject({
      code: "not_found",
    });
  });

  test("opening an open one changes nothing but its keys", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft() });
    await client.connections.open({ connection: saved.id });
    await client.connections.unlock({ connection: saved.id });
    const again = await client.connections.open({ connection: saved.id, secrets: { secretKey } });
    expect(again).toMatchObject({ locked: false, keys: { secretKey: true } });
    const { rows } = await client.sessions.page({ connection: saved.id });
    expect(rows.map(({ signature }) => signature)).toEqual(["valid", "valid"]);
  });

  test("an open one that is changed is opened again, locked", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft() });
    await client.connections.open({ connection: saved.id, secrets: { secretKey } });
    await client.connections.unlock({ connection: saved.id });
    await client.connections.save({ connection: { ...saved, environment: "production" } });
    const [, listed] = await client.connections.list();
    expect(listed?.store).toMatchObject({ locked: true, keys: { secretKey: true } });
    expect(listed?.store?.connection.environment).toBe("production");
  });

  test("keys come from the environment variable that is named, or are missed", async () => {
    const env = { SITE_KEY: "another key", SITE_KEY_FALLBACKS: JSON.stringify([secretKey]) };
    host = await host.restart({ env });
    const { client } = host;
    const saved = await client.connections.save({
      connection: draft({ secretKeyEnv: "SITE_KEY" }),
    });
    const store = await client.connections.open({ connection: saved.id });
    expect(store.keys).toEqual({ secretKey: true, fallbacks: 1 });
    const { rows } = await client.sessions.page({ connection: saved.id });
    expect(rows[0]?.signature).toBe("fallback:1");
    const other = await client.connections.save({
      connection: draft({ secretKeyEnv: "NO_SUCH_KEY" }),
    });
    const { facts } = await client.connections.open({ connection: other.id });
    expect(facts.at(-1)).toMatchObject({ level: "warning", title: "SECRET_KEY not found" });
  });

  test("a badly written variable is named, not quoted", async () => {
    host = await host.restart({ env: { SITE_KEY: "k", SITE_KEY_FALLBACKS: "[oops-secret" } });
    const { client } = host;
    const { id } = await client.connections.save({
      connection: draft({ secretKeyEnv: "SITE_KEY" }),
    });
    const problem = await problemOf(client.connections.open({ connection: id }));
    expect(problem.message).toContain("SITE_KEY_FALLBACKS");
    expect(JSON.stringify(problem)).not.toContain("oops-secret");
  });

  test("a path or a URL opens without being saved, under the same id each time", async () => {
    const { client } = host;
    const byPath = await client.connections.openTarget({ target: path });
    const byUrl = await client.connections.openTarget({ target: `sqlite://${path}` });
    expect(byPath.connection.id).toMatch(/^t-[0-9a-f]{16}$/);
    expect(byUrl.connection.id).toBe(byPath.connection.id);
    expect(await client.connections.list()).toHaveLength(1);
  });

  test("a path to a saved place opens the saved connection, production mark and all", async () => {
    const { client } = host;
    const saved = await client.connections.save({
      connection: draft({ environment: "production" }),
    });
    const store = await client.connections.openTarget({ target: path });
    expect(store.connection).toMatchObject({ id: saved.id, environment: "production" });
  });

  test("another table can be named", async () => {
    sql(path, "ALTER TABLE django_session RENAME TO shop_session");
    const store = await host.client.connections.openTarget({ target: path, table: "shop_session" });
    const page = await host.client.sessions.page({ connection: store.connection.id });
    expect(page.rows).toHaveLength(2);
    const wrong = host.client.connections.openTarget({ target: path, table: "nothing" });
    expect(await problemOf(wrong)).toMatchObject({ code: "no_table" });
  });

  test("what is no store is said", async () => {
    const text = join(host.folder, "notes.txt");
    writeFileSync(text, "not a database at all, but long enough to be looked at".repeat(40));
    const { client } = host;
    expect(await problemOf(client.connections.openTarget({ target: text }))).toMatchObject({
      code: "not_a_database",
    });
    const missing = client.connections.openTarget({ target: join(host.folder, "missing.db") });
    expect(await problemOf(missing)).toMatchObject({ code: "cannot_open" });
    const scheme = client.connections.openTarget({ target: "gopher://x/y" });
    expect(await problemOf(scheme)).toMatchObject({ code: "bad_request" });
  });

  test("a test opens, samples signatures and closes", async () => {
    sql(
      path,
      "INSERT INTO django_session VALUES (?, ?, ?)",
      keyOf("c"),
      signed("{}", "old"),
      inDays(3),
    );
    sql(
      path,
      "INSERT INTO django_session VALUES (?, ?, ?)",
      keyOf("d"),
      signed("{}", "no"),
      inDays(3),
    );
    const result = await host.client.connections.test({
      connection: draft(),
      secrets: { secretKey, fallbacks: ["old"] },
    });
    expect(result).toMatchObject({
      ok: true,
      sampled: { total: 4, valid: 2, fallbacks: [1], invalid: 1, unverified: 0 },
    });
    expect(result.steps[0]).toMatchObject({ level: "ok", title: "Opened read-only" });
    expect(await host.client.connections.list()).toHaveLength(1);
  });

  test("a test of what cannot be opened carries the problem", async () => {
    const connection = draft({ options: { path: join(host.folder, "gone.sqlite3") } });
    const result = await host.client.connections.test({ connection, secrets: {} });
    expect(result.ok).toBe(false);
    expect(result.steps.at(-1)).toMatchObject({
      level: "failed",
      problem: { code: "cannot_open" },
    });
    expect(existsSync(join(host.folder, "gone.sqlite3"))).toBe(false);
  });

  test("the page's path field sees folders, databases and files", async () => {
    const { folder, entries } = await host.client.files.suggest({ path: `${host.folder}/` });
    expect(folder).toBe(host.folder);
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ["home", "folder"],
      ["site.sqlite3", "sqlite"],
    ]);
    const typed = await host.client.files.suggest({ path: join(host.folder, "SI") });
    expect(typed.entries.map(({ name }) => name)).toEqual(["site.sqlite3"]);
    expect((await host.client.files.suggest({ path: "/no/such/place/x" })).entries).toEqual([]);
    expect(await host.client.files.detect({ path })).toMatchObject({
      driver: "sqlite",
      options: { path, table: "django_session" },
    });
  });

  test("drivers come with a form schema", async () => {
    const drivers = await host.client.drivers.list();
    const sqlite = drivers.find(({ name }) => name === "sqlite");
    expect(sqlite?.options).toMatchObject({ properties: { path: { format: "path" } } });
  });

  test("no key ever reaches the disk", async () => {
    const { client } = host;
    const saved = await client.connections.save({ connection: draft() });
    await client.connections.open({ connection: saved.id, secrets: { secretKey } });
    await client.connections.unlock({ connection: saved.id });
    await client.sessions.delete({ connection: saved.id, keys: [keyOf("b")] });
    await collect(client.purge.preview({ connection: saved.id }));
    for (const name of readdirSync(host.home))
      expect(readFileSync(join(host.home, name)).includes(secretKey), name).toBe(false);
  });
});
