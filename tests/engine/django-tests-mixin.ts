/** Django's SessionTestsMixin (tests/sessions_tests/tests.py), test by test under its own names, for any engine. */
import { beforeEach, expect, test } from "vitest";
import {
  type EngineName,
  openSession,
  type Storages,
} from "../../src/main/engine/backends/engines.ts";
import { LocMemCache } from "../../src/main/engine/caches/locmem.ts";
import { formatIso } from "../../src/main/engine/iso.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import type { DjangoVersion, GivenSettings } from "../../src/main/engine/settings.ts";
import { add, type Moment, moment } from "../../src/main/engine/time.ts";
import { PyDatetime, PyTimedelta, type PyValue } from "../../src/main/python/value.ts";
import { MemoryFiles, MemoryRows } from "../../src/main/simulator/memory.ts";
import { TestEnvironment } from "./backends-environment.ts";

/** One engine with its storages; `open` is \`SessionStore(key)\`. */
export class Bench {
  readonly environment: TestEnvironment;
  readonly rows = new MemoryRows();
  readonly files: MemoryFiles;
  readonly cache: LocMemCache;
  readonly storages: Storages;

  constructor(engine: EngineName, version: DjangoVersion, given: GivenSettings = {}) {
    this.environment = new TestEnvironment(version, {
      SESSION_ENGINE: `django.contrib.sessions.backends.${engine}`,
      ...given,
    });
    const now = () => this.environment.now();
    this.files = new MemoryFiles(now);
    this.cache = new LocMemCache({ KEY_PREFIX: "", VERSION: 1, now });
    this.storages = { rows: this.rows, cache: this.cache, files: this.files };
  }

  open(key: string | null = null): SessionStore {
    return openSession(this.environment, this.storages, key);
  }

  later(seconds: number): void {
    const now = this.environment.now() + BigInt(seconds) * 1_000_000n;
    this.environment.now = () => now;
  }

  now(): Moment {
    return moment(this.environment.now(), this.environment.settings);
  }
}

const dict = (entries: Record<string, PyValue>): Map<PyValue, PyValue> =>
  new Map(Object.entries(entries));

const keyError = expect.objectContaining({ type: "KeyError" });

/** The tests every engine passes; signed_cookies is exempt from what needs a record on the server. */
export function sessionTests(
  engine: EngineName,
  version: DjangoVersion,
  given: GivenSettings,
): void {
  let bench: Bench;
  let session: SessionStore;
  const hasRecords = engine !== "signed_cookies";
  /** A test about the record on the server. */
  const recorded = (name: string, run: () => Promise<void>): void => {
    if (hasRecords) test(name, run);
  };

  beforeEach(() => {
    bench = new Bench(engine, version, given);
    session = bench.open();
  });

  const flags = (): [accessed: boolean, modified: boolean] => [session.accessed, session.modified];
  const untouched = (): void => {
    session.accessed = false;
    session.modified = false;
  };

  test("test_new_session", () => {
    expect(flags()).toEqual([false, false]);
  });

  test("test_get_empty", async () => {
    expect(await session.get("cat")).toBeNull();
  });

  test("test_store", async () => {
    await session.set("cat", "dog");
    expect(session.modified).toBe(true);
    expect(await session.pop("cat")).toBe("dog");
  });

  test("test_pop", async () => {
    await session.set("some key", "exists");
    untouched();
    expect(await session.pop("some key")).toBe("exists");
    expect(flags()).toEqual([true, true]);
    expect(await session.get("some key")).toBeNull();
  });

  test("test_pop_default, test_pop_default_named_argument", async () => {
    expect(await session.pop("some key", "does not exist")).toBe("does not exist");
    expect(flags()).toEqual([true, false]);
    expect(await session.pop("some key", null)).toBeNull();
  });

  test("test_pop_no_default_keyerror_raised", async () => {
    await expect(session.pop("some key")).rejects.toEqual(keyError);
  });

  test("test_setdefault", async () => {
    expect(await session.setdefault("foo", "bar")).toBe("bar");
    expect(await session.setdefault("foo", "baz")).toBe("bar");
    expect(flags()).toEqual([true, true]);
  });

  test("test_update", async () => {
    await session.update(dict({ "update key": 1 }));
    expect(flags()).toEqual([true, true]);
    expect(await session.get("update key")).toBe(1);
  });

  test("test_has_key", async () => {
    await session.set("some key", 1);
    untouched();
    expect(await session.has("some key")).toBe(true);
    expect(flags()).toEqual([true, false]);
  });

  test("test_values", async () => {
    expect(await session.values()).toEqual([]);
    expect(session.accessed).toBe(true);
    await session.set("some key", 1);
    untouched();
    expect(await session.values()).toEqual([1]);
    expect(flags()).toEqual([true, false]);
  });

  test("test_keys", async () => {
    await session.set("x", 1);
    untouched();
    expect(await session.keys()).toEqual(["x"]);
    expect(flags()).toEqual([true, false]);
  });

  test("test_items", async () => {
    await session.set("x", 1);
    untouched();
    expect(await session.items()).toEqual([["x", 1]]);
    expect(flags()).toEqual([true, false]);
  });

  test("test_clear", async () => {
    await session.set("x", 1);
    untouched();
    session.clear();
    expect(await session.items()).toEqual([]);
    expect(flags()).toEqual([true, true]);
  });

  test("test_save", async () => {
    await session.save();
    expect(await session.exists(session.sessionKey)).toBe(hasRecords);
  });

  test("test_delete", async () => {
    await session.save();
    await session.delete(session.sessionKey ?? undefined);
    expect(await session.exists(session.sessionKey)).toBe(false);
  });

  test("test_flush", async () => {
    await session.set("foo", "bar");
    await session.save();
    const previous = session.sessionKey;
    await session.flush();
    expect(await session.exists(previous)).toBe(false);
    expect(session.sessionKey).not.toBe(previous);
    expect(session.sessionKey).toBeNull();
    expect(flags()).toEqual([true, true]);
  });

  recorded("test_cycle", async () => {
    await session.set("a", "c");
    await session.set("b", "d");
    await session.save();
    const previous = session.sessionKey;
    const items = await session.items();
    await session.cycleKey();
    expect(await session.exists(previous)).toBe(false);
    expect(session.sessionKey).not.toBe(previous);
    expect(await session.items()).toEqual(items);
  });

  recorded("test_cycle_with_no_session_cache", async () => {
    await session.set("a", "c");
    await session.set("b", "d");
    await session.save();
    const previous = session.sessionKey;
    const items = await session.items();
    session = bench.open(previous);
    await session.cycleKey();
    expect(await session.exists(previous)).toBe(false);
    expect(session.sessionKey).not.toBe(previous);
    expect(await session.items()).toEqual(items);
  });

  test("test_save_doesnt_clear_data", async () => {
    await session.set("a", "b");
    await session.save();
    expect(await session.getItem("a")).toBe("b");
  });

  test("test_invalid_key", async () => {
    session = bench.open("1");
    await session.save();
    expect(session.sessionKey).not.toBe("1");
    expect(await session.get("cat")).toBeNull();
    await session.delete();
    expect(await bench.open("1").exists("1")).toBe(false);
  });

  test("test_session_key_empty_string_invalid", () => {
    expect(bench.open("").sessionKey).toBeNull();
  });

  test("test_session_key_too_short_invalid", () => {
    expect(bench.open("1234567").sessionKey).toBeNull();
  });

  test("test_session_key_valid_string_saved", () => {
    expect(bench.open("12345678").sessionKey).toBe("12345678");
  });

  test("test_session_key_is_read_only", () => {
    expect(() => Object.assign(session, { sessionKey: "adopted-from-outside" })).toThrow(TypeError);
  });

  test("test_custom_expiry_seconds", async () => {
    await session.setExpiry(10);
    expect(await session.getExpiryDate()).toEqual(add(bench.now(), 10_000_000n));
    expect(await session.getExpiryAge()).toBe(10);
  });

  test("test_custom_expiry_timedelta", async () => {
    await session.setExpiry(new PyTimedelta(0, 10, 0));
    expect(await session.getExpiryDate()).toEqual(add(bench.now(), 10_000_000n));
    expect(await session.getExpiryAge()).toBe(10);
  });

  test("test_custom_expiry_datetime", async () => {
    await session.setExpiry(new PyDatetime(formatIso(add(bench.now(), 10_000_000n))));
    expect(await session.getExpiryDate()).toEqual(add(bench.now(), 10_000_000n));
    expect(await session.getExpiryAge()).toBe(10);
    bench.later(5);
    expect(await session.getExpiryAge()).toBe(5);
  });

  test("test_custom_expiry_reset", async () => {
    await session.setExpiry(null);
    await session.setExpiry(10);
    await session.setExpiry(null);
    expect(await session.getExpiryAge()).toBe(session.getSessionCookieAge());
    expect(await session.getExpiryAge()).toBe(1209600);
  });

  test("test_get_expire_at_browser_close", async () => {
    await session.setExpiry(10);
    expect(await session.getExpireAtBrowserClose()).toBe(false);
    await session.setExpiry(0);
    expect(await session.getExpireAtBrowserClose()).toBe(true);
    await session.setExpiry(null);
    expect(await session.getExpireAtBrowserClose()).toBe(false);
    bench.environment.settings = {
      ...bench.environment.settings,
      SESSION_EXPIRE_AT_BROWSER_CLOSE: true,
    };
    expect(await session.getExpireAtBrowserClose()).toBe(true);
  });

  test("test_decode", () => {
    const data = dict({ "a test key": "a test value" });
    expect(session.decode(session.encode(data))).toEqual(data);
  });

  test("test_decode_failure_logged_to_security", () => {
    expect(session.decode("bad:encoded:value")).toEqual(new Map());
    expect(bench.environment.lines).toEqual([
      {
        logger: "django.security.SuspiciousSession",
        level: "WARNING",
        message: "Session data corrupted",
      },
    ]);
  });

  test("test_actual_expiry", async () => {
    await session.set("foo", "bar");
    await session.setExpiry(new PyTimedelta(-1, 86390, 0));
    // Before 4.1 JSON refuses the datetime that is kept: SESSION_SERIALIZER is pickle where this runs.
    await session.save();
    const loaded = bench.open(session.sessionKey);
    // Cookies know no expiry but SESSION_COOKIE_AGE.
    expect(await loaded.has("foo")).toBe(!hasRecords);
  });

  recorded("test_session_load_does_not_create_record", async () => {
    session = bench.open("someunknownkey");
    await session.load();
    expect(session.sessionKey).toBeNull();
    expect(await session.exists("someunknownkey")).toBe(false);
  });

  recorded("test_session_save_does_not_resurrect_session_logged_out_in_other_context", async () => {
    await session.set("test_data", "value1");
    await session.save();
    const key = session.sessionKey;
    const first = bench.open(key);
    await first.set("test_data", "value2");
    const second = bench.open(key);
    await second.flush();
    await expect(first.save()).rejects.toMatchObject({ type: "UpdateError" });
    expect(await bench.open(key).items()).toEqual([]);
  });

  test("test_test_cookie", async () => {
    expect(await session.testCookieWorked()).toBe(false);
    await session.setTestCookie();
    expect(await session.testCookieWorked()).toBe(true);
    await session.deleteTestCookie();
    expect(await session.has("testcookie")).toBe(false);
  });

  test("test_is_empty", () => {
    expect(session.isEmpty()).toBe(true);
    expect(session.accessed).toBe(false);
  });
}
