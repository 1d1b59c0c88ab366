/** What Django's caches hold, through the read-only reader: told from its content, and written back in the same form. */
import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { writeRedisValue } from "../../src/main/engine/caches/redis.ts";
import { readLayers } from "../../src/main/engine/layers.ts";
import { peekUserId, userIdOf } from "../../src/main/engine/peek.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { isDict, PyDatetime, type PyDict, type PyValue } from "../../src/main/python/value.ts";
import { golden } from "./golden.ts";

interface Entries {
  filebased: { id: string; content_b64: string }[];
  database: { id: string; value: string }[];
  redis_core?: { id?: string; raw_b64?: string | null }[];
  django_redis: { entries: { options: string; id?: string; raw_b64?: string | null }[] };
  memcached_pymemcache: { id?: string; stored?: { value_b64: string } | null }[];
}

const same = (one: PyValue | undefined, other: PyValue | undefined) =>
  pyEqual(one ?? null, other ?? null, { strictTypes: true });

/** Written again with nothing but what the reading says. */
function again(data: string | Uint8Array) {
  const reading = readStored(data, {});
  const { value, encoding, serializer, protocol, cache } = reading;
  if (!isDict(value) || serializer === null) throw new Error(JSON.stringify(reading.problem));
  const written = writeStored(value, { encoding, serializer, protocol, cache, now: 0n });
  return { reading, written, back: readStored(written, {}) };
}

describe.each(["5.2", "3.2"] as const)("entries of Django %s", (version) => {
  const entries = golden<{ cache_entries: Entries }>(version).cache_entries;
  const all: [string, string | Uint8Array, string][] = [
    ...entries.database.map(({ id, value }) => [id, value, "database_cache"] as const),
    ...entries.filebased.map(
      ({ id, content_b64 }) => [id, Buffer.from(content_b64, "base64"), "file_cache"] as const,
    ),
    ...(entries.redis_core ?? []).map(
      ({ id, raw_b64 }) => [id ?? "", Buffer.from(raw_b64 ?? "", "base64"), "pickle"] as const,
    ),
    ...entries.django_redis.entries.map(
      ({ id, options, raw_b64 }) =>
        [id ?? "", Buffer.from(raw_b64 ?? "", "base64"), options] as const,
    ),
    ...entries.memcached_pymemcache.map(
      ({ id, stored }) =>
        [id ?? "", Buffer.from(stored?.value_b64 ?? "", "base64"), "pickle"] as const,
    ),
  ].map(([id, data, form]) => [`${form}: ${id}`, data, form]);
  const dicts = all.filter(([, data]) => isDict(readStored(data, {}).value));

  test("nearly all of them are sessions", () => {
    expect(dicts.length).toBeGreaterThan(250);
    for (const form of [
      "database_cache",
      "file_cache",
      "pickle",
      "json",
      "msgpack",
      "zlib",
      "lzma",
    ])
      expect([form, dicts.some(([, , one]) => one.includes(form))]).toEqual([form, true]);
  });

  test.each(dicts)("%s", (_, data, form) => {
    const { reading, written, back } = again(data);
    expect(reading.problem).toBeNull();
    if (form.endsWith("_cache")) expect(reading.encoding).toBe(form);
    expect(back).toEqual({ ...reading, value: back.value });
    expect(same(back.value, reading.value)).toBe(true);
    // Where the compressor is ours to reproduce, unlike lz4's, xz's and zstd's, the size is as Python's.
    if (reading.cache?.compressor === "none" && typeof written === typeof data)
      expect(Math.abs(written.length - data.length)).toBeLessThan(64 + data.length / 4);
    const layers = readLayers(data, {});
    expect(layers.at(-1)).toMatchObject({ problem: null, step: expect.stringContaining("a dict") });
    expect(layers[0]?.title).toBe("Stored value");
    expect(layers).toHaveLength(
      1 + (reading.compressed ? 1 : 0) + (form.endsWith("_cache") ? 1 : 0),
    );
    expect(peekUserId(data)).toBe(userIdOf(reading.value as PyDict));
  });
});

const user = (id: string): PyDict => new Map<PyValue, PyValue>([["_auth_user_id", id]]);

test.each([2, 3, 4, 5])("whose session a pickle of protocol %i is", (protocol) => {
  const of = (value: PyDict) => peekUserId(dumpPickle(value, protocol));
  expect(of(user("42"))).toBe("42");
  expect(of(new Map([...user("é"), ["cart", [1]]]))).toBe("é");
  expect(of(new Map([["cart", user("1")]]))).toBeNull();
  expect(of(new Map<PyValue, PyValue>([["cart", user("1")], ...user("2")]))).toBe("2");
  expect(of(new Map([["_auth_user_id", 7]]))).toBe("7");
  expect(of(new Map())).toBeNull();
  expect(peekUserId(dumpPickle(["_auth_user_id"], protocol))).toBeUndefined();
});

test("a pickle of protocol 0 is known as text too", () => {
  const text = Buffer.from(dumpPickle(user("3"), 0)).toString("latin1");
  expect(readStored(text, {})).toMatchObject({ encoding: "pickle", protocol: 0, problem: null });
  expect(peekUserId(text)).toBe("3");
});

test("JSON keeps its separators", () => {
  const spaced = '{"a": {"b": [1, 2]}, "c": "x: y"}';
  expect(again(spaced).written).toBe(spaced);
  expect(again('{"a":"b: c"}').written).toBe('{"a":"b: c"}');
});

test("what a form cannot hold is refused, with the reason", () => {
  const value: PyDict = new Map([["at", new PyDatetime("2026-01-01T00:00:00")]]);
  const form = { protocol: null, now: 0n } as const;
  const cache = { compressor: "zlib", spaced: true, expires: undefined } as const;
  for (const serializer of ["json", "msgpack"] as const)
    expect(() =>
      writeStored(value, { ...form, encoding: "django_redis", serializer, cache }),
    ).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: "not_writable" }) }),
    );
});

test.each(["zlib", "gzip", "zstd", "lz4", "lzma"] as const)(
  "damaged %s entries say so",
  (compressor) => {
    const stored = writeRedisValue(new Map([["a", "x".repeat(500)]]), {
      compressor,
      serializer: "pickle",
      protocol: 4,
      spaced: false,
    });
    const cut = stored.subarray(0, stored.length >> 1);
    const reading = readStored(cut, {});
    expect(reading).toMatchObject({ value: undefined, serializer: null });
    expect(["corrupt", "unknown_format"]).toContain(reading.problem?.code);
    expect(readLayers(cut, {}).at(-1)?.problem).not.toBeNull();
    expect(peekUserId(cut)).toBeUndefined();
    expect(readStored(stored, {}, { maxBytes: 400 }).problem?.code).toBe("too_large");
  },
);
