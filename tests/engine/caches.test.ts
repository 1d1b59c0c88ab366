/** Cache entries recorded from real clients: read, written back to the byte, with their keys and expiry rules. */

import { describe, expect, test } from "vitest";
import { cacheFileName, keyForm, sessionNames } from "../../src/main/django/cache-key.ts";
import { decompress } from "../../src/main/engine/caches/compress.ts";
import {
  databaseCacheExpires,
  isAliveForGet,
  readDatabaseCacheValue,
  writeDatabaseCacheValue,
} from "../../src/main/engine/caches/database.ts";
import {
  cacheFileExpires,
  isCacheFileExpired,
  readCacheFile,
  writeCacheFile,
} from "../../src/main/engine/caches/filebased.ts";
import { checkMemcachedKey, makeCacheKey } from "../../src/main/engine/caches/keys.ts";
import { LocMemCache } from "../../src/main/engine/caches/locmem.ts";
import {
  type MemcachedClient,
  memcachedExptime,
  readMemcachedValue,
  writeMemcachedValue,
} from "../../src/main/engine/caches/memcached.ts";
import {
  coreRedisExpiry,
  djangoRedisExpiry,
  djangoRedisForm,
  readRedisValue,
  redisSessionsKey,
  redisSessionsSeconds,
  writeRedisValue,
} from "../../src/main/engine/caches/redis.ts";
import { formatIso } from "../../src/main/engine/iso.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { writeJson } from "../../src/main/python/json.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { PyFloat, type PyValue } from "../../src/main/python/value.ts";
import { goldenSecret } from "./backends-environment.ts";
import { golden, micros } from "./golden.ts";

const bytes = (base64: string): Buffer => Buffer.from(base64, "base64");
const keySettings = { KEY_PREFIX: "", VERSION: 1 };

interface Entries {
  pickles: { id: string; protocol5_b64?: string }[];
  key_format: { CACHES: { KEY_PREFIX?: string; VERSION?: number }; key: string; made: string }[];
  locmem: {
    engine: "cache" | "cached_db";
    id: string;
    cache_key: string;
    pickle_b64: string;
    expires_at: number;
    now: number;
  }[];
  filebased: {
    id: string;
    cache_key: string;
    file_name?: string;
    content_b64: string;
    now: number;
    get_now?: unknown;
  }[];
  database: {
    id: string;
    cache_key: string;
    value: string;
    expires_raw: string;
    now: number;
    get_now?: unknown;
    database?: string;
    USE_TZ?: boolean;
  }[];
  redis_core?: {
    id?: string;
    label?: string;
    redis_key?: string;
    raw_b64?: string | null;
    ttl?: number;
    value?: unknown;
  }[];
  django_redis: {
    entries: {
      options: string;
      id?: string;
      label?: string;
      raw_b64?: string | null;
      ttl?: number;
      loads_json?: string;
      error?: { type: string };
    }[];
  };
  django_redis_sessions: {
    id: string;
    prefix: string;
    redis_key?: string;
    value?: string;
    ttl?: number;
    loads_json?: string;
    result?: unknown;
  }[];
  memcached_pymemcache: Memcached[];
  memcached_pylibmc: Memcached[];
  memcached_memcache?: Memcached[];
}

interface Memcached {
  id?: string;
  label?: string;
  key?: string;
  stored?: { flags: number; ttl: number; value_b64: string } | null;
  backend_timeout_relative?: number;
  backend_timeout_is_absolute?: boolean;
  error?: { type: string; message: string };
}

test.each(["none", "zlib", "gzip", "lz4", "lzma", "zstd"] as const)(
  "%s, there and back",
  (compressor) => {
    const value = new Map([["text", "x".repeat(200_000)]]);
    const form = { ...djangoRedisForm, compressor };
    const written = writeRedisValue(value, form);
    expect(readRedisValue(written)).toEqual({ form, value, text: undefined });
    if (compressor !== "none")
      expect(() => readRedisValue(written, 1000)).toThrow(
        expect.objectContaining({ problem: expect.objectContaining({ code: "too_large" }) }),
      );
  },
);

test("what merely begins like a compressed value is taken as it is", () => {
  expect(decompress(bytes("H4sI"))).toEqual({ compressor: "none", bytes: bytes("H4sI") });
  expect(decompress(bytes("KLUv/QAA"))).toMatchObject({ compressor: "none" });
  expect(decompress(bytes("BCJNGGhA"))).toMatchObject({ compressor: "none" });
});

describe.each(["5.2", "3.2"] as const)("cache entries of Django %s", (version) => {
  const entries = golden<{ cache_entries: Entries }>(version).cache_entries;
  const expected = new Map<string, PyValue>();
  for (const { id, protocol5_b64 } of entries.pickles)
    if (protocol5_b64 !== undefined) expected.set(id, loadPickle(bytes(protocol5_b64)).value);

  const isExpected = (id: string, value: PyValue): boolean =>
    pyEqual(value, expected.get(id) ?? null, { strictTypes: true });

  test.each(entries.key_format)("key $made", ({ CACHES, key, made }) => {
    expect(makeCacheKey({ ...keySettings, ...CACHES }, key)).toBe(made);
  });

  test("the cached_db engine's keys are none of the cache engine's", () => {
    const own = keyForm({ prefix: "", version: 1 }, sessionNames.cache);
    const other = keyForm({ prefix: "", version: 1 }, sessionNames.cached_db).keyOf("aa");
    expect(other.startsWith(own.start)).toBe(true);
    expect(own.sessionKeyOf(other)).toBeNull();
    expect(own.sessionKeyOf(own.keyOf("daa"))).toBe("daa");
  });

  test.each(entries.locmem)("locmem: $id of $engine", async (entry) => {
    let now = micros(entry.now);
    const cache = new LocMemCache({ ...keySettings, now: () => now });
    const name = sessionNames[entry.engine];
    const { KEY_PREFIX: prefix, VERSION: version } = keySettings;
    const form = keyForm({ prefix, version }, name);
    const sessionKey = form.sessionKeyOf(entry.cache_key) ?? "";
    expect(form.keyOf(sessionKey)).toBe(entry.cache_key);
    const key = name + sessionKey;
    const value = loadPickle(bytes(entry.pickle_b64)).value;
    expect(isExpected(entry.id, value)).toBe(true);
    await cache.set(key, value, entry.expires_at - entry.now);
    const [stored] = cache.entries();
    expect(stored?.key).toBe(entry.cache_key);
    expect(stored?.expires).toBe(micros(entry.expires_at));
    expect(Buffer.from(stored?.pickle ?? []).toString("base64")).toBe(entry.pickle_b64);
    now = micros(entry.expires_at) - 1n;
    expect(isExpected(entry.id, (await cache.get(key)) ?? null)).toBe(true);
    now = micros(entry.expires_at);
    expect(await cache.get(key)).toBeUndefined();
  });

  test.each(entries.filebased)("file: $id", (entry) => {
    if (entry.file_name !== undefined) expect(cacheFileName(entry.cache_key)).toBe(entry.file_name);
    const read = readCacheFile(bytes(entry.content_b64));
    if (read === undefined) throw new Error("an empty file");
    if (!entry.id.startsWith("timeout "))
      expect(isExpected(entry.id, read.pickle.value)).toBe(true);
    else {
      const timeout = { default: 300, None: null }[entry.id.slice(8)];
      const given = timeout === undefined ? Number(entry.id.slice(8)) : timeout;
      expect(cacheFileExpires(given, micros(entry.now))).toBe(read.expires);
      expect(isCacheFileExpired(read.expires, micros(entry.now))).toBe(entry.get_now === null);
    }
    const written = writeCacheFile(read.pickle.value, read.expires);
    expect(Buffer.from(written).toString("base64")).toBe(entry.content_b64);
  });

  test.each(entries.database)("database: $id", (entry) => {
    const { value } = readDatabaseCacheValue(entry.value);
    expect(writeDatabaseCacheValue(value)).toBe(entry.value);
    const zone = { USE_TZ: entry.USE_TZ ?? true, TIME_ZONE: "UTC" };
    const now = micros(entry.now);
    const timeouts: Record<string, number | null> = {
      "timeout default": 300,
      "timeout None": null,
    };
    const own = entry.id === "expiry-int" ? 300 : 1209600;
    const given = entry.id.startsWith("timeout ") ? Number(entry.id.slice(8)) : own;
    const timeout = entry.id in timeouts ? (timeouts[entry.id] ?? null) : given;
    const expires = databaseCacheExpires(timeout, now, zone);
    expect(formatIso({ wall: expires, offset: null }, " ")).toBe(entry.expires_raw);
    if (entry.id.startsWith("timeout "))
      expect(isAliveForGet(expires, now, zone)).toBe(entry.get_now !== null);
    else expect(isExpected(entry.id, value)).toBe(true);
  });

  const redis = entries.redis_core ?? [];
  test.each(redis.filter(({ raw_b64 }) => raw_b64 != null))("core Redis: $id$label", (entry) => {
    const raw = bytes(entry.raw_b64 ?? "");
    const { value, form } = readRedisValue(raw);
    if (entry.id !== undefined) expect(isExpected(entry.id, value ?? null)).toBe(true);
    expect(Buffer.from(writeRedisValue(value ?? null, form)).equals(raw)).toBe(true);
  });

  test.each(redis.filter(({ label }) => label?.startsWith("timeout ")))(
    "core Redis: $label lives $ttl seconds",
    ({ label = "", ttl = 0 }) => {
      const given = label.slice(8) === "None" ? null : Number(label.slice(8));
      const expiry = coreRedisExpiry(given);
      // Redis says -1 for a key without end, -2 for no key.
      const lives = expiry === "never" ? -1 : expiry === "delete" ? -2 : expiry.milliseconds / 1000;
      expect(lives).toBe(ttl);
    },
  );

  const stored = entries.django_redis.entries;
  const raws = stored.flatMap((entry) =>
    entry.raw_b64 == null ? [] : [{ ...entry, raw: bytes(entry.raw_b64) }],
  );
  // Bare texts and booleans in JSON or MessagePack are no sessions, and cannot be told from other forms.
  const isBare = ({ label, options }: { label?: string; options: string }): boolean =>
    (label === "short value" || label === "bool") && ["json", "msgpack"].includes(options);

  test.each(raws.filter((entry) => !isBare(entry)))(
    "django-redis, $options: $id$label",
    (entry) => {
      const { raw } = entry;
      const { value, form } = readRedisValue(raw);
      if (entry.loads_json !== undefined && entry.options !== "msgpack")
        expect(writeJson(value ?? null)).toBe(entry.loads_json);
      const written = writeRedisValue(value ?? null, form);
      const again = readRedisValue(written);
      expect(again.form).toEqual(form);
      expect(pyEqual(again.value ?? null, value ?? null, { strictTypes: true })).toBe(true);
      // Headers of gzip hold a time; lz4 and xz are written without compression.
      if (!["gzip", "lz4", "lzma", "zstd"].includes(form.compressor))
        expect(Buffer.from(written).equals(raw)).toBe(true);
      if (form.compressor === "lz4")
        expect(Buffer.from(written).subarray(0, 15)).toEqual(raw.subarray(0, 15));
    },
  );

  test.each(stored.filter(({ label }) => label?.startsWith("timeout ")))(
    "django-redis, $options: $label",
    ({ label = "", ttl = 0 }) => {
      const given = label.slice(8) === "None" ? null : Number(label.slice(8));
      const expiry = djangoRedisExpiry(given);
      const state = expiry === "never" ? -1 : expiry === "delete" ? -2 : expiry.milliseconds;
      // TTL rounds milliseconds to seconds.
      if (ttl < 0) expect(state).toBe(ttl);
      else expect(state).toBe(Number(label.slice(8)) * 1000);
    },
  );

  test.each(entries.django_redis_sessions.filter(({ value }) => value !== undefined))(
    "django-redis-sessions: $id, prefix '$prefix'",
    (entry) => {
      const { form, text } = readRedisValue(Buffer.from(entry.value ?? ""));
      expect([form.serializer, form.compressor]).toEqual(["session_data", "none"]);
      const reading = readStored(text ?? "", { secretKey: goldenSecret });
      expect(reading.signature).toBe("valid");
      expect(writeJson(reading.value ?? null)).toBe(entry.loads_json);
      const key = entry.redis_key?.split(":").at(-1) ?? "";
      expect(redisSessionsKey(entry.prefix, key)).toBe(entry.redis_key);
    },
  );

  test.each(entries.django_redis_sessions.filter(({ id }) => id.startsWith("set_expiry")))(
    "django-redis-sessions: $id",
    ({ id, result }) => {
      const given = Number(/\((.*)\)/.exec(id)?.[1]);
      const age: PyValue =
        given === 0 ? 1209600 : Number.isInteger(given) ? given : new PyFloat(given);
      if (typeof result === "string") expect(`saved ttl=${redisSessionsSeconds(age)}`).toBe(result);
      else
        expect(() => redisSessionsSeconds(age)).toThrow(expect.objectContaining(result as object));
    },
  );

  const clients: [MemcachedClient, Memcached[] | undefined][] = [
    ["pymemcache", entries.memcached_pymemcache],
    ["pylibmc", entries.memcached_pylibmc],
    ["python-memcached", entries.memcached_memcache],
  ];
  for (const [client, recorded] of clients) {
    test.each((recorded ?? []).filter(({ stored }) => stored))(`${client}: $id$label`, (entry) => {
      const { flags, value_b64 } = entry.stored ?? { flags: 0, value_b64: "" };
      const value = readMemcachedValue({ flags, bytes: bytes(value_b64) }, client);
      if (entry.id !== undefined) expect(isExpected(entry.id, value)).toBe(true);
      const written = writeMemcachedValue(value, client);
      expect([written.flags, Buffer.from(written.bytes).toString("base64")]).toEqual([
        flags,
        value_b64,
      ]);
    });

    test.each((recorded ?? []).filter(({ label }) => label?.startsWith("timeout ")))(
      `${client}: $label`,
      (entry) => {
        const text = entry.label?.slice(8) ?? "";
        const days = /^(\d+) days(?: \+ (\d+))?$/.exec(text);
        const timeout = days
          ? Number(days[1]) * 86400 + Number(days[2] ?? 0)
          : text === "None"
            ? null
            : Number(text);
        const now = micros(1700000000.9);
        const exptime = memcachedExptime(timeout, now);
        const relative = entry.backend_timeout_relative ?? 0;
        expect(exptime).toBe(entry.backend_timeout_is_absolute ? 1700000000 + relative : relative);
      },
    );

    test.each((recorded ?? []).filter(({ label, error }) => label?.startsWith("key ") && error))(
      `${client}: $label`,
      ({ label, error }) => {
        const keys: Record<string, string> = {
          "key too long": "k".repeat(248),
          "key space": "a b",
          "key control": "a\x01b",
        };
        const [, key = ""] = /'(.*)'/.exec(error?.message ?? "") ?? [];
        const given = label === "key too long" ? key : `:1:${keys[label ?? ""]}`;
        expect(() => checkMemcachedKey(given)).toThrow(expect.objectContaining(error ?? {}));
        expect(() => checkMemcachedKey(":1:é")).not.toThrow();
      },
    );
  }
});
