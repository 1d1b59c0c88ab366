/** The backends against recorded rows, files and outages of real Django. */
import { describe, expect, test } from "vitest";
import { CacheSessionStore } from "../../src/main/engine/backends/cache.ts";
import { CachedDbSessionStore } from "../../src/main/engine/backends/cached-db.ts";
import { DbSessionStore } from "../../src/main/engine/backends/db.ts";
import { FileSessionStore } from "../../src/main/engine/backends/file.ts";
import type { Cache } from "../../src/main/engine/backends/ports.ts";
import { PythonError } from "../../src/main/engine/errors.ts";
import { formatIso } from "../../src/main/engine/iso.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import type { GivenSettings } from "../../src/main/engine/settings.ts";
import { parseTypedJson, writeJson } from "../../src/main/python/json.ts";
import { isDict, type PyDict, type PyValue } from "../../src/main/python/value.ts";
import { MemoryFiles, MemoryRows } from "../../src/main/simulator/memory.ts";
import { TestEnvironment } from "./backends-environment.ts";
import { golden, micros } from "./golden.ts";

const T0 = 1700000000;
const dict = (json: string): PyDict => {
  const value = parseTypedJson(json);
  if (!isDict(value)) throw new Error("no dict");
  return value;
};
const one = (): PyDict => new Map([["a", 1]]);

/** Without zeros at the end of the fraction. */
const shortened = (time: string): string => time.replace(/(\.\d*?)0*$/, "$1").replace(/\.$/, "");

interface DbRow {
  database: string;
  settings: GivenSettings;
  now: number;
  session_key: string;
  session_data: string;
  expire_date_raw: string;
  SESSION_COOKIE_AGE: number;
  loads_at: [number, number | null, string | null][];
  row_survives_clear_expired_exactly_at_expiry: boolean;
  row_survives_clear_expired_1ms_later: boolean;
}

describe.each(["5.2", "3.2"] as const)("rows of Django %s", (version) => {
  test.each(golden<{ db_rows: DbRow[] }>(version).db_rows)(
    "$database, $settings, at $now",
    async (vector) => {
      const environment = new TestEnvironment(version, vector.settings);
      environment.now = () => micros(vector.now);
      environment.keys = [vector.session_key];
      const rows = new MemoryRows();
      const store = new DbSessionStore(environment, rows);
      await store.update(one());
      await store.save();
      const [row] = rows.rows();
      expect(row?.sessionData).toBe(vector.session_data);
      // Every server shows the same wall clock, with other digits and offsets behind it.
      const wall = formatIso({ wall: row?.expireDate ?? 0n, offset: null }, " ");
      expect(shortened(wall)).toBe(shortened(vector.expire_date_raw.replace(/[+-]\d\d$/, "")));

      for (const [after, value, key] of vector.loads_at) {
        environment.now = () => micros(vector.now) + micros(after);
        const loading = new DbSessionStore(environment, rows, vector.session_key);
        expect([await loading.get("a"), loading.sessionKey]).toEqual([value, key]);
      }
      const age = micros(vector.SESSION_COOKIE_AGE);
      environment.now = () => micros(vector.now) + age;
      await store.clearExpired();
      expect(rows.rows().length === 1).toBe(vector.row_survives_clear_expired_exactly_at_expiry);
      environment.now = () => micros(vector.now) + age + 1000n;
      await store.clearExpired();
      expect(rows.rows().length === 1).toBe(vector.row_survives_clear_expired_1ms_later);
    },
  );
});

interface FileVectors {
  entries: {
    id: string;
    secret_key: string;
    time: number;
    session_key: string;
    file_name: string;
    content_b64: string;
    loads_json: string;
    key_after_load: string;
    modified_after_load: boolean;
    load_error?: { type: string; message: string };
  }[];
  load: {
    label: string;
    session_key: string;
    now: number;
    files_before: string[];
    files_after: string[];
    loaded_json?: string;
    session_key_after?: string | null;
    modified?: boolean;
    accessed?: boolean;
    error?: { type: string; message: string };
    logs: [string, string, string][];
  }[];
}

/** What the file held before it was loaded, by the vector's label; `{"a":1}` where not listed. */
const held: Record<string, string | Buffer> = {
  "int expiry never expires on load": '{"a":1,"_session_expiry":300}',
  "negative int expiry": '{"a":1,"_session_expiry":-1}',
  "zero expiry falls back to mtime": '{"a":1,"_session_expiry":0}',
  "iso expiry not reached": '{"a":1,"_session_expiry":"2023-11-14T22:14:20+00:00"}',
  "iso expiry reached": '{"a":1,"_session_expiry":"2023-11-14T22:14:20+00:00"}',
  "empty placeholder file": Buffer.alloc(0),
  "empty placeholder file, old": Buffer.alloc(0),
  "garbage content": Buffer.from("garbage"),
  "garbage content, old": Buffer.from("garbage"),
  "non-ascii content": Buffer.from("abcé"),
};

describe.each(["5.2", "3.2"] as const)("session files of Django %s", (version) => {
  const vectors = golden<{ file_sessions: FileVectors }>(version).file_sessions;

  test.each(vectors.entries)("content: $id", async (vector) => {
    const environment = new TestEnvironment(version, { SECRET_KEY: vector.secret_key });
    environment.now = () => micros(vector.time);
    const files = new MemoryFiles(environment.now);
    const content = Buffer.from(vector.content_b64, "base64").toString();

    const saving = new FileSessionStore(environment, files);
    environment.keys = [vector.session_key];
    const value = saving.decode(content);
    if (isDict(value)) await saving.update(value);
    await saving.save();
    const [[name, file] = []] = files.files();
    expect(name).toBe(vector.file_name);
    // Two keys that collide in JSON are one once they were decoded; everything else is written to the byte.
    if (!vector.id.startsWith("colliding-keys"))
      expect(Buffer.from(file?.content ?? []).toString()).toBe(content);

    const loading = new FileSessionStore(environment, files, vector.session_key);
    if (vector.load_error) {
      await expect(loading.load()).rejects.toMatchObject({ ...vector.load_error });
      return;
    }
    environment.keys = [vector.key_after_load];
    expect(writeJson(await loading.load())).toBe(vector.loads_json);
    expect([loading.sessionKey, loading.modified]).toEqual([
      vector.key_after_load,
      vector.modified_after_load,
    ]);
  });

  test.each(vectors.load)("load: $label", async (vector) => {
    const environment = new TestEnvironment(version, {});
    environment.now = () => micros(T0);
    const files = new MemoryFiles(() => micros(T0));
    const content = held[vector.label] ?? '{"a":1}';
    for (const name of vector.files_before)
      await files.replace(
        name,
        typeof content === "string"
          ? Buffer.from(new FileSessionStore(environment, files).encode(dict(content)))
          : content,
      );
    environment.now = () => micros(vector.now);
    const created = vector.session_key_after;
    environment.keys = created != null && created !== vector.session_key ? [created] : [];
    const store = new FileSessionStore(environment, files, vector.session_key);
    if (vector.error) {
      await expect(store.items()).rejects.toMatchObject({ ...vector.error });
      return;
    }
    expect(writeJson(new Map(await store.items()))).toBe(vector.loaded_json);
    expect({
      key: store.sessionKey,
      modified: store.modified,
      accessed: store.accessed,
      files: files.files().map(([name]) => name),
      logs: environment.lines.map(({ logger, level, message }) => [logger, level, message]),
    }).toEqual({
      key: vector.session_key_after,
      modified: vector.modified,
      accessed: vector.accessed,
      files: vector.files_after,
      logs: vector.logs,
    });
  });
});

interface Outage {
  cache_backend: "dummy" | "redis_core" | "pymemcache" | "pylibmc";
  engine: "cache" | "cached_db";
  op: string;
  result?: unknown;
  error_type?: string;
  session_key_after: string | boolean | null;
  logs: [string, string, string][];
}

/** How the clients behave while nothing listens: two raise on everything, two say nothing. */
function deadCache(backend: Outage["cache_backend"]): Cache {
  const paths = {
    dummy: "dummy.DummyCache",
    redis_core: "redis.RedisCache",
    pymemcache: "memcached.PyMemcacheCache",
    pylibmc: "memcached.PyLibMCCache",
  };
  const name = `<django.core.cache.backends.${paths[backend]} object at 0x..>`;
  const fail = backend === "redis_core" ? "ConnectionError" : "ServerDown";
  const answer = async <T>(silent: T): Promise<T> => {
    if (backend === "redis_core" || backend === "pylibmc") throw new PythonError(fail);
    return silent;
  };
  return {
    name,
    get: () => answer(undefined),
    add: () => answer(backend === "dummy"),
    set: () => answer(undefined),
    has: () => answer(false),
    delete: () => answer(undefined),
  };
}

const outageKey = "e73971901f4847f25cf3703fdb92b1e7";

async function runOutage(store: SessionStore, op: string): Promise<PyValue | undefined> {
  switch (op) {
    case "load existing key":
      return new Map(await store.items());
    case "exists":
      return store.exists(outageKey);
    case "delete":
      return void (await store.delete());
    case "flush":
      return void (await store.flush());
    default:
      store.clear();
      await store.set("a", 1);
      return void (await store.save());
  }
}

describe.each(["5.2", "3.2"] as const)("a cache that is down under Django %s", (version) => {
  test.each(golden<{ cache_down: Outage[] }>(version).cache_down)(
    "$cache_backend under $engine: $op",
    async (vector) => {
      const environment = new TestEnvironment(version, {});
      const cache = deadCache(vector.cache_backend);
      const rows = new MemoryRows();
      await rows.insert({
        sessionKey: outageKey,
        sessionData: new DbSessionStore(environment, rows).encode(one()),
        expireDate: environment.now() + micros(1209600),
      });
      const key = vector.op === "save new" ? null : outageKey;
      const store =
        vector.engine === "cache"
          ? new CacheSessionStore(environment, cache, key)
          : new CachedDbSessionStore(environment, rows, cache, key);
      let failure: string | undefined;
      let result: PyValue | undefined;
      try {
        result = await runOutage(store, vector.op);
      } catch (error) {
        failure = error instanceof PythonError ? error.type : String(error);
      }
      expect(failure).toBe(vector.error_type);
      if (vector.result !== undefined)
        expect(isDict(result ?? null) ? writeJson(result ?? null) : result).toEqual(
          typeof vector.result === "object" ? JSON.stringify(vector.result) : vector.result,
        );
      expect(vector.op === "save new" ? store.sessionKey !== null : store.sessionKey).toEqual(
        vector.session_key_after,
      );
      expect(
        environment.lines.map(({ logger, level, message }) => [logger, level, message]),
      ).toEqual(vector.logs);
    },
  );
});
