import { describe, expect, test } from "vitest";
import { describeLifetime, type StoreKind } from "../../src/main/engine/describe-lifetime.ts";
import { type GivenSettings, resolveSettings } from "../../src/main/engine/settings.ts";
import { PyDatetime, PyFloat, type PyValue } from "../../src/main/python/value.ts";

const at = (text: string): bigint => Temporal.Instant.from(text).epochNanoseconds / 1000n;
const now = at("2026-11-20T10:42:00Z");
const saved = at("2026-11-09T14:51:00Z");
const week2 = 1209600n * 1000000n;

const tell = (
  storeKind: StoreKind,
  expiry: PyValue | undefined,
  expires: bigint | null,
  savedAt: bigint | null = saved,
  given: GivenSettings = {},
) =>
  describeLifetime({
    value: expiry === undefined ? new Map() : new Map([["_session_expiry", expiry]]),
    expires,
    savedAt,
    settings: resolveSettings({ TIME_ZONE: "UTC", ...given }),
    storeKind,
    now,
  });

describe("rows", () => {
  test("the default age", () => {
    expect(tell("db", undefined, saved + week2)).toEqual({
      state: "active",
      reason:
        "Active. Expires in 3 d 4 h: SESSION_COOKIE_AGE of 2 weeks after it was last saved on 9 Nov 2026 at 14:51 UTC.",
      expiresIso: "2026-11-23T14:51:00.000000Z",
      bornIso: "2026-11-09T14:51:00.000000Z",
    });
  });

  test("exactly at its end it is over", () => {
    expect(tell("db", undefined, now).state).toBe("expired");
    expect(tell("db", undefined, now + 1n).state).toBe("active");
  });

  test("expired", () => {
    expect(tell("db", 300, saved + 300000000n).reason).toBe(
      "Expired 10 d 19 h ago: set_expiry(300): 5 minutes after it was last saved on 9 Nov 2026 at 14:51 UTC.",
    );
  });

  test("set_expiry(0) and SESSION_EXPIRE_AT_BROWSER_CLOSE end with the browser", () => {
    expect(tell("db", 0, saved + week2)).toMatchObject({
      state: "browser",
      reason:
        "Ends with the browser: set_expiry(0) gives the cookie no end. What is stored lives 3 d 4 h more: SESSION_COOKIE_AGE of 2 weeks after it was last saved on 9 Nov 2026 at 14:51 UTC.",
    });
    const closing = tell("db", undefined, saved + week2, saved, {
      SESSION_EXPIRE_AT_BROWSER_CLOSE: true,
    });
    expect(closing.state).toBe("browser");
    expect(closing.reason).toContain("SESSION_EXPIRE_AT_BROWSER_CLOSE gives the cookie no end");
    expect(tell("db", 0, now - 1n).state).toBe("expired");
  });

  test("a fixed date", () => {
    const end = at("2026-12-01T00:00:00Z");
    const sentence =
      "Active. Expires in 10 d 13 h: set_expiry() fixed the end at 1 Dec 2026 at 00:00 UTC; saving does not move it.";
    expect(tell("db", "2026-12-01T00:00:00+00:00", end).reason).toBe(sentence);
    expect(tell("db", new PyDatetime("2026-12-01T01:00:00+01:00"), end).reason).toBe(sentence);
    expect(tell("db", "soon", end).reason).toContain("is no expiry, and Django fails");
  });

  test("an expiry that the settings do not explain", () => {
    expect(tell("db", undefined, saved + week2 * 2n).reason).toContain(
      "the expiry stored with it, 7 Dec 2026 at 14:51 UTC, which is not SESSION_COOKIE_AGE (2 weeks)",
    );
  });

  test("without a signing time the last save follows from the end", () => {
    const told = tell("db", undefined, saved + week2, null);
    expect(told.bornIso).toBe("2026-11-09T14:51:00.000000Z");
    expect(told.reason).toBe(
      "Active. Expires in 3 d 4 h: SESSION_COOKIE_AGE of 2 weeks after it was last saved.",
    );
  });

  test("a value that cannot be read", () => {
    const told = describeLifetime({
      value: undefined,
      expires: now + 60000000n,
      savedAt: null,
      settings: resolveSettings({}),
      storeKind: "db",
      now,
    });
    expect(told).toMatchObject({ state: "active" });
    expect(told.reason).toBe(
      "Active. Expires in 1 min: the store's own expiry, 20 Nov 2026 at 10:43 UTC; the value cannot be read.",
    );
  });
});

describe("files", () => {
  test("a positive number of seconds never passes", () => {
    for (const expiry of [300, new PyFloat(0.5), true])
      expect(tell("file", expiry, null)).toMatchObject({ state: "active", expiresIso: null });
    expect(tell("file", 300, null).reason).toBe(
      "Active, without an end on the server: set_expiry(300) in a session file counts from the moment it is read, so its 5 minutes never pass and clearsessions keeps it.",
    );
  });

  test("a negative one is over at once, a date when it comes, the default by modification time", () => {
    expect(tell("file", -10, null).state).toBe("expired");
    expect(tell("file", "2026-12-01T00:00:00+00:00", null).expiresIso).toBe(
      "2026-12-01T00:00:00.000000Z",
    );
    expect(tell("file", undefined, null).expiresIso).toBe("2026-11-23T14:51:00.000000Z");
    expect(tell("file", 0, null).state).toBe("browser");
    expect(tell("file", undefined, null, now - week2).state).toBe("expired");
  });
});

test("signed cookies know SESSION_COOKIE_AGE alone", () => {
  const told = tell("signed_cookies", 300, null);
  expect(told.state).toBe("active");
  expect(told.reason).toBe(
    "Active. Expires in 3 d 4 h: SESSION_COOKIE_AGE of 2 weeks after it was signed on 9 Nov 2026 at 14:51 UTC. The server does not look at set_expiry() here.",
  );
});

test("a cache entry may have no end", () => {
  expect(tell("cache", undefined, null)).toMatchObject({
    state: "active",
    reason: "Active, without an end on the server: the store holds no expiry for it.",
    expiresIso: null,
  });
});
