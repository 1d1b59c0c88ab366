/**
 * Random scenarios, run here and in real Django 3.2 on a frozen clock: the timelines are equal. Every run takes 300 new
 * ones; SCENARIO_SEED repeats those of an earlier run. One that differs is made small and printed as a file.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runScenario } from "../../src/main/simulator/run.ts";
import { readScenarios } from "../../src/main/simulator/scenario.ts";
import { timelineText } from "../../src/main/simulator/timeline.ts";
import { djangoPython } from "../django/python.ts";
import { comparable } from "../simulator/values.ts";
import { randomScenario } from "./django-scenarios-random.ts";
import { type JsonScenario, shrink } from "./django-shrink.ts";

const COUNT = 300;
const runner = fileURLToPath(new URL("./django-runner.py", import.meta.url));
const results = fileURLToPath(new URL("../../test-results", import.meta.url));

/** A Python with Django that answers each scenario with its timeline. */
class Django {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";

  constructor() {
    this.#process = spawn(djangoPython().python, ["-u", "-W", "ignore", runner]);
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async timeline(scenario: string): Promise<string> {
    this.#process.stdin.write(`${scenario}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`Django ended: ${this.#stderr}`);
    return value;
  }

  close(): void {
    this.#process.stdin.end();
  }
}

let django: Django;
beforeAll(() => {
  django = new Django();
});
afterAll(() => django.close());

async function ours(text: string): Promise<string> {
  const [scenario] = readScenarios(text);
  if (scenario === undefined) throw new Error("no scenario");
  return timelineText(await runScenario(scenario));
}

/** What makes the two differ, as a message; null where they are equal. */
async function difference(scenario: JsonScenario): Promise<string | null> {
  const text = JSON.stringify(scenario);
  const theirs = comparable(await django.timeline(text));
  try {
    expect(comparable(await ours(text))).toEqual(theirs);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("300 random scenarios end as in real Django 3.2", async () => {
  const first = Number(process.env["SCENARIO_SEED"] ?? Date.now() % 2_000_000_000);
  console.log(`random scenarios: SCENARIO_SEED=${first} repeats these ${COUNT}`);
  for (let seed = first; seed < first + COUNT; seed++) {
    const scenario = randomScenario(seed) as JsonScenario;
    if ((await difference(scenario)) === null) continue;
    const small = await shrink(scenario, async (one) => (await difference(one)) !== null);
    mkdirSync(results, { recursive: true });
    const file = `${results}/scenario-${seed}.json`;
    writeFileSync(file, `${JSON.stringify(small, null, 2)}\n`);
    expect.fail(
      `Seed ${seed} differs from real Django. ${file}:\n${JSON.stringify(small, null, 2)}\n${await difference(small)}`,
    );
  }
}, 240_000);

describe("a failing scenario", () => {
  test("is made small: what does not matter goes", async () => {
    const scenario = {
      settings: { SESSION_COOKIE_AGE: 30, USE_TZ: false },
      steps: [
        { at: 0, request: { path: "/a", actions: [{ op: "keys" }, { op: "flush" }] } },
        { at: 5, closeBrowser: true },
        { at: 9, request: { status: 500, actions: [{ op: "clear" }] } },
      ],
    };
    const fails = async (one: JsonScenario) => JSON.stringify(one).includes('"flush"');
    expect(await shrink(scenario, fails)).toEqual({
      settings: {},
      steps: [{ at: 0, request: { actions: [{ op: "flush" }] } }],
    });
  });

  test("is seen: a timeline that differs in one place is told apart", async () => {
    const scenario = { steps: [{ at: 0, request: { actions: [{ op: "increment", key: "n" }] } }] };
    expect(await difference({ ...scenario, django: "3.2" })).toBeNull();
    expect(await difference({ ...scenario, django: "5.2" })).toContain("5.2.17");
  });
});
