/** simulator.*, lab.* and audit.* through the port, as the page calls them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LabEvent } from "../../src/shared/lab.ts";
import { labModelSchema } from "../../src/shared/lab.ts";
import { golden } from "../simulator/golden.ts";
import { reference, referencePolicies } from "../simulator/reference.ts";
import { comparable } from "../simulator/values.ts";
import { collect, problemOf, startHost, type TestHost } from "../workspace/host.ts";

let host: TestHost;
beforeEach(() => {
  host = startHost();
});
afterEach(() => host.close());

describe("simulator", () => {
  test("all 237 recorded scenarios give real Django's timelines", async () => {
    const { simulator } = host.client;
    const text = golden.map(({ scenario }) => scenario).join("\n");
    const { scenarios } = await simulator.read({ text });
    expect(scenarios).toHaveLength(237);
    for (const [index, scenario] of scenarios.entries()) {
      const { timeline, steps } = await simulator.run({ scenario, timeline: true });
      expect(comparable(timeline ?? ""), golden[index]?.title).toEqual(
        comparable(golden[index]?.expected ?? ""),
      );
      expect(steps).toHaveLength(scenario.steps.length);
    }
  });

  test("compares policies and explains a step", async () => {
    const { simulator } = host.client;
    const runs = await simulator.compare({ scenario: reference, policies: referencePolicies });
    expect(runs.map(({ run }) => run.verdict.writes)).toEqual([6, 10, 5]);
    const told = await simulator.explain({ scenario: reference, step: 1 });
    expect(told.cookieHeader).toMatch(/^sessionid=auto/);
    expect(await problemOf(simulator.explain({ scenario: reference, step: 99 }))).toMatchObject({
      code: "not_found",
    });
  });

  test("lists presets, and a form's settings for each version", async () => {
    const { simulator } = host.client;
    const presets = await simulator.presets();
    expect(presets.length).toBe(16);
    for (const { scenario } of presets) await simulator.run({ scenario });
    const settings = await simulator.settings({ django: "5.2" });
    expect(settings.find(({ name }) => name === "SESSION_COOKIE_AGE")).toMatchObject({
      kind: "seconds",
      default: 1_209_600,
      since: "1.0",
      group: "session",
    });
    for (const { name, meaning } of settings) expect(meaning, name).not.toBe("");
    const names = (list: typeof settings) => list.map(({ name }) => name);
    expect(names(settings)).not.toContain("DEFAULT_HASHING_ALGORITHM");
    const old = await simulator.settings({ django: "3.2" });
    expect(names(old)).toContain("DEFAULT_HASHING_ALGORITHM");
    expect(names(old)).not.toContain("SECRET_KEY_FALLBACKS");
    const { text } = await simulator.settingsText({
      django: "5.2",
      settings: {
        SESSION_COOKIE_AGE: 1800,
        SESSION_SAVE_EVERY_REQUEST: true,
        SESSION_COOKIE_HTTPONLY: true,
        SECRET_KEY: "do-not-tell",
      },
    });
    expect(text).toBe(
      "SESSION_COOKIE_AGE = 1800\nSESSION_SAVE_EVERY_REQUEST = True\n# SECRET_KEY is not written out\n",
    );
  });

  test("what is wrong with a file has a place and a reason", async () => {
    const { simulator } = host.client;
    const told = async (text: string) => await problemOf(simulator.read({ text }));
    expect(await told('{"steps": [\n{"at": ')).toMatchObject({
      code: "bad_json",
      detail: { line: 2 },
    });
    expect(await told('{"steps": [{"at": 0, "request": {"actions": [{"op": "eval"}]}}]}')).toEqual({
      code: "bad_request",
      message: 'scenario 1, step 1, action 1: no action is called "eval".',
    });
    const scenario = { steps: [{ at: -5, request: {} }] };
    expect(await problemOf(simulator.run({ scenario }))).toMatchObject({
      message: "scenario, step 1: at is -5, which lies before the start.",
    });
  });

  test("a stored session is a start; nothing is written, no key is told", async () => {
    const { client } = host;
    const demo = await client.connections.list();
    const connection = demo[0]?.connection.id ?? "";
    await client.connections.open({ connection });
    const { rows } = await client.sessions.page({ connection, limit: 500 });
    const row = rows.find(
      ({ state, user, problem }) => state === "active" && user !== null && problem === null,
    );
    if (row === undefined) throw new Error("no signed-in session in the demo store");
    const scenario = await client.simulator.fromSession({ connection, key: row.key });
    expect(scenario.initial?.key).toBe(row.key);
    expect(JSON.stringify(scenario)).not.toContain("SECRET_KEY");
    const run = await client.simulator.run({ scenario });
    expect(run.lanes.signedIn[0]?.user).toBe(row.user?.id);
    expect(run.steps[0]?.results[0]).toContain("_auth_user_id");
    const stored = run.lanes.session.find(({ key }) => key === row.key);
    const ends = Date.parse(run.start) / 1000 + (stored?.expires ?? 0);
    expect(ends).toBeCloseTo(Date.parse(row.expires ?? "") / 1000, 1);
    const policy = await client.simulator.fromConnection({ connection });
    const findings = await client.audit.connection({ connection });
    expect(findings.some(({ id }) => id === "security.W012")).toBe(
      policy.settings["SESSION_COOKIE_SECURE"] !== true,
    );
    expect(
      await problemOf(client.simulator.fromSession({ connection, key: "0".repeat(32) })),
    ).toMatchObject({ code: "not_found" });
  });

  test("an imported log can be run and exported", async () => {
    const { simulator } = host.client;
    const imported = await simulator.fromLog({
      text: '1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] "POST /login/ HTTP/1.1" 302 5',
      name: "access.log",
    });
    const { text } = await simulator.exportTest({ scenario: imported.scenario });
    expect(text).toContain("class AccessLogTest(TestCase):");
    const file = await simulator.write({ scenarios: [imported.scenario] });
    expect((await simulator.read(file)).scenarios).toEqual([imported.scenario]);
  });
});

describe("the lab", () => {
  const policies = [{ name: "defaults", settings: {} }];

  test("runs in a worker, tells how far it is, and ends with its result", async () => {
    const model = labModelSchema.parse({ days: 7, visitsPerDay: 5000 });
    const events = await collect(host.client.lab.run({ policies, model }));
    expect(events.filter(({ type }) => type === "progress").length).toBeGreaterThan(3);
    expect(events.at(-1)).toMatchObject({
      type: "result",
      result: { policies: [{ name: "defaults" }] },
    });
  });

  test("stops when the page ends the iteration, and leaves the page free meanwhile", async () => {
    const model = labModelSchema.parse({ days: 28, visitsPerDay: 100_000 });
    const seen: LabEvent[] = [];
    for await (const event of await host.client.lab.run({ policies, model })) {
      seen.push(event);
      await host.client.app.info();
      if (seen.length === 3) break;
    }
    expect(seen.map(({ type }) => type)).toEqual(["progress", "progress", "progress"]);
  });

  test("a policy that cannot be run is a problem", async () => {
    const model = labModelSchema.parse({});
    const odd = [{ name: "odd", settings: { SESSION_ENGINE: "shop.sessions" } }];
    const events = collect(host.client.lab.run({ policies: odd, model }));
    expect(await problemOf(events)).toMatchObject({
      code: "bad_setting",
      detail: { policy: "odd", setting: "SESSION_ENGINE" },
    });
  });
});

describe("the audit", () => {
  test("of a scenario and of settings; every finding's scenario runs", async () => {
    const { audit, simulator } = host.client;
    const settings = { SESSION_ENGINE: "django.contrib.sessions.backends.signed_cookies" };
    const findings = await audit.settings({ settings });
    expect(findings.map(({ id }) => id)).toEqual(["security.W012", "revocation", "cookie-size"]);
    for (const { scenario } of findings) await simulator.run({ scenario });
    expect((await audit.scenario({ scenario: reference })).map(({ id }) => id)).toEqual([
      "security.W012",
    ]);
  });
});
