/** What the recordings do not reach: Python's equality of keys, values that are no dict, keys, the log, the versions. */
import { describe, expect, test } from "vitest";
import { PythonError } from "../../src/main/engine/errors.ts";
import { acceptedKey, generateKey, isFileKey } from "../../src/main/engine/keys.ts";
import { PICKLE_SERIALIZER } from "../../src/main/engine/settings.ts";
import { dumps, SESSION_SALT } from "../../src/main/engine/signing.ts";
import { PyDate, PyDatetime, PyFloat, PyTuple, type PyValue } from "../../src/main/python/value.ts";
import { goldenSecret } from "./backends-environment.ts";
import { Bench } from "./django-tests-mixin.ts";

describe("session keys", () => {
  test("are 32 characters, from bytes below the largest multiple of 36", () => {
    expect(generateKey(() => Uint8Array.of(255, 252, 251, 0, 35, 36))).toBe("9a9a".repeat(8));
    const source = (count: number) => Uint8Array.from({ length: count }, (_, index) => index);
    expect(generateKey(source)).toBe("abcdefghijklmnopqrstuvwxyz012345");
  });

  test.each<[string | null | undefined, string | null]>([
    [undefined, null],
    [null, null],
    ["", null],
    ["1234567", null],
    ["12345678", "12345678"],
    ["ÄÖÜ../ \0", "ÄÖÜ../ \0"],
    ["😀😀😀😀", null],
  ])("%j comes in as %j", (given, kept) => {
    expect(acceptedKey(given)).toBe(kept);
  });

  test.each([
    ["abc012", true],
    ["ABC", false],
    ["../x", false],
    ["a\n", false],
    ["é", false],
  ])("%j may name a file: %s", (key, allowed) => {
    expect(isFileKey(key)).toBe(allowed);
  });
});

describe("keys of the dict", () => {
  test.each<[PyValue, PyValue]>([
    [1, new PyFloat(1)],
    [1, true],
    [0, false],
    [2n ** 70n, new PyFloat(2 ** 70)],
    [new PyTuple([1, "a"]), new PyTuple([true, "a"])],
  ])("%o and %o are one key", async (first, second) => {
    const session = new Bench("db", "5.2").open();
    await session.set(first, "old");
    await session.set(second, "new");
    expect(await session.items()).toEqual([[first, "new"]]);
    expect(await session.pop(second)).toBe("new");
    expect(await session.keys()).toEqual([]);
  });

  test.each<[PyValue, PyValue]>([
    [1, "1"],
    [new PyTuple([1]), new PyTuple([2])],
    [null, "None"],
    [1, new PyFloat(1.5)],
  ])("%o and %o are two", async (first, second) => {
    const session = new Bench("db", "5.2").open();
    await session.set(first, "a");
    await session.set(second, "b");
    expect(await session.values()).toEqual(["a", "b"]);
  });

  test("a stored None is not a missing key", async () => {
    const session = new Bench("db", "5.2").open();
    await session.set("n", null);
    expect(await session.get("n", 5)).toBeNull();
    expect(await session.setdefault("n", 5)).toBeNull();
    expect(await session.pop("n", 5)).toBeNull();
  });
});

describe("a signed value that is no dict", () => {
  test.each<[PyValue]>([[[1, 2]], ["text"], [5]])("%j fails at its first use", async (value) => {
    const bench = new Bench("db", "5.2");
    const sessionKey = "k".repeat(32);
    await bench.rows.insert({
      sessionKey,
      sessionData: dumps(value, { key: goldenSecret, salt: SESSION_SALT, now: 0n }),
      expireDate: bench.environment.now() + 1n,
    });
    const session = bench.open(sessionKey);
    expect(await session.load()).toEqual(value);
    await expect(session.get("a")).rejects.toMatchObject({ type: "AttributeError" });
    expect(bench.environment.lines).toEqual([]);
  });
});

describe("versions", () => {
  const datetime = new PyDatetime("2026-01-01T00:00:00+00:00");

  test.each([
    ["3.2", datetime],
    ["4.2", datetime.iso],
    ["5.2", datetime.iso],
    ["6.0", datetime.iso],
  ] as const)("%s keeps an expiry date as %o", async (version, stored) => {
    const session = new Bench("cache", version).open();
    await session.setExpiry(datetime);
    expect(await session.get("_session_expiry")).toEqual(stored);
    expect(await session.getExpiryDate()).toEqual({ wall: 1767225600_000000n, offset: 0n });
  });

  test("3.2 cannot write an expiry date as JSON, but as a pickle", async () => {
    const session = new Bench("db", "3.2").open();
    await session.setExpiry(datetime);
    await expect(session.save()).rejects.toMatchObject({
      type: "TypeError",
      message: "Object of type datetime is not JSON serializable",
    });
    const pickled = new Bench("db", "3.2", { SESSION_SERIALIZER: PICKLE_SERIALIZER }).open();
    await pickled.setExpiry(new PyDatetime("2026-01-01T00:00:00+00:00"));
    await pickled.save();
  });

  test.each([
    ["3.2", "TypeError"],
    ["5.2", "ValueError"],
  ] as const)("%s takes no text that is no date", async (version, type) => {
    const session = new Bench("db", version).open();
    await session.setExpiry("soon");
    await expect(session.save()).rejects.toMatchObject({ type });
  });

  test("no version takes a bare date", async () => {
    const session = new Bench("db", "5.2").open();
    await session.setExpiry(new PyDate("2026-01-01"));
    await expect(session.getExpiryDate()).rejects.toMatchObject({ type: "TypeError" });
  });

  test("3.2 reads what came before it and fails on broken base64, 4.2 takes both for corrupt", async () => {
    const legacy = "Nzk1Njg2MGUyOWRiMDhhM2VlNGQwMTJiY2Q2MDI0N2VjODM5OTE3Nzp7ImEiOjF9";
    const [old, current] = [new Bench("db", "3.2"), new Bench("db", "4.2")];
    expect(old.open().decode(legacy)).toEqual(new Map([["a", 1]]));
    expect(old.environment.lines).toEqual([]);
    expect(current.open().decode(legacy)).toEqual(new Map());
    expect(current.environment.lines).toHaveLength(1);
    // A good signature over a payload that is no JSON: 3.2 goes on to the old form, which it is not either.
    const unreadable = dumps(new Map(), {
      key: goldenSecret,
      salt: SESSION_SALT,
      now: 0n,
      serializer: { name: "json", dumps: () => Buffer.from("{"), loads: () => null },
    });
    expect(() => old.open().decode(unreadable)).toThrow(expect.objectContaining({ type: "Error" }));
    expect(current.open().decode(unreadable)).toEqual(new Map());
    expect(current.environment.lines).toHaveLength(1);
  });

  test("3.2 with sha1 writes the old form", () => {
    const bench = new Bench("db", "3.2", { DEFAULT_HASHING_ALGORITHM: "sha1" });
    expect(bench.open().encode(new Map([["a", 1]]))).toBe(
      "Nzk1Njg2MGUyOWRiMDhhM2VlNGQwMTJiY2Q2MDI0N2VjODM5OTE3Nzp7ImEiOjF9",
    );
  });
});

describe("oddities", () => {
  test("an expired row, cleared and written, comes back to life under its key", async () => {
    const bench = new Bench("db", "5.2");
    const first = bench.open();
    await first.set("a", 1);
    await first.save();
    bench.later(1209601);
    const again = bench.open(first.sessionKey);
    again.clear();
    await again.set("b", 2);
    await again.save();
    expect(again.sessionKey).toBe(first.sessionKey);
    expect(await bench.open(first.sessionKey).items()).toEqual([["b", 2]]);
  });

  test("saving an unknown key directly draws a new one and finds nothing to update", async () => {
    const bench = new Bench("db", "5.2");
    const session = bench.open("unknown-key");
    await expect(session.save()).rejects.toMatchObject({ type: "UpdateError" });
    expect(session.sessionKey).not.toBe("unknown-key");
    expect(bench.rows.rows()).toEqual([]);
  });

  test("load() called directly leaves the data in memory as it is", async () => {
    const bench = new Bench("db", "5.2");
    const session = bench.open();
    await session.set("a", 1);
    await session.save();
    await session.set("a", 2);
    expect(await session.load()).toEqual(new Map([["a", 1]]));
    expect(await session.get("a")).toBe(2);
  });

  test("a file that cannot be replaced is saved without a word", async () => {
    const bench = new Bench("file", "5.2");
    const session = bench.open();
    await session.save();
    const before = bench.files.files();
    bench.files.replace = async () => {
      throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    await session.set("a", 1);
    await expect(session.save()).rejects.toThrow("ENOSPC");
    bench.files.replace = async () => {
      throw new PythonError("OSError", "[Errno 28] No space left on device");
    };
    await session.save();
    expect(bench.files.files()).toEqual(before);
  });
});

describe("serializers", () => {
  test.each([
    ["5.2", PICKLE_SERIALIZER],
    ["4.2", "shop.serializers.Own"],
  ] as const)("of Django %s have no %s", (version, path) => {
    const session = new Bench("db", version, { SESSION_SERIALIZER: path }).open();
    expect(() => session.encode(new Map())).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          code: "bad_setting",
          detail: { setting: "SESSION_SERIALIZER" },
        }),
      }),
    );
  });

  test("what is nested too deep is Python's RecursionError", async () => {
    const session = new Bench("db", "5.2").open();
    let deep: PyValue = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    await session.set("deep", deep);
    await expect(session.save()).rejects.toMatchObject({ type: "RecursionError" });
  });
});

test("pop() of a missing key forgets that loading had modified the session", async () => {
  const bench = new Bench("signed_cookies", "5.2");
  const unreadable = bench.open("no-signed-value");
  expect(await unreadable.pop("a", null)).toBeNull();
  expect(unreadable.modified).toBe(false);
  const other = bench.open("no-signed-value");
  await expect(other.deleteItem("a")).rejects.toMatchObject({ type: "KeyError" });
  expect(other.modified).toBe(true);
});
