/** The lab: it agrees with the engine request by request, and with closed forms where there are some. */
import { describe, expect, test } from "vitest";
import {
  deedActions,
  emptyScenario,
  measure,
  requestStep,
} from "../../src/main/simulator/lab-costs.ts";
import { Fleet, Level } from "../../src/main/simulator/lab-fleet.ts";
import { labTask } from "../../src/main/simulator/lab-task.ts";
import {
  arrivals,
  CLOSE,
  LOGOUT,
  type Visitor,
  visitor,
} from "../../src/main/simulator/lab-visitor.ts";
import type { Scenario, Step } from "../../src/main/simulator/scenario.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import {
  type LabEvent,
  type LabModel,
  type LabResult,
  labModelSchema,
} from "../../src/shared/lab.ts";

const control = { signal: new AbortController().signal, async whilePaused() {} };

async function forecast(
  model: Partial<LabModel>,
  policies: { name: string; settings: Record<string, unknown> }[],
): Promise<LabResult> {
  const request = { model: labModelSchema.parse(model), policies };
  const events: LabEvent[] = [];
  for await (const event of labTask(null, request, control)) events.push(event);
  const end = events.at(-1);
  if (end?.type !== "result") throw new Error("no result");
  return end.result;
}

const backend = "django.contrib.sessions.backends.";

describe("against the engine and its middleware, visitor by visitor", () => {
  const model = labModelSchema.parse({
    days: 3,
    visitsPerDay: 40,
    pause: 300,
    longPauseShare: 0.2,
    longPause: 3000,
    returnShare: 0.6,
    returnAfter: 20_000,
    logoutShare: 0.3,
    loginShare: 0.5,
    clearEvery: 7200,
    dataBytes: 20,
  });

  /** The same visitor as a scenario; clearsessions runs before what happens at the same moment. */
  function script(scenario: Scenario, { member, times, deeds }: Visitor): Scenario {
    const actions = deedActions(model.dataBytes);
    const steps: Step[] = [];
    const [, , , login = []] = actions;
    for (const [index, at] of times.entries()) {
      const deed = deeds[index] ?? 0;
      if (deed === CLOSE) steps.push({ at, event: "closeBrowser" });
      else {
        if (member && deed !== LOGOUT) steps.push(requestStep(at, login, { unlessSignedIn: true }));
        steps.push(requestStep(at, actions[deed] ?? []));
      }
    }
    const every = model.clearEvery ?? 0;
    for (let at = every; at < model.days * 86_400; at += every)
      steps.push({ at, event: "clearsessions" });
    const order = (step: Step): number =>
      "event" in step && step.event === "clearsessions" ? 0 : 1;
    return { ...scenario, steps: steps.sort((a, b) => a.at - b.at || order(a) - order(b)) };
  }

  const policies: [string, Record<string, unknown>][] = [
    ["db, half an hour", { SESSION_COOKIE_AGE: 1800 }],
    ["db, sliding", { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true }],
    [
      "db, closed with the browser",
      { SESSION_COOKIE_AGE: 3600, SESSION_EXPIRE_AT_BROWSER_CLOSE: true },
    ],
    ["cached_db", { SESSION_ENGINE: `${backend}cached_db`, SESSION_COOKIE_AGE: 1800 }],
    [
      "cache, closed with the browser",
      {
        SESSION_ENGINE: `${backend}cache`,
        SESSION_COOKIE_AGE: 1800,
        SESSION_EXPIRE_AT_BROWSER_CLOSE: true,
      },
    ],
    [
      "file, closed with the browser",
      {
        SESSION_ENGINE: `${backend}file`,
        SESSION_COOKIE_AGE: 1800,
        SESSION_EXPIRE_AT_BROWSER_CLOSE: true,
      },
    ],
    ["file", { SESSION_ENGINE: `${backend}file`, SESSION_COOKIE_AGE: 1800 }],
    ["signed_cookies", { SESSION_ENGINE: `${backend}signed_cookies`, SESSION_COOKIE_AGE: 1800 }],
  ];

  test.each(policies)(
    "%s: requests, reads, writes, cookies, forced logouts, rows",
    async (_, settings) => {
      const costs = await measure({ settings }, model.dataBytes);
      const empty = emptyScenario({ settings });
      let index = 0;
      let followed = 0;
      for (const arrival of arrivals(model)) {
        const one = visitor(model, index++, arrival);
        const fleet = new Fleet(costs, model);
        fleet.follow(one);
        const run = await tellRun(script(empty, one));
        const requests = run.steps.filter(({ kind, skipped }) => kind === "request" && !skipped);
        const sum = (of: (step: (typeof requests)[number]) => number) =>
          requests.reduce((total, step) => total + of(step), 0);
        let believes = false;
        let forced = 0;
        for (const [at, step] of run.steps.entries()) {
          if (step.kind !== "request") continue;
          const loggingIn = step.newKey && step.results.length === 2 && one.member;
          const isLogin = step.skipped || (loggingIn && run.steps[at + 1]?.at === step.at);
          if (isLogin && !step.skipped && believes) forced++;
          if (isLogin) believes = true;
          if (step.results.length === 2 && !isLogin && !step.signedIn) believes = false;
        }
        const seen = {
          requests: fleet.requests,
          reads: fleet.reads,
          writes: fleet.writes,
          cookies: fleet.cookies,
          forced: fleet.forcedLogouts,
        };
        expect(seen, `visitor ${index}`).toEqual({
          requests: requests.length,
          reads: sum(({ reads }) => reads),
          writes: sum(({ writes }) => writes),
          cookies: sum(({ setCookie }) => setCookie.length),
          forced,
        });
        const horizon = model.days * 86_400;
        const time = (state: string) =>
          run.lanes.session
            .filter((span) => span.state === state)
            .reduce(
              (total, { from, to }) =>
                total + Math.max(0, Math.min(to, horizon) - Math.min(from, horizon)),
              0,
            );
        const lasts = (level: Level) =>
          level.means().reduce((total, mean) => total + mean * (horizon / 240), 0);
        // The axis of a run ends soon after its last event, which here is the last clearsessions.
        if (run.span >= horizon) {
          expect(lasts(fleet.live), `visitor ${index}`).toBeCloseTo(time("live"), 3);
          expect(lasts(fleet.expired), `visitor ${index}`).toBeCloseTo(time("expired"), 3);
        }
        followed++;
      }
      expect(followed).toBeGreaterThan(80);
    },
  );
});

describe("against closed forms", () => {
  /** Each visitor sends one request, which makes a session, and is never seen again. */
  const once = { requestsPerVisit: 1, writeShare: 1, loginShare: 0, closeShare: 0, returnShare: 0 };

  test("a Poisson stream with a fixed lifetime: rate times lifetime, within the stated error", async () => {
    const age = 43_200;
    for (const seed of [1, 2, 3]) {
      const { policies } = await forecast(
        { ...once, seed, days: 10, visitsPerDay: 20_000, clearEvery: 86_400 },
        [{ name: "half a day", settings: { SESSION_COOKIE_AGE: age } }],
      );
      const [policy] = policies;
      const live = (20_000 / 86_400) * age;
      const { mean, error } = policy?.steady.live ?? { mean: 0, error: 0 };
      expect(error).toBeLessThan(live * 0.05);
      expect(Math.abs(mean - live)).toBeLessThan(3 * error);
      // Between the end of a session and the next run of clearsessions lies half a day on average.
      const expired = 20_000 / 2;
      const waiting = policy?.steady.expired ?? { mean: 0, error: 0 };
      expect(Math.abs(waiting.mean - expired)).toBeLessThan(3 * waiting.error);
      const writes = policy?.steady.writesPerSecond ?? { mean: 0, error: 0 };
      expect(Math.abs(writes.mean - 20_000 / 86_400)).toBeLessThan(4 * writes.error);
      expect(policy?.largestPurge).toBeGreaterThan(19_000);
    }
  });

  test("requests a visit and the share that closes are what was asked for", async () => {
    const { policies } = await forecast(
      {
        days: 20,
        visitsPerDay: 2000,
        requestsPerVisit: 5,
        returnShare: 0,
        loginShare: 0,
        pause: 1,
        longPauseShare: 0,
      },
      [{ name: "defaults", settings: {} }],
    );
    const [policy] = policies;
    expect((policy?.requests ?? 0) / (policy?.visits ?? 1)).toBeCloseTo(5, 0);
  });

  test("a level is the mean of each bin", () => {
    const level = new Level(100, 10);
    level.add(5, 35, 2);
    level.add(12, 14, 1);
    level.add(95, 200, 1);
    expect(level.means()).toEqual([1, 2.2, 2, 1, 0, 0, 0, 0, 0, 0.5]);
  });
});

describe("a forecast", () => {
  const policies = [
    { name: "fixed", settings: { SESSION_COOKIE_AGE: 1800 } },
    { name: "sliding", settings: { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true } },
  ];

  test("is the same for the same seed and another for another", async () => {
    const model = { days: 2, visitsPerDay: 1000 };
    const { tookMs: _, ...first } = await forecast(model, policies);
    const { tookMs: __, ...second } = await forecast(model, policies);
    expect(second).toEqual(first);
    const other = await forecast({ ...model, seed: 2 }, policies);
    expect(other.policies).not.toEqual(first.policies);
  });

  test("sliding writes more and logs out less; both meet the same visitors", async () => {
    const result = await forecast({ days: 4, visitsPerDay: 2000 }, policies);
    const [fixed, sliding] = result.policies;
    expect(sliding?.visits).toBe(fixed?.visits);
    expect(sliding?.writes ?? 0).toBeGreaterThan(fixed?.writes ?? 0);
    expect(sliding?.forcedLogouts ?? 0).toBeLessThan(fixed?.forcedLogouts ?? 0);
    expect(result.at).toHaveLength(240);
    expect(result.assumptions.join(" ")).toContain("Poisson");
  });

  test("says which policy cannot be run, and how many visitors are too many", async () => {
    await expect(
      forecast({}, [{ name: "odd", settings: { SESSION_COOKIE_AGE: 0 } }]),
    ).rejects.toMatchObject({ problem: { code: "bad_setting", detail: { policy: "odd" } } });
    await expect(forecast({ days: 366, visitsPerDay: 1_000_000 }, policies)).rejects.toMatchObject({
      problem: { code: "too_large" },
    });
  });

  test("stops when asked", async () => {
    const abort = new AbortController();
    const request = { model: labModelSchema.parse({ visitsPerDay: 100_000 }), policies };
    const events: LabEvent[] = [];
    for await (const event of labTask(null, request, { ...control, signal: abort.signal })) {
      events.push(event);
      abort.abort();
    }
    expect(events.map(({ type }) => type)).toEqual(["progress"]);
  });
});
