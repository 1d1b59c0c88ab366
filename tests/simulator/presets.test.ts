/** The scenarios that come with the app show what their titles say. */
import { describe, expect, test } from "vitest";
import { tellRun } from "../../src/main/simulator/story.ts";
import { readForPage, scenarioOf } from "../../src/main/simulator/wire.ts";
import { scenarioFiles } from "../../src/main/workspace/scenarios.ts";
import type { SimRun, StepFact } from "../../src/shared/run.ts";

const presets = new Map(
  scenarioFiles().map(({ id, text }) => {
    const [scenario] = readForPage(text);
    if (scenario === undefined) throw new Error(`${id} is empty`);
    return [id, scenario];
  }),
);

async function shown(id: string): Promise<SimRun> {
  const scenario = presets.get(id);
  if (scenario === undefined) throw new Error(`no preset ${id}`);
  return tellRun(scenarioOf(scenario));
}

const results = (steps: readonly StepFact[]) => steps.map((step) => step.results);
const keys = ({ steps }: SimRun) => steps.map(({ key }) => key);

describe("presets", () => {
  test("all that issue 5 asks for are there, each with what to look at", () => {
    expect([presets.size, [...presets.keys()][0]]).toEqual([16, "checkout"]);
    for (const [id, { title, note }] of presets) expect(title && note, id).toBeTruthy();
  });

  test("checkout: a pause costs the cart", async () => {
    const { verdict } = await shown("checkout");
    expect(verdict).toMatchObject({ loggedOutAt: 1865, writes: 6, dataLost: ["cart_count"] });
  });

  test("defaults: two weeks after the login the user is out, whatever they read", async () => {
    const { verdict } = await shown("defaults");
    expect(verdict).toMatchObject({ loggedOutAt: 1_209_600, writes: 2, cookiesSent: 1 });
  });

  test("counter-30: renewed by each change, from 1 again after 31 s", async () => {
    const { steps, verdict } = await shown("counter-30");
    expect(results(steps).flat()).toEqual(["1", "2", "3", "4", "5", "1", "2"]);
    expect(verdict.loggedOutAt).toBe(109);
  });

  test("sliding-30-min: reading keeps the user signed in", async () => {
    const { steps, verdict } = await shown("sliding-30-min");
    expect(steps.slice(1, 5).every(({ signedIn, saved }) => signedIn && saved)).toBe(true);
    expect(verdict.loggedOutAt).toBe(6000 + 1800);
  });

  test("browser-length: the browser ends it, the row waits", async () => {
    const { verdict, lanes } = await shown("browser-length");
    expect(verdict).toMatchObject({ loggedOutAt: 1200, expiredKept: 86_400 });
    expect(lanes.cookie).toMatchObject([{ browserLength: true, end: "browserClosed" }]);
  });

  test("set-expiry-300: counted from each save", async () => {
    const { steps, verdict } = await shown("set-expiry-300");
    expect(verdict.loggedOutAt).toBe(240 + 300);
    expect(results(steps).slice(2)).toEqual([["2"], ["null"]]);
  });

  test("set-expiry-0: goes on until the browser closes, the row for SESSION_COOKIE_AGE", async () => {
    const { steps, verdict, lanes } = await shown("set-expiry-0");
    expect(steps[2]?.signedIn).toBe(true);
    expect(verdict.loggedOutAt).toBe(300);
    expect(lanes.session[0]?.expires).toBe(60 + 3600);
  });

  test("nested-change: lost, and kept with session.modified", async () => {
    const { steps, marks } = await shown("nested-change");
    expect(results(steps).map((all) => all.at(-1))).toEqual([
      "null",
      '{"apples":3}',
      '{"apples":1}',
      "null",
      '{"apples":3}',
    ]);
    expect(marks.filter(({ kind }) => kind === "notSaved").map(({ at }) => at)).toEqual([10]);
  });

  test("status-500: nothing saved", async () => {
    const { steps } = await shown("status-500");
    expect(steps[1]).toMatchObject({ saved: false, setCookie: [], writes: 0 });
    expect(steps[2]?.results).toEqual(["false"]);
  });

  test("login-rotation: the data goes along, the old key is worth nothing", async () => {
    const run = await shown("login-rotation");
    expect(keys(run).slice(0, 3)).toEqual(["a".repeat(32), "b".repeat(32), "b".repeat(32)]);
    expect(run.steps[2]?.results[0]).toBe('["tea"]');
    expect(run.steps[3]?.results).toEqual(["null"]);
  });

  test("fixation: the made-up key is never taken over", async () => {
    const run = await shown("fixation");
    expect(keys(run)).not.toContain("f".repeat(32));
    expect(run.steps[2]?.results).toEqual(["null"]);
  });

  test("test-cookie: worked with cookies, not without", async () => {
    const { steps } = await shown("test-cookie");
    expect(steps[1]?.results[0]).toBe("true");
    expect(steps[2]?.results[0]).toBe("false");
  });

  test("evicted-cache: the user is out without a trace", async () => {
    const { steps, verdict, marks } = await shown("evicted-cache");
    expect(verdict).toMatchObject({ loggedOutAt: 15, reason: "the cache was full and dropped it" });
    expect(marks.some(({ kind }) => kind === "eviction")).toBe(true);
    expect(verdict.notes.join(" ")).not.toContain("stays");
    expect(steps.at(-1)).toMatchObject({ status: 302, results: ["false"] });
  });

  test("cached-db-row-deleted: signed in by the copy, 400 at the first save", async () => {
    const { steps } = await shown("cached-db-row-deleted");
    expect(steps[2]).toMatchObject({ status: 200, signedIn: true });
    expect(steps[3]).toMatchObject({ status: 400, interrupted: true });
  });

  test("file-never-expires: the file outlives cookie and clearsessions", async () => {
    const { steps, lanes } = await shown("file-never-expires");
    expect(lanes.cookie[0]).toMatchObject({ to: 60, end: "expired" });
    expect(lanes.session).toMatchObject([{ expires: null, end: "open" }]);
    expect(steps.at(-1)?.results).toEqual(['"1042"']);
  });

  test("signed-cookie: a copy signs in after the logout, until it is too old", async () => {
    const { steps } = await shown("signed-cookie");
    expect(steps.map((step) => step.results[0])).toEqual([
      "null",
      "true",
      "null",
      "false",
      "true",
      "false",
    ]);
  });
});
