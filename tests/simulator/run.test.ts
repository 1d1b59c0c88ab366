/** Scenario files: what is read, what is refused, and what the recorded scenarios do not reach. */
import { describe, expect, test } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { PyFloat } from "../../src/main/python/value.ts";
import { CookieJar } from "../../src/main/simulator/jar.ts";
import { runScenario } from "../../src/main/simulator/run.ts";
import { readScenarios, type Scenario } from "../../src/main/simulator/scenario.ts";
import {
  isErrorResult,
  isRequestRecord,
  type RequestRecord,
  timelineText,
} from "../../src/main/simulator/timeline.ts";

const read = (given: object): Scenario => {
  const [scenario] = readScenarios(JSON.stringify(given));
  if (scenario === undefined) throw new Error("no scenario");
  return scenario;
};

const request = (...actions: object[]) => ({ request: { actions } });
const increment = { op: "increment", key: "counter" };

async function requests(given: object): Promise<RequestRecord[]> {
  const { timeline } = await runScenario(read(given));
  return timeline.filter(isRequestRecord);
}

function problemOf(call: () => unknown): object | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem;
  }
}

describe("a file", () => {
  const one = JSON.stringify({ title: "one", steps: [] });
  const two = JSON.stringify({ title: "two", steps: [] });

  test.each([
    ["one scenario", one, ["one"]],
    ["one scenario over several lines", JSON.stringify(JSON.parse(one), null, 2), ["one"]],
    ["an array", `[${one},\n${two}]`, ["one", "two"]],
    ["one a line", `${one}\n${two}\n\n`, ["one", "two"]],
  ])("holds %s", (_, text, titles) => {
    expect(readScenarios(text).map(({ title }) => title)).toEqual(titles);
  });

  test("has Django's defaults where it says nothing", () => {
    const scenario = read({ steps: [request()] });
    expect(scenario.settings).toMatchObject({
      SESSION_ENGINE: "django.contrib.sessions.backends.db",
      SECRET_KEY: "insecure-scenario-key",
      SESSION_COOKIE_AGE: 1209600,
      USE_TZ: true,
      TIME_ZONE: "UTC",
    });
    expect(scenario).toMatchObject({ django: "5.2", start: 1767225600_000000n });
  });

  test.each([
    ["no JSON", "{", "bad_json"],
    ["no object", "[1]", "bad_request"],
    ["no steps", "{}", "bad_request"],
    ["an unknown version", '{"django":"2.2","steps":[]}', "bad_request"],
    ["a start without a meaning", '{"start":"soon","steps":[]}', "bad_request"],
    ["an unknown setting", '{"settings":{"SESSION_COLOUR":1},"steps":[]}', "bad_setting"],
    [
      "a setting of the wrong type",
      '{"settings":{"SESSION_COOKIE_AGE":"1"},"steps":[]}',
      "bad_setting",
    ],
    ["a step that is none", '{"steps":[{"at":0}]}', "bad_request"],
    ["an unknown action", '{"steps":[{"request":{"actions":[{"op":"eval"}]}}]}', "bad_request"],
    [
      "an inherited action",
      '{"steps":[{"request":{"actions":[{"op":"toString"}]}}]}',
      "bad_request",
    ],
    [
      "an action without its key",
      '{"steps":[{"request":{"actions":[{"op":"get"}]}}]}',
      "bad_request",
    ],
  ])("with %s is refused", (_, text, code) => {
    expect(problemOf(() => readScenarios(text))).toMatchObject({ code });
  });
});

describe("a run", () => {
  test.each([
    ["an engine that is Python code", { SESSION_ENGINE: "shop.sessions" }, "SESSION_ENGINE"],
    ["a cache that is not there", { SESSION_CACHE_ALIAS: "other" }, "SESSION_CACHE_ALIAS"],
    ["a cache called toString", { SESSION_CACHE_ALIAS: "toString" }, "SESSION_CACHE_ALIAS"],
    [
      "keys that Python code makes",
      { CACHES: { default: { BACKEND: "x.LocMemCache", KEY_FUNCTION: "shop.make_key" } } },
      "CACHES",
    ],
  ])("of %s is refused", async (_, settings, setting) => {
    await expect(runScenario(read({ settings, steps: [request()] }))).rejects.toMatchObject({
      problem: { code: "bad_setting", detail: { setting } },
    });
  });

  test("is the same each time", async () => {
    const given = { steps: [request(increment), { at: 5, ...request({ op: "cycleKey" }) }] };
    const text = timelineText(await runScenario(read(given)));
    expect(timelineText(await runScenario(read(given)))).toBe(text);
    expect(text).toContain("auto0000000000000000000000000002");
  });

  test("hands out the listed keys first and counts on from them", async () => {
    const [first, second] = await requests({
      keys: ["a".repeat(32)],
      steps: [request(increment), { at: 1, ...request({ op: "cycleKey" }) }],
    });
    expect(first?.session.key).toBe("a".repeat(32));
    expect(second?.session.key).toBe("auto0000000000000000000000000002");
  });

  test("shares nothing with the scenario: results and values stay what they were", async () => {
    const scenario = read({
      steps: [
        request(
          { op: "set", key: "d", value: {} },
          { op: "get", key: "d" },
          { op: "setIn", key: "d", field: "x", value: 1 },
        ),
      ],
    });
    const first = await runScenario(scenario);
    const [record] = first.timeline.filter(isRequestRecord);
    expect(record?.results[1]).toEqual(new Map());
    expect(await runScenario(scenario)).toEqual(first);
  });

  test("keeps ints and floats apart", async () => {
    const [scenario] = readScenarios(
      '{"steps":[{"request":{"actions":[{"op":"set","key":"n","value":1.0},{"op":"increment","key":"n"}]}}]}',
    );
    if (scenario === undefined) throw new Error("no scenario");
    const timeline = await runScenario(scenario);
    const [record] = timeline.timeline.filter(isRequestRecord);
    expect(record?.results[1]).toEqual(new PyFloat(2));
    expect(timelineText(timeline)).toContain('"data": {"n": 2.0}'.replaceAll(": ", ":"));
  });

  test("takes the cache SESSION_CACHE_ALIAS names, with its prefix and its size", async () => {
    const locmem = "django.core.cache.backends.locmem.LocMemCache";
    const steps = Array.from({ length: 4 }, (_, at) => ({
      at,
      request: { cookie: "none", actions: [increment] },
    }));
    const records = await requests({
      settings: {
        SESSION_ENGINE: "django.contrib.sessions.backends.cache",
        SESSION_CACHE_ALIAS: "small",
        CACHES: {
          default: { BACKEND: locmem },
          small: {
            BACKEND: locmem,
            KEY_PREFIX: "pfx",
            OPTIONS: { MAX_ENTRIES: 3, CULL_FREQUENCY: 2 },
          },
        },
      },
      steps,
    });
    const keys = records.at(-1)?.store.cache?.map(({ key }) => key) ?? [];
    expect(keys.map((key) => key.slice(-4))).toEqual(["0002", "0003", "0004"]);
    expect(keys[0]?.startsWith("pfx:1:django.contrib.sessions.cache")).toBe(true);
  });

  test("shows what a cache keeps of a save that raised", async () => {
    const [, broken] = await requests({
      settings: { SESSION_ENGINE: "django.contrib.sessions.backends.cache" },
      steps: [
        request({ op: "cycleKey" }),
        { at: 1, ...request({ op: "set", key: "_session_expiry", value: {} }, { op: "save" }) },
        {
          at: 2,
          ...request({ op: "set", key: "_session_expiry", value: { x: 1 } }, { op: "save" }),
        },
      ],
    }).then((records) => records.slice(1));
    expect(broken?.results[1]).toEqual(new Map([["error", "TypeError"]]));
    expect(broken?.store.cache?.[0]?.data).toEqual(
      new Map([["_session_expiry", new Map([["x", 1]])]]),
    );
  });

  test("tells an interrupted request from a view that answers 400 itself", async () => {
    const [, own, interrupted] = await requests({
      steps: [
        request(increment),
        { at: 1, request: { status: 400, actions: [increment] } },
        { at: 2, ...request(increment, { op: "deleteRow" }) },
      ],
    });
    expect(own?.response).toMatchObject({ status: 400, interrupted: false });
    expect(interrupted?.response).toMatchObject({ status: 400, interrupted: true, setCookie: [] });
  });

  test("shows what the view had to catch", async () => {
    const [record] = await requests({
      steps: [request({ op: "set", key: "n", value: "x" }, { op: "increment", key: "n" })],
    });
    expect(record?.results.map(isErrorResult)).toEqual([false, true]);
  });
});

describe("the jar", () => {
  const set = (header: string, path = "/"): CookieJar => {
    const jar = new CookieJar();
    jar.receive(0n, header, path);
    return jar;
  };

  test("takes Max-Age before Expires", () => {
    const jar = set("s=1; expires=Thu, 01 Jan 1970 00:00:09 GMT; Max-Age=5");
    expect(jar.cookie?.expires).toBe(5_000_000n);
    expect(set("s=1; expires=Thu, 01 Jan 1970 00:00:09 GMT").cookie?.expires).toBe(9_000_000n);
  });

  test.each([
    ["/app", "/app", true],
    ["/app", "/app/deep", true],
    ["/app", "/apple", false],
    ["/app/", "/app", false],
    ["/", "/anything", true],
  ])("path %s is sent to %s: %s", (cookiePath, path, sent) => {
    const jar = set(`s=1; Path=${cookiePath}`);
    expect(jar.cookieFor(0n, path, true) !== null).toBe(sent);
  });

  test("without Path takes the folder of the request", () => {
    expect(set("s=1", "/shop/cart").cookie?.path).toBe("/shop");
    expect(set("s=1", "/cart").cookie?.path).toBe("/");
  });

  test("keeps Secure cookies to https", () => {
    const jar = set("s=1; Secure");
    expect(jar.cookieFor(0n, "/", false)).toBeNull();
    expect(jar.cookieFor(0n, "/", true)?.value).toBe("1");
  });

  test("forgets at the very second, and at zero", () => {
    const jar = set("s=1; Max-Age=5");
    expect(jar.cookieFor(4_999_999n, "/", true)).not.toBeNull();
    expect(jar.cookieFor(5_000_000n, "/", true)).toBeNull();
    expect(set('s=""; Max-Age=0').cookie).toBeNull();
  });
});
