/** A project opened through the contract: proposal, store, and what contradicts it. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { project as djangoProject } from "../../django/project.ts";
import { problemOf, startHost, type TestHost } from "../host.ts";
import { keyOf, makeDatabase, secretKey } from "../store.ts";
import { folderWith, manage } from "./oracle.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

const project = (key: string, more = "") => {
  const folder = folderWith({
    "manage.py": manage("shop.settings"),
    "shop/__init__.py": "",
    "shop/settings.py": `from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = ${JSON.stringify(key)}
USE_TZ = True
TIME_ZONE = "UTC"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
${more}`,
  });
  makeDatabase(join(folder, "db.sqlite3"), [{ key: keyOf("a") }, { key: keyOf("b") }]);
  return folder;
};

test("is read, opened with its key, checked, and saved with it", async () => {
  const { client } = host;
  const read = await client.project.read({
    path: project(secretKey, "SESSION_COOKIE_AGE = 3600\n"),
  });
  expect(JSON.stringify(read)).not.toContain(secretKey);
  const [proposal] = read.proposals;
  const store = await client.project.open({ project: read.handle, proposal: proposal?.id ?? "" });
  expect(store).toMatchObject({
    locked: true,
    keys: { secretKey: true },
    settings: { SESSION_COOKIE_AGE: 3600 },
  });
  const id = store.connection.id;
  expect(
    (await client.sessions.page({ connection: id })).rows.map(({ signature }) => signature),
  ).toEqual(["valid", "valid"]);
  const findings = await client.project.check({ project: read.handle, connection: id });
  expect(findings.map(({ level, title }) => [level, title])).toEqual([
    ["ok", "Engine"],
    ["ok", "The key verifies"],
  ]);
  const connection = proposal?.connection;
  if (!connection || !proposal.handle) throw new Error("no connection");
  const secrets = { handle: proposal.handle };
  const tested = await client.connections.test({ connection, secrets });
  expect(tested.sampled).toMatchObject({ total: 2, valid: 2 });
  const saved = await client.connections.save({ connection, secrets });
  expect((await client.connections.open({ connection: saved.id })).keys.secretKey).toBe(true);
});

test("contradictions are pointed out", async () => {
  const { client } = host;
  const folder = project(
    "another key altogether",
    "SESSION_ENGINE = 'django.contrib.sessions.backends.file'\nSESSION_SERIALIZER = 'django.contrib.sessions.serializers.PickleSerializer'\nSESSION_COOKIE_AGE = 5\n",
  );
  const read = await client.project.read({ path: folder });
  const store = await client.connections.openTarget({
    target: join(folder, "db.sqlite3"),
    secrets: { secretKey: "another key altogether" },
  });
  const findings = await client.project.check({
    project: read.handle,
    connection: store.connection.id,
  });
  expect(findings.filter(({ level }) => level === "warning").map(({ title }) => title)).toEqual([
    "Another engine",
    "The key verifies nothing",
    "Another serializer",
    "SESSION_COOKIE_AGE differs",
  ]);
});

test("handles of nothing, and proposals that cannot be opened", async () => {
  const { client } = host;
  expect(await problemOf(client.project.open({ project: "x", proposal: "1" }))).toMatchObject({
    code: "not_found",
  });
  const folder = folderWith({
    "manage.py": manage("s"),
    "s.py": "SESSION_ENGINE='django.contrib.sessions.backends.cache'\n",
  });
  const read = await client.project.read({ path: folder });
  expect(
    await problemOf(client.project.open({ project: read.handle, proposal: "1" })),
  ).toMatchObject({ code: "not_found", message: expect.stringContaining("memory") });
  const missing = folderWith({
    "manage.py": manage("s"),
    "s.py": "DATABASES={'default':{'ENGINE':'django.db.backends.sqlite3','NAME':'gone.sqlite3'}}\n",
  });
  const other = await client.project.read({ path: missing });
  expect(
    await problemOf(client.project.open({ project: other.handle, proposal: "1" })),
  ).toMatchObject({ code: "cannot_open" });
  expect(await problemOf(client.project.read({ path: "/nonexistent" }))).toMatchObject({
    code: "cannot_open",
  });
});

test("a table that is missing is said with the step and what there is instead", async () => {
  const { client } = host;
  const folder = project("k");
  const database = new Database(join(folder, "db.sqlite3"));
  database.exec("ALTER TABLE django_session RENAME TO old_sessions");
  database.close();
  const read = await client.project.read({ path: folder });
  const [proposal] = read.proposals;
  const missing = await problemOf(
    client.project.open({ project: read.handle, proposal: proposal?.id ?? "" }),
  );
  expect(missing).toMatchObject({ code: "no_table", detail: { tables: ["old_sessions"] } });
  expect(missing.hint).toContain("old_sessions");
  const connection = proposal?.connection;
  if (!connection) throw new Error("no connection");
  const { ok, steps } = await client.connections.test({ connection, secrets: {} });
  expect([ok, steps.at(-1)?.problem?.code]).toEqual([false, "no_table"]);
});

test("a cache's pickles contradict no SESSION_SERIALIZER, which caches do not use", async () => {
  const { client } = host;
  const cache = join(host.folder, "cache");
  const django = djangoProject({
    sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
    caches: {
      default: { BACKEND: "django.core.cache.backends.filebased.FileBasedCache", LOCATION: cache },
    },
  });
  django.run("s = SessionStore(); s['a'] = 1; s.save()");
  const folder = project(
    "k",
    `SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": ${JSON.stringify(cache)}}}
`,
  );
  const read = await client.project.read({ path: folder });
  const store = await client.project.open({ project: read.handle, proposal: "1" });
  const id = store.connection.id;
  const findings = await client.project.check({ project: read.handle, connection: id });
  expect(findings.map(({ level, title }) => [level, title])).toEqual([
    ["ok", "Engine"],
    ["info", "SECRET_KEY"],
  ]);
});
