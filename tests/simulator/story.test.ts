/** Runs as the page draws them: lanes, marks, verdicts, policies side by side, and one step in full. */
import { describe, expect, test } from "vitest";
import { compare } from "../../src/main/simulator/compare.ts";
import { explainStep } from "../../src/main/simulator/explain.ts";
import { startRun } from "../../src/main/simulator/stepper.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import { isStoreEvent } from "../../src/main/simulator/trace.ts";
import { fileText, readForPage, scenarioOf } from "../../src/main/simulator/wire.ts";
import type { SimRun } from "../../src/shared/run.ts";
import type { SimAction, SimScenario, SimStep } from "../../src/shared/scenario.ts";
import { golden } from "./golden.ts";
import { reference, referencePolicies } from "./reference.ts";
import { comparable } from "./values.ts";

const backend = "django.contrib.sessions.backends.";
const increment: SimAction = { op: "increment", key: '"n"' };
const request = (at: number, ...actions: SimAction[]): SimStep => ({ at, request: { actions } });
const run = (given: Partial<SimScenario>): Promise<SimRun> =>
  tellRun(scenarioOf({ steps: [], ...given }));

describe("the reference script of the page's design", () => {
  const runs = compare(reference, referencePolicies);

  test("has real Django's writes and the moments at which the user is out", async () => {
    const verdicts = (await runs).map(({ run: { verdict } }) => verdict);
    expect(verdicts.map(({ writes }) => writes)).toEqual([6, 10, 5]);
    expect(verdicts.map(({ loggedOutAt }) => loggedOutAt)).toEqual([31 * 60 + 5, null, 52 * 60]);
    expect(verdicts.map(({ text }) => text)).toEqual([
      "User logged out at 00:31:05",
      "Stays signed in",
      "User logged out at 00:52:00",
    ]);
    expect(verdicts.map(({ cookiesSent }) => cookiesSent)).toEqual([4, 9, 4]);
    expect(verdicts.map(({ dataLost }) => dataLost)).toEqual([["cart_count"], [], ["cart_count"]]);
    expect(verdicts[0]).toMatchObject({ signedInAgainAt: 34 * 60 + 12, until: 4400 });
    expect(verdicts[0]?.reason).toBe(
      "it ended together with its cookie, SESSION_COOKIE_AGE of 30 min after the last save at 00:01:05",
    );
    expect(verdicts[1]?.until).toBe(88 * 60 + 20);
    expect(verdicts[2]?.notes).toContain("the stored session stays until 14 d 00:43:20");
  });

  test("draws the first policy as the design does", async () => {
    const [first] = await runs;
    const lanes = first?.run.lanes;
    expect(lanes?.cookie.map(({ from, to, end }) => [from, to, end])).toEqual([
      [0, 1865, "expired"],
      [2052, 4400, "expired"],
    ]);
    expect(lanes?.session.map(({ from, to, state }) => [from, Math.min(to, 3500), state])).toEqual([
      [0, 1865, "live"],
      [1865, 3500, "expired"],
      [2052, 3500, "live"],
      [4400, 3500, "expired"],
    ]);
    const cart = lanes?.data.find(({ key }) => key === "cart_count");
    expect(cart?.spans.map(({ from, to, value }) => [from, to, value])).toEqual([
      [65, 1865, "1"],
      [2600, 4400, "1"],
    ]);
    expect(first?.run.steps.map(({ status }) => status)).toEqual([
      302,
      302,
      200,
      200,
      200,
      302,
      302,
      200,
      302,
      null,
      200,
    ]);
  });

  test("leaves the second login out where the user is signed in", async () => {
    const skipped = (await runs).map(({ run: { steps } }) => steps[6]?.skipped);
    expect(skipped).toEqual([false, true, true]);
  });

  test("a policy that cannot be run says which one it is", async () => {
    const bad = [{ name: "odd", settings: { SESSION_COOKIE_AGE: "soon" } }];
    await expect(compare(reference, bad)).rejects.toMatchObject({
      problem: { code: "bad_setting", detail: { policy: "odd", setting: "SESSION_COOKIE_AGE" } },
    });
  });
});

describe("what the browser's cookie leads to", () => {
  test("is what the engine's next load finds, in all recorded scenarios", async () => {
    let checked = 0;
    for (const { scenario: text, title } of golden) {
      const [given] = readForPage(text);
      if (given === undefined) throw new Error("no scenario");
      const scenario = scenarioOf(given);
      const stepper = await startRun(scenario);
      for (const step of scenario.steps) {
        stepper.advance(step);
        const before = stepper.present();
        const held = stepper.cookie()?.value;
        const { record, trace } = await stepper.step(step);
        if (!("response" in record) || record.cookieSent !== held || held === undefined) continue;
        // Until the first write: later reads are of what this very request has written.
        const wrote = trace.findIndex(
          (e) => isStoreEvent(e) && !["find", "exists"].includes(e.call),
        );
        const loads = trace
          .slice(0, wrote < 0 ? trace.length : wrote)
          .filter((e) => isStoreEvent(e) && e.call === "find" && e.key === held);
        const hit = loads.some((event) => isStoreEvent(event) && event.hit);
        // A file is read before its age is looked at.
        if (loads.length === 0 || stepper.engine === "file" || held.length < 8) continue;
        expect(before !== null, `${title} at ${step.at}`).toBe(hit);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(200);
  });

  test.each(["db", "cached_db", "cache", "file", "signed_cookies"])(
    "ends at the moment the engine stops serving it: %s",
    async (engine) => {
      const settings = { SESSION_ENGINE: backend + engine, SESSION_COOKIE_AGE: 50 };
      const first = await startRun(scenarioOf({ settings, steps: [request(0, increment)] }));
      const [step] = scenarioOf({ settings, steps: [request(0, increment)] }).steps;
      if (step === undefined) throw new Error("no step");
      const { present } = await first.step(step);
      const start = scenarioOf({ settings, steps: [] }).start;
      const ends = Number((present?.ends ?? 0n) - start) / 1e6;
      expect(ends).toBeGreaterThan(48);
      const key = present?.key ?? "";
      const counted = async (at: number): Promise<string | undefined> => {
        const later: SimStep = {
          at,
          request: { cookie: { value: key }, actions: [{ op: "get", key: '"n"' }] },
        };
        return (await run({ settings, steps: [request(0, increment), later] })).steps[1]
          ?.results[0];
      };
      expect(await counted(ends - 0.000001)).toBe("1");
      expect(await counted(ends)).toBe("null");
    },
  );
});

describe("marks", () => {
  const kinds = async (given: Partial<SimScenario>) =>
    (await run(given)).marks.map(({ kind, at }) => `${kind} ${at}`);

  test("tell a wanted end from a loss", async () => {
    const login: SimAction = { op: "login", user: "1", hash: '"h"' };
    const wanted = await run({ steps: [request(0, login), request(5, { op: "logout" })] });
    expect(wanted.verdict).toMatchObject({ loggedOutAt: null, forcedLogouts: 0 });
    const torn = await run({ steps: [request(0, login), { at: 5, deleteSession: "jar" }] });
    expect(torn.verdict).toMatchObject({
      loggedOutAt: 5,
      reason: "another process deleted the session",
    });
  });

  test("show saves, new keys, a nested change, an interrupted request and an eviction", async () => {
    const marks = await kinds({
      steps: [
        request(0, { op: "set", key: '"d"', value: "{}" }),
        request(1, { op: "setIn", key: '"d"', field: '"x"', value: "1" }),
        request(2, { op: "cycleKey" }),
        request(3, increment, { op: "deleteRow" }),
      ],
    });
    expect(marks).toEqual(
      expect.arrayContaining(["newKey 0", "save 0", "notSaved 1", "newKey 2", "interrupted 3"]),
    );
  });

  test("a cache copy has a lane of its own, which ends with the cache", async () => {
    const { lanes, marks } = await run({
      settings: { SESSION_ENGINE: `${backend}cached_db` },
      steps: [request(0, increment), { at: 10, clearCache: true }, request(20, increment)],
    });
    expect(lanes.cache.map(({ from, to, end }) => [from, Math.min(to, 20), end])).toEqual([
      [0, 10, "evicted"],
      [20, 20, "open"],
    ]);
    expect(lanes.session).toHaveLength(1);
    expect(marks.some(({ kind }) => kind === "eviction")).toBe(true);
    expect(lanes.present).toHaveLength(1);
  });
});

describe("a session that is there at the start", () => {
  const initial = { data: '{"n": 41, "_auth_user_id": "7"}', saved: "2025-12-31T23:59:00Z" };

  test.each(["db", "cached_db", "cache", "file", "signed_cookies"])(
    "is found by the first request: %s",
    async (engine) => {
      const { steps, lanes } = await run({
        settings: { SESSION_ENGINE: backend + engine, SESSION_COOKIE_AGE: 300 },
        initial,
        steps: [request(0, increment)],
      });
      expect(steps[0]?.results).toEqual(["42"]);
      expect(steps[0]?.signedIn).toBe(true);
      expect(lanes.cookie[0]?.from).toBe(0);
    },
  );

  test("ends at its age, which counts from its last save", async () => {
    const { verdict } = await run({
      settings: { SESSION_COOKIE_AGE: 300 },
      initial,
      steps: [request(0, { op: "get", key: '"n"' }), request(400, { op: "get", key: '"n"' })],
    });
    expect(verdict.loggedOutAt).toBe(240);
  });

  test("has the store's own end where one is given", async () => {
    const { lanes } = await run({
      initial: { ...initial, expires: "2026-01-01T00:01:40Z" },
      steps: [request(0), request(200)],
    });
    expect(lanes.session[0]).toMatchObject({ from: 0, to: 100, end: "expired" });
  });
});

describe("a step in full", () => {
  const scenario = scenarioOf({ ...reference, settings: { SESSION_COOKIE_AGE: 1800 } });

  test("shows what came, what was done by which rule, and what went out", async () => {
    const told = await explainStep(scenario, 8);
    expect(told.cookieHeader).toBe("sessionid=auto0000000000000000000000000002");
    expect(told.cookieNote).toBe("The cookie is 9 min 8 s old. 20 min 52 s of its Max-Age remain.");
    expect(told.lines.map(({ rule }) => rule)).toEqual([
      "SessionMiddleware.process_request",
      "django.contrib.auth.decorators.login_required",
      "SessionStore.load",
      "SessionBase.__setitem__",
      "SessionBase.accessed",
      "SessionBase.modified",
      "SESSION_COOKIE_AGE",
      "SessionStore.save",
      "Set-Cookie",
    ]);
    expect(told.answer[0]).toBe("HTTP/1.1 302 Found");
    expect(told.setCookie).toEqual([
      "sessionid=auto0000000000000000000000000002; expires=Fri, 20 Nov 2026 11:13:20 GMT; HttpOnly; Max-Age=1800; Path=/; SameSite=Lax",
    ]);
    const key = "row auto0000000000000000000000000002";
    expect(told.store.filter(({ kind }) => kind !== "same")).toEqual([
      {
        kind: "changed",
        path: `${key} expires`,
        before: "2026-11-20T11:04:12.000000Z",
        after: "2026-11-20T11:13:20.000000Z",
      },
      { kind: "added", path: `${key} data.cart_count`, before: null, after: "1" },
    ]);
    expect(told.statements.map((text) => text.split(" ")[0])).toEqual(["SELECT", "UPDATE"]);
  });

  test("says why nothing was saved", async () => {
    const rules = async (...steps: SimStep[]) =>
      (await explainStep(scenarioOf({ steps }), steps.length - 1)).lines.at(-1)?.rule;
    expect(await rules(request(0, increment), request(1, { op: "get", key: '"n"' }))).toBe(
      "SESSION_SAVE_EVERY_REQUEST",
    );
    expect(await rules(request(0, { op: "get", key: '"n"' }))).toBe("SessionBase.is_empty");
    const failing: SimStep = { at: 1, request: { status: 500, actions: [increment] } };
    expect(await rules(request(0, increment), failing)).toBe(
      "SessionMiddleware.process_response: status 500",
    );
  });

  test("every step of every recorded scenario can be explained", async () => {
    for (const { scenario: text, title } of golden.filter((_, at) => at % 12 === 0)) {
      const [given] = readForPage(text);
      if (given === undefined) throw new Error("no scenario");
      const all = scenarioOf(given);
      for (const index of all.steps.keys()) {
        const { lines } = await explainStep(all, index);
        expect(lines.length, `${title}, step ${index + 1}`).toBeGreaterThan(0);
        for (const { text, rule } of lines) expect(text !== "" && rule !== "", title).toBe(true);
      }
    }
  });

  test("that is not there is a problem", async () => {
    await expect(explainStep(scenario, 11)).rejects.toMatchObject({
      problem: { code: "not_found" },
    });
  });
});

describe("between the page and a file", () => {
  test("every recorded scenario is the same after it", async () => {
    for (const { scenario, expected } of golden) {
      const given = readForPage(scenario);
      const again = readForPage(fileText(given));
      expect(again).toEqual(given);
      const [one] = again;
      if (one === undefined) throw new Error("no scenario");
      const { timeline } = await tellRun(scenarioOf(one), true);
      expect(comparable(timeline ?? "")).toEqual(comparable(expected));
    }
  });

  test("1 and 1.0 stay two things", () => {
    const given: SimScenario = {
      title: "n",
      steps: [request(0, { op: "set", key: '"n"', value: "1.0" })],
    };
    expect(fileText([given])).toContain('"value": 1.0');
    expect(readForPage(fileText([given]))[0]?.steps[0]?.request?.actions?.[0]).toEqual({
      op: "set",
      key: '"n"',
      value: "1.0",
    });
  });
});
