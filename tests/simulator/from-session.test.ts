/** Stored sessions as the start of a scenario, whatever they hold. */
import { describe, expect, test } from "vitest";
import {
  policyOf,
  type StoredSession,
  scenarioFrom,
} from "../../src/main/simulator/from-session.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import { scenarioOf } from "../../src/main/simulator/wire.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";

const now = "2026-11-20T10:00:00.000000Z";
const stored: StoredSession = {
  key: "k".repeat(32),
  text: '{"_auth_user_id": "7", "_auth_user_hash": "h"}',
  savedAt: "2026-11-20T09:50:00.000000Z",
  expires: "2026-11-20T10:20:00.000000Z",
  kind: "db",
  serializer: "json",
};
const settings = filledSettings({ SESSION_COOKIE_AGE: 1800 });

const run = (given: Partial<StoredSession>) =>
  tellRun(scenarioOf(scenarioFrom({ ...stored, ...given }, settings, now)));

describe("a stored session", () => {
  test("goes on from where it is: age, end and user", async () => {
    const { lanes, start } = await run({});
    expect(start).toBe(now);
    expect(lanes.session[0]).toMatchObject({ key: stored.key, expires: 1200 });
    expect(lanes.cookie[0]).toMatchObject({ value: stored.key, expires: 1200 });
    expect(lanes.signedIn[0]?.user).toBe("7");
  });

  test("that has expired is lost from the start", async () => {
    const { lanes, steps } = await run({
      savedAt: "2026-11-20T09:00:00.000000Z",
      expires: "2026-11-20T09:30:00.000000Z",
    });
    expect(lanes.signedIn).toEqual([]);
    expect(steps[0]?.results).toEqual(["[]"]);
  });

  test("of unknown age is dated by its end", async () => {
    const { lanes } = await run({ savedAt: null });
    expect(lanes.cookie[0]?.expires).toBe(1200);
  });

  test.each(["db", "cached_db", "file", "cache", "signed_cookies"] as const)(
    "of a store of kind %s, pickled, keeps what only a pickle holds",
    async (kind) => {
      const text = '{"when": {"$type": "datetime", "value": "2026-01-01T00:00:00+00:00"}}';
      const { lanes } = await run({ kind, text, serializer: "pickle" });
      expect(lanes.data[0]?.spans[0]?.value).toContain("datetime");
    },
  );

  test("that cannot be read is no start, and one that cannot be saved says why", async () => {
    expect(() => scenarioFrom({ ...stored, text: null }, settings, now)).toThrow("cannot be read");
    const text = '{"when": {"$type": "datetime", "value": "2026-01-01T00:00:00+00:00"}}';
    await expect(run({ text })).rejects.toMatchObject({
      problem: { code: "not_writable", message: expect.stringContaining("TypeError") },
    });
  });
});

test("a policy has what differs from Django's defaults, and the engine", () => {
  expect(policyOf("site", settings, "cache")).toEqual({
    name: "site",
    settings: {
      SESSION_COOKIE_AGE: 1800,
      SESSION_ENGINE: "django.contrib.sessions.backends.cache",
    },
  });
  expect(policyOf("site", filledSettings({}), "db").settings).toEqual({});
});
