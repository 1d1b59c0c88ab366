/**
 * Django's own session tests (tests/sessions_tests/tests.py of 3.2 to 5.2), by their names.
 *
 * No counterpart, and why:
 *   SessionBaseTests (create, delete, exists, load, save, clear_expired raise NotImplementedError): the base is
 *     abstract here, the compiler refuses what they test.
 *   every *_async test: the one implementation is asynchronous, the tests below are theirs.
 *   test_decode_serializer_exception: it patches loads(); a payload that cannot be read is in session-data.test.ts.
 *   DatabaseSessionTests.test_session_str, test_session_get_decoded, test_sessionmanager_save and
 *     CustomDatabaseSessionTests.test_extra_session_field: of the ORM model, which is not part of the engine.
 *   FileSessionTests.test_configuration_check and FileSessionPathLibTests: of the folder, which is handed in.
 *   CacheDBSessionTests.test_non_default_cache, CacheSessionTests.test_default_cache and test_non_default_cache:
 *     of CACHES, the cache is handed in; the simulator's run.test.ts covers SESSION_CACHE_ALIAS.
 *   CookieSessionTests.test_cycle, test_session_load_does_not_create_record and
 *     test_session_save_does_not_resurrect_...: skipped by Django too, there is no record.
 *   ClearSessionsCommandTests.test_clearsessions_unsupported: of the management command.
 */
import { describe, expect, test } from "vitest";
import { cacheKeyPrefix } from "../../src/main/engine/backends/cache.ts";
import { cachedDbKeyPrefix } from "../../src/main/engine/backends/cached-db.ts";
import type { EngineName } from "../../src/main/engine/backends/engines.ts";
import { checkMemcachedKey } from "../../src/main/engine/caches/keys.ts";
import { PythonError } from "../../src/main/engine/errors.ts";
import {
  processRequest,
  processResponse,
  type SessionRequest,
  type SessionResponse,
} from "../../src/main/engine/middleware.ts";
import type { SessionStore } from "../../src/main/engine/session.ts";
import {
  type DjangoVersion,
  djangoVersions,
  type GivenSettings,
  PICKLE_SERIALIZER,
} from "../../src/main/engine/settings.ts";
import { Bench, sessionTests } from "./django-tests-mixin.ts";

/** With JSON 3.2 cannot keep a datetime as expiry, which Django's own tests get around in the same way. */
const serializer = (version: DjangoVersion): GivenSettings =>
  version === "3.2" ? { SESSION_SERIALIZER: PICKLE_SERIALIZER } : {};

describe.each(djangoVersions)("Django %s", (version) => {
  const suites: [name: string, engine: EngineName, given: GivenSettings][] = [
    ["DatabaseSessionTests", "db", { USE_TZ: false, TIME_ZONE: "America/Chicago" }],
    ["DatabaseSessionWithTimeZoneTests", "db", {}],
    ["CacheDBSessionTests", "cached_db", { USE_TZ: false, TIME_ZONE: "America/Chicago" }],
    ["CacheDBSessionWithTimeZoneTests", "cached_db", {}],
    ["FileSessionTests", "file", { USE_TZ: false, TIME_ZONE: "America/Chicago" }],
    ["CacheSessionTests", "cache", {}],
    ["CookieSessionTests", "signed_cookies", {}],
  ];
  describe.each(suites)("%s", (_, engine, given) => {
    sessionTests(engine, version, { ...serializer(version), ...given });
  });
});

/** One session that lives an hour and one that is over. */
async function expiring(bench: Bench): Promise<void> {
  for (const seconds of [3600, -3600]) {
    const session = bench.open();
    await session.set("foo", "bar");
    await session.setExpiry(seconds);
    await session.save();
  }
}

describe("DatabaseSessionTests", () => {
  test("test_clearsessions_command, test_aclear_expired", async () => {
    const bench = new Bench("db", "5.2");
    expect(bench.rows.rows()).toHaveLength(0);
    await expiring(bench);
    expect(bench.rows.rows()).toHaveLength(2);
    await bench.open().clearExpired();
    expect(bench.rows.rows()).toHaveLength(1);
  });
});

describe("CustomDatabaseSessionTests", () => {
  test("test_custom_expiry_reset: get_session_cookie_age() is an override point", async () => {
    const bench = new Bench("db", "5.2");
    const session = bench.open();
    session.getSessionCookieAge = () => 60 * 60 * 24;
    await session.setExpiry(null);
    await session.setExpiry(10);
    await session.setExpiry(null);
    expect(await session.getExpiryAge()).toBe(60 * 60 * 24);
    expect(await session.getExpiryDate()).toEqual({
      wall: bench.environment.now() + 86_400_000_000n,
      offset: 0n,
    });
  });
});

describe("CacheDBSessionTests", () => {
  test("test_exists_searches_cache_first", async () => {
    const bench = new Bench("cached_db", "5.2");
    const session = bench.open();
    await session.save();
    await bench.rows.delete(session.sessionKey ?? "");
    expect(await session.exists(session.sessionKey)).toBe(true);
    bench.cache.clear();
    expect(await session.exists(session.sessionKey)).toBe(false);
  });

  test("test_cache_set_failure_non_fatal, test_cache_async_set_failure_non_fatal", async () => {
    const bench = new Bench("cached_db", "5.2");
    const session = bench.open();
    await session.create();
    await session.set("foo", "bar");
    bench.cache.set = async () => {
      throw new PythonError("Exception", "Faked exception saving to cache");
    };
    await session.save();
    const [row] = bench.rows.rows();
    expect(session.decode(row?.sessionData ?? "")).toEqual(new Map([["foo", "bar"]]));
    expect(bench.environment.lines).toEqual([
      {
        logger: "django.contrib.sessions",
        level: "ERROR",
        message: `Error saving to cache (${bench.cache.name})`,
      },
    ]);
    bench.environment.lines.length = 0;
    const before = new Bench("cached_db", "4.2");
    before.cache.set = bench.cache.set;
    await expect(before.open().create()).rejects.toThrow("Faked exception");
  });
});

describe.each([
  ["CacheDBSessionTests", "cached_db", cachedDbKeyPrefix],
  ["CacheSessionTests", "cache", cacheKeyPrefix],
] as const)("%s", (_, engine, prefix) => {
  test("test_load_overlong_key", async () => {
    const bench = new Bench(engine, "5.2");
    const { get } = bench.cache;
    bench.cache.get = async (key) => {
      checkMemcachedKey(key);
      return get.call(bench.cache, key);
    };
    const session = bench.open(`${"(((truncated)))".repeat(20)} ${prefix}`);
    expect(await session.load()).toEqual(new Map());
    expect(session.sessionKey).toBeNull();
  });
});

describe("FileSessionTests", () => {
  test.each([
    ["test_invalid_key_backslash", "a\\b\\cabcdef"],
    ["test_invalid_key_forwardslash", "a/b/c/../../etc"],
  ])("%s", async (_, key) => {
    const bench = new Bench("file", "5.2");
    const session = bench.open(key);
    await expect(session.exists(key)).rejects.toMatchObject({ type: "InvalidSessionKey" });
    await expect(session.delete(key)).rejects.toMatchObject({ type: "InvalidSessionKey" });
    expect(await session.load()).toEqual(new Map());
    expect(session.sessionKey).toBeNull();
  });

  test("test_clearsessions_command", async () => {
    const bench = new Bench("file", "5.2");
    await bench.files.replace("unrelated", Buffer.from("x"));
    await expiring(bench);
    expect(bench.files.files()).toHaveLength(3);
    await bench.open().clearExpired();
    expect(bench.files.files()).toHaveLength(2);
  });
});

describe("CacheSessionTests", () => {
  test("test_create_and_save, test_create_and_save_async", async () => {
    const bench = new Bench("cache", "5.2");
    const session = bench.open();
    await session.create();
    await session.save();
    const [entry] = bench.cache.entries();
    expect(entry?.key).toBe(`:1:${cacheKeyPrefix}${session.sessionKey}`);
  });

  test("create() gives up after 10,000 refusals", async () => {
    const bench = new Bench("cache", "5.2");
    let refused = 0;
    bench.cache.add = async () => {
      refused++;
      return false;
    };
    await expect(bench.open().create()).rejects.toMatchObject({ type: "RuntimeError" });
    expect(refused).toBe(10_000);
  });
});

describe("a key another process takes at the same moment", () => {
  test.each(["db", "cached_db", "cache", "file"] as const)("%s draws again", async (engine) => {
    const bench = new Bench(engine, "5.2");
    const [taken, free] = ["t".repeat(32), "f".repeat(32)];
    const other = new Bench(engine, "5.2");
    bench.environment.keys = [taken, free];
    other.environment.keys = [taken];
    // The first look finds the key free; the record is there once it is to be made.
    const first = bench.open();
    const exists = first.exists.bind(first);
    first.exists = async (key) => {
      const found = await exists(key);
      if (key === taken) await openWith(bench, taken).save(true);
      return found;
    };
    await first.create();
    expect(first.sessionKey).toBe(free);
    expect(await bench.open().exists(taken)).toBe(true);
  });
});

const openWith = (bench: Bench, key: string): SessionStore => {
  const session = bench.open(key);
  session.clear();
  return session;
};

class Exchange {
  readonly bench: Bench;
  readonly request: SessionRequest;
  response: SessionResponse = { status: 200, setCookie: [], vary: null };

  constructor(given: GivenSettings = {}, cookie?: string, version: DjangoVersion = "5.2") {
    this.bench = new Bench("db", version, given);
    const name = this.bench.environment.settings.SESSION_COOKIE_NAME;
    this.request = {
      cookies: new Map(cookie === undefined ? [] : [[name, cookie]]),
      session: undefined,
    };
    processRequest(this.bench.environment, this.request, (_, key) => this.bench.open(key));
  }

  get session(): SessionStore {
    if (this.request.session === undefined) throw new Error("no session");
    return this.request.session;
  }

  respond(): Promise<void> {
    return processResponse(this.bench.environment, this.request, this.response);
  }
}

describe("SessionMiddlewareTests", () => {
  test.each<[name: string, given: GivenSettings, has: string, lacks: string]>([
    ["test_secure_session_cookie", { SESSION_COOKIE_SECURE: true }, "; Secure", "nothing"],
    ["test_httponly_session_cookie", { SESSION_COOKIE_HTTPONLY: true }, "; HttpOnly", "Secure"],
    [
      "test_samesite_session_cookie",
      { SESSION_COOKIE_SAMESITE: "Strict" },
      "SameSite=Strict",
      "Lax",
    ],
    ["test_no_httponly_session_cookie", { SESSION_COOKIE_HTTPONLY: false }, "Path=/", "HttpOnly"],
  ])("%s", async (_, given, has, lacks) => {
    const exchange = new Exchange(given);
    await exchange.session.set("hello", "world");
    await exchange.respond();
    expect(exchange.response.setCookie[0]).toContain(has);
    expect(exchange.response.setCookie[0]).not.toContain(lacks);
  });

  test.each([
    ["test_session_save_on_500", 500, "5.2", false],
    ["test_session_save_on_5xx", 503, "5.2", false],
    ["until 4.1 exactly 500 was left out", 503, "3.2", true],
  ] as const)("%s", async (_, status, version, saved) => {
    const exchange = new Exchange({}, undefined, version);
    exchange.response.status = status;
    await exchange.session.set("hello", "world");
    await exchange.respond();
    expect(exchange.bench.rows.rows()).toHaveLength(saved ? 1 : 0);
    expect(exchange.response.setCookie).toHaveLength(saved ? 1 : 0);
  });

  test("test_session_update_error_redirect", async () => {
    const exchange = new Exchange();
    await exchange.session.create();
    await exchange.bench.rows.delete(exchange.session.sessionKey ?? "");
    await expect(exchange.respond()).rejects.toMatchObject({
      type: "SessionInterrupted",
      message:
        "The request's session was deleted before the request completed. The user may have logged out in a concurrent request, for example.",
    });
  });

  test("test_session_delete_on_end", async () => {
    const exchange = new Exchange({}, "abcdefghijklmnop");
    await exchange.session.flush();
    await exchange.respond();
    expect(exchange.response).toEqual({
      status: 200,
      setCookie: [
        'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax',
      ],
      vary: "Cookie",
    });
  });

  test("test_session_delete_on_end_with_custom_domain_and_path", async () => {
    const exchange = new Exchange(
      { SESSION_COOKIE_DOMAIN: ".example.local", SESSION_COOKIE_PATH: "/example/" },
      "abcdefghijklmnop",
    );
    await exchange.session.flush();
    await exchange.respond();
    expect(exchange.response.setCookie).toEqual([
      'sessionid=""; Domain=.example.local; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/example/; SameSite=Lax',
    ]);
  });

  test("test_flush_empty_without_session_cookie_doesnt_set_cookie", async () => {
    const exchange = new Exchange();
    await exchange.session.flush();
    await exchange.respond();
    expect(exchange.response).toEqual({ status: 200, setCookie: [], vary: "Cookie" });
  });

  test("test_empty_session_saved", async () => {
    const exchange = new Exchange();
    await exchange.session.set("foo", "bar");
    await exchange.respond();
    expect(exchange.bench.rows.rows()).toHaveLength(1);
    await exchange.session.deleteItem("foo");
    exchange.response = { status: 200, setCookie: [], vary: null };
    await exchange.respond();
    expect(exchange.session.decode(exchange.bench.rows.rows()[0]?.sessionData ?? "")).toEqual(
      new Map(),
    );
    expect(exchange.response.setCookie[0]).toContain(`sessionid=${exchange.session.sessionKey};`);
    expect(exchange.response.vary).toBe("Cookie");
  });
});

describe("CookieSessionTests", () => {
  test("test_unpickling_exception: what cannot be read is an empty session", async () => {
    const bench = new Bench("signed_cookies", "5.2");
    const session = bench.open("not-a-signed-value");
    expect(await session.items()).toEqual([]);
    expect([session.modified, session.sessionKey]).toEqual([true, "not-a-signed-value"]);
  });
});
