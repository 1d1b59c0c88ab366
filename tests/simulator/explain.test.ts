/** One step of a long scenario in full: reached from a checkpoint, however large the store. */
import { describe, expect, test } from "vitest";
import { Checkpoints } from "../../src/main/simulator/checkpoints.ts";
import { explainStep } from "../../src/main/simulator/explain.ts";
import { RecentScenarios } from "../../src/main/simulator/recent.ts";
import { tellRun } from "../../src/main/simulator/story.ts";
import { readForPage, scenarioOf } from "../../src/main/simulator/wire.ts";
import type { SimScenario, SimStep } from "../../src/shared/scenario.ts";
import { golden } from "./golden.ts";

const engines = ["db", "cached_db", "cache", "file", "signed_cookies"] as const;
type Cookie = "jar" | "none";
const visit = (at: number, cookie: Cookie): SimStep => ({
  at,
  request: { cookie, actions: [{ op: "increment", key: '"n"' }] },
});
/** Every third request is another visitor's; the browser is closed now and then, and old rows are purged. */
const long = (engine: string, count: number, given: Partial<SimScenario> = {}): SimScenario => ({
  settings: {
    SESSION_ENGINE: `django.contrib.sessions.backends.${engine}`,
    SESSION_COOKIE_AGE: 400,
  },
  initial: { data: '{"n": 5}', saved: "2025-12-31T23:59:00Z" },
  steps: Array.from({ length: count }, (_, at) =>
    at % 97 === 96
      ? { at, clearsessions: true }
      : at % 151 === 150
        ? { at, closeBrowser: true }
        : visit(at, at % 3 === 0 ? "none" : "jar"),
  ),
  ...given,
});

describe("a step reached from a checkpoint", () => {
  test.each(engines)("is told as it is without one: %s", async (engine) => {
    const scenario = scenarioOf(long(engine, 900));
    const checkpoints = new Checkpoints();
    await tellRun(scenario, false, checkpoints);
    expect(checkpoints.before(899)?.done).toBe(750);
    for (const index of [0, 249, 250, 251, 482, 750, 775, 899])
      expect(await explainStep(scenario, index, checkpoints), `step ${index + 1}`).toEqual(
        await explainStep(scenario, index),
      );
  });

  test("is reached within 250 steps", async () => {
    const scenario = scenarioOf(long("db", 1000));
    const checkpoints = new Checkpoints();
    await explainStep(scenario, 999, checkpoints);
    for (const index of [250, 500, 812, 999])
      expect(index - (checkpoints.before(index)?.done ?? 0)).toBeLessThan(250);
  });

  test("the checkpoints of a run that never stops adding rows stay bounded", async () => {
    const steps = Array.from({ length: 20_000 }, (_, at) => visit(at, "none"));
    const scenario = scenarioOf({ steps });
    const checkpoints = new Checkpoints();
    await explainStep(scenario, 19_999, checkpoints);
    expect(checkpoints.records).toBeLessThanOrEqual(400_000);
    expect(checkpoints.records).toBeGreaterThan(100_000);
    const { done } = checkpoints.before(19_999) ?? { done: 0 };
    expect(19_999 - done).toBeLessThan(1000);
    const again = await explainStep(scenario, 19_999, checkpoints);
    expect(again.store[0]).toMatchObject({ kind: "added" });
  });

  test("all recorded scenarios go on alike from a state in their middle", async () => {
    for (const { scenario: text, title } of golden.filter((_, at) => at % 7 === 0)) {
      const [given] = readForPage(text);
      if (given === undefined) throw new Error("no scenario");
      // Visits that leave nothing come first, so that a checkpoint lies before the recorded steps.
      const wait: SimStep[] = Array.from({ length: 250 }, (_, at) => ({
        at: at / 1000,
        request: { cookie: "none" },
      }));
      const later = given.steps.map((step) => ({ ...step, at: step.at + 1 }));
      const scenario = scenarioOf({ ...given, steps: [...wait, ...later] });
      const checkpoints = new Checkpoints();
      await tellRun(scenario, false, checkpoints);
      const last = scenario.steps.length - 1;
      expect(checkpoints.before(last)?.done, title).toBe(250);
      expect(await explainStep(scenario, last, checkpoints), title).toEqual(
        await explainStep(scenario, last),
      );
    }
  });
});

test("what a step touched is told before what it left alone, however much that is", async () => {
  const steps = [...Array.from({ length: 700 }, (_, at) => visit(at, "none")), visit(700, "jar")];
  const { store } = await explainStep(scenarioOf({ steps }), 700);
  expect(store).toHaveLength(500);
  expect(store.slice(0, 3).map(({ kind }) => kind)).toEqual(["added", "added", "added"]);
  expect(store.slice(3).every(({ kind }) => kind === "same")).toBe(true);
});

test("the age of the cookie is not that of another visitor's", async () => {
  const steps = [visit(0, "jar"), visit(60, "none"), visit(100, "jar")];
  const { cookieNote } = await explainStep(scenarioOf({ steps }), 2);
  expect(cookieNote).toMatch(/^The cookie is 1 min 40 s old\./);
});

describe("scenarios asked for again", () => {
  test("are read once and keep their checkpoints", () => {
    const recent = new RecentScenarios();
    const first = recent.of(long("db", 10));
    expect(recent.of(long("db", 10))).toBe(first);
    expect(recent.of(long("db", 11))).not.toBe(first);
  });

  test("are forgotten beyond 100,000 steps, the last one never", () => {
    const recent = new RecentScenarios();
    const first = recent.of(long("db", 60_000));
    recent.of(long("db", 30_000));
    expect(recent.of(long("db", 60_000))).toBe(first);
    const large = recent.of(long("db", 100_000));
    expect(recent.size).toBe(1);
    expect(recent.of(long("db", 100_000))).toBe(large);
    expect(recent.of(long("db", 60_000))).not.toBe(first);
  });
});
