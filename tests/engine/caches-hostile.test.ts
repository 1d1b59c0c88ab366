/** Damaged and hostile cache entries: a problem or a value, never another error, never more memory than the bound. */
import { describe, expect, test } from "vitest";
import { readDatabaseCacheValue } from "../../src/main/engine/caches/database.ts";
import { readCacheFile, writeCacheFile } from "../../src/main/engine/caches/filebased.ts";
import { readMemcachedValue, writeMemcachedValue } from "../../src/main/engine/caches/memcached.ts";
import { readMsgpack, writeMsgpack } from "../../src/main/engine/caches/msgpack.ts";
import {
  coreRedisForm,
  djangoRedisForm,
  type RedisForm,
  readRedisValue,
  writeRedisValue,
} from "../../src/main/engine/caches/redis.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { PyDate, PyFloat, PyTuple, type PyValue } from "../../src/main/python/value.ts";
import { memoryStaysUnder } from "../peak.ts";

const value = new Map<PyValue, PyValue>([
  ["_auth_user_id", "1"],
  [
    "cart",
    [1, -200, 70_000, 2n ** 63n, new PyFloat(1.5), null, true, new Map([["é", "x".repeat(400)]])],
  ],
]);

/** mulberry32 */
function source(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Some bytes changed, cut off or put in. */
function damaged(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let out = [...bytes];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(out.length || 1);
    const kind = random(4);
    if (kind === 0) out = out.slice(0, at);
    else if (kind === 1)
      out.splice(at, random(4), ...Array.from({ length: random(6) }, () => random(256)));
    else out[at] = kind === 2 ? random(256) : ([0, 0x7f, 0x80, 0xff][random(4)] ?? 0);
  }
  return Uint8Array.from(out);
}

const forms: [string, RedisForm][] = [
  ["core Redis", coreRedisForm],
  ["pickle 2", { ...djangoRedisForm, protocol: 2 }],
  ["JSON", { ...djangoRedisForm, serializer: "json", spaced: true }],
  ["MessagePack", { ...djangoRedisForm, serializer: "msgpack" }],
  ...(["zlib", "gzip", "lz4", "lzma", "zstd"] as const).map((compressor): [string, RedisForm] => [
    compressor,
    { ...djangoRedisForm, compressor },
  ]),
];

const readers: [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ...forms.map(([name, form]): (typeof readers)[number] => [
    name,
    writeRedisValue(value, form),
    (bytes) => readRedisValue(bytes, 1 << 20),
  ]),
  ["a cache file", writeCacheFile(value, 1700000300), (bytes) => readCacheFile(bytes, 1 << 20)],
  [
    "a row of the cache table",
    Buffer.from("gAWVCgAAAAAAAAB9lIwBYZRLAXMu"),
    (bytes) => readDatabaseCacheValue(Buffer.from(bytes).toString("latin1")),
  ],
  [
    "memcached",
    writeMemcachedValue(value, "pylibmc").bytes,
    (bytes) => readMemcachedValue({ flags: (bytes[0] ?? 0) & 31, bytes }, "pylibmc", 1 << 20),
  ],
];

memoryStaysUnder(512);

describe("damaged", () => {
  test.each(readers)("%s", (_, bytes, read) => {
    const random = source(7);
    let failed = 0;
    for (let round = 0; round < 1500; round++)
      try {
        read(damaged(bytes, random));
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        failed++;
      }
    expect(failed).toBeGreaterThan(0);
  });
});

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem.code;
  }
};

describe("MessagePack", () => {
  test.each<[PyValue]>([
    [0],
    [127],
    [128],
    [255],
    [256],
    [65535],
    [65536],
    [2 ** 32 - 1],
    [2 ** 32],
    [2n ** 64n - 1n],
    [-1],
    [-32],
    [-33],
    [-128],
    [-129],
    [-32768],
    [-32769],
    [-(2 ** 31)],
    [-(2 ** 31) - 1],
    [-(2n ** 63n)],
    [new PyFloat(-0)],
    [new PyFloat(Number.NaN)],
    [""],
    ["x".repeat(31)],
    ["x".repeat(32)],
    ["x".repeat(70_000)],
    [Uint8Array.of(1, 2)],
    [new Uint8Array(70_000)],
    [Array.from({ length: 70_000 }, () => 1)],
    [new Map(Array.from({ length: 17 }, (_, n): [PyValue, PyValue] => [n, null]))],
  ])("there and back: %o", (given) => {
    expect(pyEqual(readMsgpack(writeMsgpack(given)), given, { strictTypes: true })).toBe(true);
  });

  test("writes a tuple as an array", () => {
    expect(Buffer.from(writeMsgpack(new PyTuple([1]))).toString("hex")).toBe("9101");
  });

  test.each<[string, PyValue]>([
    ["an int of more than 64 bits", 2n ** 64n],
    ["a lone surrogate", "\ud800"],
    ["a date", new PyDate("2026-01-01")],
  ])("cannot hold %s", (_, given) => {
    expect(codeOf(() => writeMsgpack(given))).toBe("not_writable");
  });

  test.each([
    ["nested without end", "91".repeat(5000), "too_deep"],
    ["an array said to hold four thousand million items", "ddffffffff00", "corrupt"],
    ["a text longer than the value", "dbffffffff41", "corrupt"],
    ["text that is not UTF-8", "a1ff", "corrupt"],
    ["a code nobody uses", "c1", "corrupt"],
    ["an extension", "d40000", "unsupported"],
    ["something behind it", "0101", "corrupt"],
    ["nothing", "", "corrupt"],
  ])("refuses %s", (_, hex, code) => {
    expect(codeOf(() => readMsgpack(Buffer.from(hex, "hex")))).toBe(code);
  });
});

test.each([
  [
    "an LZ4 match that repeats without end",
    "04224d1868400000000000000000000b000000" + "1f61010" + "0ffffffffffff" + "00000000",
  ],
  [
    "an LZ4 match before its start",
    "04224d186840000000000000000000050000001061050000" + "00000000",
  ],
])("%s is no entry", (_, hex) => {
  expect(["unknown_format", "corrupt", "too_large"]).toContain(
    codeOf(() => readRedisValue(Buffer.from(hex, "hex"), 1 << 16)),
  );
});
