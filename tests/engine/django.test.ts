/** Sessions written here load in real Django 3.2 and the other way round, for every backend, serializer and cache. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type Storages } from "../../src/main/engine/backends/engines.ts";
import { FileSessionStore } from "../../src/main/engine/backends/file.ts";
import { databaseCacheCull } from "../../src/main/engine/caches/database.ts";
import { LocMemCache } from "../../src/main/engine/caches/locmem.ts";
import {
  csrfSecret,
  loadMessages,
  maskCsrfSecret,
  storeMessages,
} from "../../src/main/engine/csrf-messages.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import { type GivenSettings, PICKLE_SERIALIZER } from "../../src/main/engine/settings.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { isDict, type PyDict } from "../../src/main/python/value.ts";
import { TestEnvironment } from "./backends-environment.ts";
import { runDjango } from "./django-peer.ts";
import { FolderCache, FolderFiles, SqliteCache, SqliteRows } from "./django-storages.ts";

const folder = mkdtempSync(join(tmpdir(), "sessionscope-django-"));
const database = join(folder, "db.sqlite3");
const sessionFolder = join(folder, "sessions");
const cacheFolder = join(folder, "cache");
let db: Database;

const caches: Record<string, object> = {
  database: { BACKEND: "django.core.cache.backends.db.DatabaseCache", LOCATION: "cache_table" },
  file: { BACKEND: "django.core.cache.backends.filebased.FileBasedCache", LOCATION: cacheFolder },
};

const peerSettings = (more: object = {}, cache = "database"): Record<string, unknown> => ({
  DATABASES: { default: { ENGINE: "django.db.backends.sqlite3", NAME: database } },
  SESSION_FILE_PATH: sessionFolder,
  CACHES: { default: caches[cache] },
  ...more,
});

/** What Python makes of the expression, as our value. */
interface Made {
  key: string;
  pickle: string;
  repr: string;
}

const jsonValues = [
  "{}",
  "{'a': 1, 'b': 1.0, 'c': [True, None, -0.0, 1e16, 2**70], '2': 'zwei', '1': 'eins'}",
  "{'text': 'héllo ☃ \\U0001f600 \\ud800 \\x7f </script>', '__proto__': {'x': {}}}",
  "{'_auth_user_id': '1', '_session_expiry': 3600, 'big': 'x' * 5000}",
];
const pickleValues = [
  ...jsonValues,
  "{1: 'int', 1.5: 'float', (1, 2): 'tuple', None: b'bytes', True: {1, 2}}",
  "{'at': datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc), 'd': datetime.date(2026, 1, 2), 't': datetime.timedelta(days=-1, microseconds=5), 'money': decimal.Decimal('1.10'), 'id': uuid.UUID(int=5)}",
];

const json = { SESSION_SERIALIZER: "django.contrib.sessions.serializers.JSONSerializer" };
const pickle = { SESSION_SERIALIZER: PICKLE_SERIALIZER };
const sha1 = { DEFAULT_HASHING_ALGORITHM: "sha1" } as const;

const rows: [engine: string, more: GivenSettings, cache: string, values: string[]][] = [
  ...["db", "file", "signed_cookies"].flatMap((engine): typeof rows => [
    [engine, json, "database", jsonValues],
    [engine, pickle, "database", pickleValues],
    [engine, { ...json, ...sha1 }, "database", jsonValues],
    [engine, { ...pickle, ...sha1 }, "database", pickleValues],
  ]),
  ["cached_db", json, "database", jsonValues],
  ["cached_db", pickle, "file", pickleValues],
  ["cache", json, "database", pickleValues],
  ["cache", json, "file", pickleValues],
];

/** What both sides wrote and what the other one made of it, by row. */
const made: Made[][] = [];
const seenHere: { key: string | null; pickle: string }[][] = [];
const written: string[][] = [];
const readThere: { key: string | null; repr: string }[][] = [];

beforeAll(async () => {
  mkdirSync(sessionFolder);
  mkdirSync(cacheFolder);
  const jobs = rows.map(([engine, more, cache, values]) => ({
    engine,
    values,
    settings: { ...more, CACHES: { default: caches[cache] } },
  }));
  made.push(
    ...runDjango<Made[][]>(
      peerSettings(),
      `from django.test import override_settings
call_command("migrate", "sessions", verbosity=0)
call_command("createcachetable")
result = []
for job in given:
    with override_settings(**job["settings"]):
        row = []
        for expression in job["values"]:
            session = store(job["engine"])
            session.update(eval(expression))
            session.save()
            loaded = dict(store(job["engine"], session.session_key).items())
            row.append({"key": session.session_key, "pickle": b64(pickle.dumps(loaded, 4)), "repr": repr(loaded)})
        result.append(row)`,
      jobs,
    ),
  );
  db = new Sqlite(database);
  for (const [index, [engine, more, cache]] of rows.entries()) {
    const here = environment(engine, more);
    const ports = storages(here.now, cache);
    const seen: { key: string | null; pickle: string }[] = [];
    const keys: string[] = [];
    for (const { key, pickle } of made[index] ?? []) {
      const loading = openSession(here, ports, key);
      seen.push({ pickle: await dump(loading), key: loading.sessionKey });
      const saving = openSession(here, ports);
      await saving.update(dictOf(pickle));
      await saving.save();
      keys.push(saving.sessionKey ?? "");
    }
    seenHere.push(seen);
    written.push(keys);
  }
  readThere.push(
    ...runDjango<typeof readThere>(
      peerSettings(),
      `from django.test import override_settings
result = []
for job in given:
    with override_settings(**job["settings"]):
        row = []
        for key in job["keys"]:
            session = store(job["engine"], key)
            row.append({"repr": repr(dict(session.items())), "key": session.session_key})
        result.append(row)`,
      jobs.map((job, index) => ({ ...job, keys: written[index] })),
    ),
  );
});

afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const environment = (engine: string, more: GivenSettings = {}): TestEnvironment => {
  const made = new TestEnvironment("3.2", {
    SECRET_KEY: "peer-secret",
    SESSION_ENGINE: `django.contrib.sessions.backends.${engine}`,
    ...more,
  });
  made.now = () => BigInt(Date.now()) * 1000n;
  return made;
};

const storages = (now: () => bigint, cache = "database"): Storages => ({
  rows: new SqliteRows(db),
  files: new FolderFiles(sessionFolder),
  cache: cache === "database" ? new SqliteCache(db, now) : new FolderCache(cacheFolder, now),
});

const dictOf = (pickle: string): PyDict => {
  const { value } = loadPickle(Buffer.from(pickle, "base64"));
  if (!isDict(value)) throw new Error("no dict");
  return value;
};

const pickled = (value: PyDict): string => Buffer.from(dumpPickle(value, 4)).toString("base64");
const dump = async (session: SessionStore): Promise<string> =>
  pickled(new Map(await session.items()));

describe.each(
  rows.map(([engine, more, cache, values], index) => ({ engine, more, cache, values, index })),
)("$engine with $more over the $cache cache", ({ values, index }) => {
  test("what Django writes loads here", () => {
    const there = made[index] ?? [];
    expect(there).toHaveLength(values.length);
    // Through our own writer both: Django's pickles share strings that ours need not.
    expect(seenHere[index]).toEqual(
      there.map(({ key, pickle }) => ({ key, pickle: pickled(dictOf(pickle)) })),
    );
  });

  test("what is written here loads in Django", () => {
    const there = made[index] ?? [];
    expect(readThere[index]).toEqual(
      there.map(({ repr }, at) => ({ repr, key: written[index]?.[at] })),
    );
  });
});

test("an update, a cycled key and a deletion here are seen by Django", async () => {
  const here = environment("cached_db");
  const ports = storages(here.now);
  const session = openSession(here, ports);
  await session.set("a", 1);
  await session.save();
  const first = session.sessionKey ?? "";
  const changed = openSession(here, ports, first);
  await changed.set("b", 2);
  await changed.cycleKey();
  await changed.setExpiry(60);
  await changed.save();
  const gone = openSession(here, ports);
  await gone.create();
  const deleted = gone.sessionKey ?? "";
  await gone.delete();
  const keys = [first, changed.sessionKey ?? "", deleted];
  const seen = runDjango<[object, boolean, number][]>(
    peerSettings(),
    `result = []
for key in given:
    session = store("cached_db", key)
    result.append([dict(session.items()), session.exists(key), session.get_expiry_age()])`,
    keys,
  );
  expect(seen).toEqual([
    [{}, false, 1209600],
    [{ a: 1, b: 2, _session_expiry: 60 }, true, 60],
    [{}, false, 1209600],
  ]);
});

test("Django and this engine clear the same rows and the same files", async () => {
  const here = environment("file");
  const encode = (value: PyDict) =>
    new FileSessionStore(here, storages(here.now).files).encode(value);
  const hour = 3600;
  const now = Date.now() / 1000;
  const files: [name: string, content: string, age: number][] = [
    ["fresh", encode(new Map([["a", 1]])), 0],
    ["stale", encode(new Map([["a", 1]])), 15 * 24 * hour],
    ["number", encode(new Map([["_session_expiry", 60]])), 30 * 24 * hour],
    ["negative", encode(new Map([["_session_expiry", -1]])), 0],
    ["zerostale", encode(new Map([["_session_expiry", 0]])), 15 * 24 * hour],
    ["zerofresh", encode(new Map([["_session_expiry", 0]])), 0],
    ["emptystale", "", 30 * 24 * hour],
    ["garbagefresh", "garbage", 0],
    ["garbagestale", "garbage", 15 * 24 * hour],
    ["short", encode(new Map()), 15 * 24 * hour],
    ["UPPERCASE", encode(new Map()), 15 * 24 * hour],
    ["left_out_over", encode(new Map()), 15 * 24 * hour],
  ];
  const fill = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [file, content, age] of files) {
      const key = file === "short" ? file : file.padEnd(32, "x");
      writeFileSync(join(path, `sessionid${key}`), content);
      utimesSync(join(path, `sessionid${key}`), now - age, now - age);
    }
    writeFileSync(join(path, "other"), "x");
    return path;
  };
  const theirs = fill("theirs");
  runDjango(peerSettings({ SESSION_FILE_PATH: theirs }), 'store("file").clear_expired()');
  const ours = fill("ours");
  await new FileSessionStore(here, new FolderFiles(ours)).clearExpired();
  expect(readdirSync(ours).sort()).toEqual(readdirSync(theirs).sort());
  expect(readdirSync(ours)).toHaveLength(9);

  const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
  insert.run("expired-there", "x", "2020-01-01 00:00:00");
  runDjango(peerSettings(), 'store("db").clear_expired()');
  insert.run("expired-here", "x", "2020-01-01 00:00:00.000001");
  insert.run("alive", "x", "2999-01-01 00:00:00");
  await openSession(environment("db"), storages(here.now)).clearExpired();
  const kept = db
    .prepare("SELECT session_key FROM django_session WHERE session_data = 'x'")
    .pluck()
    .all();
  expect(kept).toEqual(["alive"]);
});

test("the in-memory cache holds the same pickles and culls the same entries", async () => {
  const options = { MAX_ENTRIES: 6, CULL_FREQUENCY: 3 };
  const locmem = { BACKEND: "django.core.cache.backends.locmem.LocMemCache", OPTIONS: options };
  const theirs = runDjango<{ pickles: Record<string, string>; left: string[] }>(
    { CACHES: { default: locmem } },
    `session = store("cache")
session.update({"a": 1, "list": [1.5, None, "x"], "n": 2**40})
session.save()
cache.clear()
cache.set("value", dict(session.items()), 60)
pickles = {key: b64(value) for key, value in cache._cache.items()}
for n in range(5): cache.set("k%d" % n, n, 60)
cache.get("value")
cache.add("k0", "again", 60)
for n in range(5, 9): cache.set("k%d" % n, n, 60)
result = {"pickles": pickles, "left": sorted(cache._cache)}`,
  );
  const ours = new LocMemCache({ KEY_PREFIX: "", VERSION: 1, now: () => 0n, ...options });
  await ours.set("value", dictOf(theirs.pickles[":1:value"] ?? ""), 60);
  expect(Buffer.from(ours.entries()[0]?.pickle ?? []).toString("base64")).toBe(
    theirs.pickles[":1:value"],
  );
  for (let n = 0; n < 5; n++) await ours.set(`k${n}`, n, 60);
  await ours.get("value");
  await ours.add("k0", "again", 60);
  for (let n = 5; n < 9; n++) await ours.set(`k${n}`, n, 60);
  expect(ours.entries().map(({ key }) => key)).toEqual(theirs.left);
});

test("the cache table is culled from the keys that sort lowest", () => {
  const options = { MAX_ENTRIES: 6, CULL_FREQUENCY: 3 };
  const left = runDjango<{ before: string[]; after: string[] }>(
    peerSettings({ CACHES: { default: { ...caches.database, OPTIONS: options } } }),
    `from django.db import connection
def keys():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache_table ORDER BY cache_key")
        return [key for key, in cursor.fetchall()]
cache.clear()
for key in "hgfedcb": cache.set(key, 1, 60)
before = keys()
cache.set("a", 1, 60)
result = {"before": before, "after": keys()}
cache.clear()`,
  );
  const culled = databaseCacheCull(left.before, options.MAX_ENTRIES, options.CULL_FREQUENCY);
  expect([":1:a", ...left.before.filter((key) => !culled.includes(key))]).toEqual(left.after);
});

test("messages and CSRF tokens are the texts Django stores", async () => {
  const theirs = runDjango<{ text: string; token: string; secret: string }>(
    peerSettings(),
    `from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage
from django.middleware import csrf
class Request: session = {}
storage = SessionStorage(Request())
text = storage.serialize_messages([Message(25, "Saved"), Message(40, "<b>é: \\"x\\", y</b>", "a b")])
token = csrf._get_new_csrf_token()
result = {"text": text, "token": token, "secret": csrf._unmask_cipher_token(token)}`,
  );
  const here = environment("signed_cookies");
  const session = openSession(here, storages(here.now));
  await session.set("_messages", theirs.text);
  const messages = await loadMessages(session);
  expect(messages.map(({ level, text, extraTags }) => [level, text, extraTags])).toEqual([
    [25, "Saved", null],
    [40, '<b>é: "x", y</b>', "a b"],
  ]);
  await storeMessages(session, messages, "3.2");
  expect(await session.get("_messages")).toBe(theirs.text);
  expect(csrfSecret(theirs.token)).toBe(theirs.secret);
  expect(maskCsrfSecret(theirs.secret, theirs.token.slice(0, 32))).toBe(theirs.token);
});
