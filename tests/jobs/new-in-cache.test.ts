/** Sessions that the app makes, makes anew or puts back in caches, loaded by the real Django of each kind of cache. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deleteSessions } from "../../src/main/jobs/change-sessions.ts";
import { ReadEntries } from "../../src/main/jobs/edit-base.ts";
import { saveDraft } from "../../src/main/jobs/edit-save.ts";
import { restore } from "../../src/main/jobs/restore.ts";
import { openContext } from "../../src/main/workspace/open-context.ts";
import { openRecycleBin } from "../../src/main/workspace/recycle-bin.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import { type Project, project } from "../django/project.ts";
import { djangoPython } from "../django/python.ts";
import { hasMemcached, startMemcached, type TestMemcached } from "../servers/memcached.ts";
import { hasRedis, startRedis, type TestRedis } from "../servers/redis.ts";
import { codeOf } from "../stores/conformance-kit.ts";
import { tempFolder } from "../stores/places.ts";

const CI = process.env["CI"] === "true";
const hasDjangoRedis =
  CI || spawnSync(djangoPython().python, ["-c", "import django_redis"]).status === 0;

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

const siteWith = (cache: object, database?: string): Project =>
  project({
    secretKey: "a key",
    ...(database && { database }),
    sessions: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
    caches: { default: cache },
  });

const opened = (driver: string, options: object) =>
  openContext({
    connection: connectionSchema.parse({ id: "c", name: "c", driver, options }),
    keys: { secretKey: "a key", fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
    settings: filledSettings({}),
    writable: true,
    binPath: join(folder, "bin.sqlite3"),
  });

type Opened = Awaited<ReturnType<typeof opened>>["context"];
const changing = (context: Opened) => ({
  ...context,
  identity: "here",
  signal: new AbortController().signal,
});

const text = (n: number) =>
  JSON.stringify({ n, deep: { list: [1, 2.5, "größer"], none: null }, _auth_user_id: "7" });
const create = (context: Opened, key: string, n: number) =>
  saveDraft(changing(context), new ReadEntries(), {
    ...{ key, token: "", text: text(n), expiry: "recompute" as const },
  });

const loaded = (django: Project, keys: string[]): Record<string, unknown>[] =>
  django.run("result = [dict(SessionStore(key).items()) for key in given]", keys);

const keyOf = (letter: string): string => letter.repeat(32);

/** Made in an empty cache, made beside one of the site's, and put back after a delete: Django loads them all. */
async function servesDjango(
  django: Project,
  driver: string,
  options: object,
  { sample = false } = {},
): Promise<void> {
  const { context, close } = await opened(driver, options);
  const expected = (n: number) => JSON.parse(text(n)) as Record<string, unknown>;
  const keys: string[] = [];
  if (sample) expect(await codeOf(() => create(context, keyOf("x"), 1))).toBe("not_writable");
  else {
    expect((await create(context, keyOf("x"), 1)).outcome).toBe("saved");
    keys.push(keyOf("x"));
  }
  django.run(`
session = SessionStore()
session["of"] = "the site"
session.save()
`);
  expect((await create(context, keyOf("y"), 2)).outcome).toBe("saved");
  expect((await create(context, keyOf("y"), 3)).outcome).toBe("conflict");
  keys.push(keyOf("y"));
  const ns = keys.length === 1 ? [2] : [1, 2];
  expect(loaded(django, keys)).toEqual(ns.map(expected));
  const before = await Promise.all(keys.map((key) => context.store.get(key, 9999)));
  const { job, done } = await deleteSessions(changing(context), keys);
  expect(done).toBe(keys.length);
  expect(loaded(django, keys)).toEqual(keys.map(() => ({})));
  const bin = openRecycleBin(join(folder, "bin.sqlite3"));
  const report = await restore(changing(context), {
    title: "test",
    images: [bin.images(job ?? "", undefined, 9, 9999)],
    restored: (sequences) => bin.restored(job ?? "", sequences),
  });
  bin.close();
  expect(report).toMatchObject({ done: keys.length, skippedCount: 0 });
  expect(await Promise.all(keys.map((key) => context.store.get(key, 9999)))).toMatchObject(
    before.map((entry) => ({ data: entry?.data, expires: entry?.expires })),
  );
  expect(loaded(django, keys)).toEqual(ns.map(expected));
  const middleware = django.run<number[]>(
    `
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
result = []
for key in given:
    request = RequestFactory().get("/")
    request.COOKIES["sessionid"] = key
    def view(request):
        request.session["n"] += 10
        return HttpResponse(str(request.session["n"]))
    result.append(int(SessionMiddleware(view)(request).content))
`,
    keys,
  );
  expect(middleware).toEqual(ns.map((n) => n + 10));
  await close();
}

it("DatabaseCache in SQLite", async () => {
  const path = join(folder, "db.sqlite3");
  const django = siteWith(
    { BACKEND: "django.core.cache.backends.db.DatabaseCache", LOCATION: "my_cache" },
    path,
  );
  django.run(
    'from django.core.management import call_command\ncall_command("createcachetable", verbosity=0)',
  );
  await servesDjango(django, "sqlite-cache", { path, table: "my_cache" });
});

it("FileBasedCache, each file with its own expiry", async () => {
  const path = join(folder, "cache");
  mkdirSync(path);
  const django = siteWith({
    BACKEND: "django.core.cache.backends.filebased.FileBasedCache",
    LOCATION: path,
  });
  await servesDjango(django, "file-cache", { path });
});

it("what cannot be read is replaced by what Django loads", async () => {
  const path = join(folder, "cache");
  mkdirSync(path);
  const django = siteWith({
    BACKEND: "django.core.cache.backends.filebased.FileBasedCache",
    LOCATION: path,
  });
  const { context, close } = await opened("file-cache", { path });
  await create(context, keyOf("x"), 1);
  const [name = ""] = readdirSync(path);
  const whole = await context.store.get(keyOf("x"), 9999);
  writeFileSync(join(path, name), Buffer.from(whole?.data ?? "").subarray(0, 40));
  const token = (await context.store.get(keyOf("x"), 9999))?.token ?? "";
  const draft = { key: keyOf("x"), token, text: text(5), expiry: "recompute" as const };
  const plain = () => saveDraft(changing(context), new ReadEntries(), draft);
  expect(await codeOf(plain)).toBe("not_writable");
  await saveDraft(changing(context), new ReadEntries(), { ...draft, resign: true });
  expect(loaded(django, [keyOf("x")])).toMatchObject([{ n: 5 }]);
  const again = (await context.store.get(keyOf("x"), 9999))?.token ?? "";
  await saveDraft(changing(context), new ReadEntries(), {
    ...{ ...draft, text: text(6), token: again, expiry: "keep" as const },
  });
  expect(loaded(django, [keyOf("x")])).toMatchObject([{ n: 6 }]);
  await close();
});

it("a row in a table goes without a copy, and is signed", async () => {
  const path = join(folder, "db.sqlite3");
  const django = project({ database: path, secretKey: "a key" });
  const { context, close } = await opened("sqlite", { path });
  await create(context, keyOf("x"), 1);
  expect(loaded(django, [keyOf("x")])).toMatchObject([{ n: 1 }]);
  const db = new Database(path, { readonly: true });
  expect(db.prepare("SELECT session_data FROM django_session").pluck().get()).toMatch(
    /^\.?[\w-]+:\w+:[\w-]{43}$/,
  );
  db.close();
  await close();
});

describe.runIf(hasMemcached || CI)("memcached", () => {
  let server: TestMemcached;
  beforeEach(async () => {
    server = await startMemcached();
  });
  afterEach(() => server.close());

  it.each(["PyMemcacheCache", "PyLibMCCache"])("%s", async (backend) => {
    const LOCATION = `127.0.0.1:${server.port}`;
    const BACKEND = `django.core.cache.backends.memcached.${backend}`;
    await servesDjango(siteWith({ BACKEND, LOCATION }), "memcached", { hosts: LOCATION });
  });
});

describe.runIf((hasRedis && hasDjangoRedis) || CI)("Redis", () => {
  let server: TestRedis;
  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(() => server.close());

  it.each([
    ["as it is", {}],
    ["JSON", { SERIALIZER: "django_redis.serializers.json.JSONSerializer" }],
    [
      "MessagePack, zlib",
      {
        SERIALIZER: "django_redis.serializers.msgpack.MSGPackSerializer",
        COMPRESSOR: "django_redis.compressors.zlib.ZlibCompressor",
      },
    ],
  ])("django-redis, %s, goes by a session that is there", async (_, OPTIONS) => {
    const django = siteWith({
      BACKEND: "django_redis.cache.RedisCache",
      LOCATION: `redis://127.0.0.1:${server.port}/0`,
      OPTIONS,
    });
    const hosts = `127.0.0.1:${server.port}`;
    await servesDjango(django, "redis", { hosts }, { sample: true });
  });

  it("JSON engines name it themselves", async () => {
    const hosts = `127.0.0.1:${server.port}`;
    const { context, close } = await opened("redis", { hosts, layout: "session" });
    await create(context, keyOf("x"), 1);
    const stored = await server.client.get(`session:${keyOf("x")}`);
    expect(JSON.parse(stored ?? "")).toEqual(JSON.parse(text(1)));
    await close();
  });
});
