/** sessionscope simulate, as a process of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { golden } from "../simulator/golden.ts";
import { comparable } from "../simulator/values.ts";
import { type Shell, shell } from "./run.ts";

let sh: Shell;
let folder: string;
beforeAll(() => {
  sh = shell();
  folder = mkdtempSync(join(tmpdir(), "sessionscope-simulate-"));
});
afterAll(() => {
  sh.close();
  rmSync(folder, { recursive: true, force: true });
});

const preset = (id: string): string =>
  new URL(`../../resources/scenarios/${id}.json`, import.meta.url).pathname;

describe("simulate --json", () => {
  test("all 237 recorded scenarios in one go, one timeline a line", async () => {
    const file = join(folder, "all.ndjson");
    writeFileSync(file, `${golden.map(({ scenario }) => scenario).join("\n")}\n`);
    const { status, lines, stderr } = await sh.run(["simulate", file, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(lines).toHaveLength(237);
    for (const [index, line] of lines.entries())
      expect(comparable(line), golden[index]?.title).toEqual(
        comparable(golden[index]?.expected ?? ""),
      );
  });

  test("an array from standard input; ints and floats stay apart", async () => {
    const set = (value: string) =>
      `{"steps": [{"request": {"actions": [{"op": "set", "key": "n", "value": ${value}}]}}]}`;
    const { status, lines } = await sh.run(["simulate", "-", "--json"], {
      input: `[${set("1")}, ${set("1.0")}]`,
    });
    expect(status).toBe(0);
    expect(lines.map((line) => /"data":\{"n":([\d.]+)\}/.exec(line)?.[1])).toEqual(["1", "1.0"]);
  });

  test("10,000 requests in one scenario", async () => {
    const steps = Array.from({ length: 10_000 }, (_, index) => ({
      at: index * 7,
      request: { actions: [{ op: "increment", key: "counter" }] },
    }));
    const { status, json } = await sh.run(["simulate", "-", "--json"], {
      input: JSON.stringify({ settings: { SESSION_COOKIE_AGE: 60 }, steps }),
    });
    expect(status).toBe(0);
    expect(json[0].timeline).toHaveLength(10_000);
    expect(json[0].timeline.at(-1).results).toEqual([10_000]);
  });
});

describe("simulate", () => {
  test("tells people what happened and what came of it", async () => {
    const { status, stdout } = await sh.run(["simulate", preset("checkout")]);
    expect(status).toBe(0);
    expect(stdout).toContain("Checkout with a pause, Django 5.2.17, db");
    expect(stdout).toMatch(/00:01:05 +POST \/cart\/add\/ +302 +auto0…0001 +in +1 +1 +saved/);
    expect(stdout).toContain("User logged out at 00:31:05");
    expect(stdout).toContain("6 store writes");
    expect(stdout).toContain("security.W012");
  });

  test.each([
    ["cut", '{"steps": [\n  {"at": 0, "requ', "line 2, column"],
    ["empty", "", "empty"],
    ["no JSON at all", "counter with 30 s", "line 1, column 1"],
    ["of another format", '{"format": 2, "steps": []}', "its format is 2"],
    ["of an unknown Django", '{"django": "7.1", "steps": []}', '"7.1" is not one of 3.2'],
    [
      "with an unknown op",
      '{"steps":[{"at":0,"request":{"actions":[{"op":"eval"}]}}]}',
      "step 1, action 1",
    ],
    [
      "with a misspelt member",
      '{"steps":[{"at":0,"requests":{}}]}',
      '"requests" means nothing here',
    ],
    [
      "that goes back in time",
      '{"steps":[{"at":9,"clearsessions":true},{"at":3,"clearsessions":true}]}',
      "step 2: at is 3, which lies before the step above it (9)",
    ],
    ["before its start", '{"steps":[{"at":-1,"closeBrowser":true}]}', "lies before the start"],
    ["after the end of time", '{"steps":[{"at":1e15,"closeBrowser":true}]}', "after the year 9999"],
    ["at no time", '{"steps":[{"at":NaN,"closeBrowser":true}]}', "must be a number of seconds"],
    [
      "with two things in one step",
      '{"steps":[{"at":0,"closeBrowser":true,"clearCache":true}]}',
      "both closeBrowser and clearCache",
    ],
    [
      "with a setting of the wrong type",
      '{"settings":{"SESSION_COOKIE_AGE":"x"},"steps":[]}',
      "SESSION_COOKIE_AGE must be a number of seconds",
    ],
    ["with settings that are none", '{"settings":[],"steps":[]}', "settings: must be an object"],
  ])("a file %s: place and reason, status 1", async (_, text, reason) => {
    const { status, stdout, stderr } = await sh.run(["simulate", "-"], { input: text });
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(reason);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("the third of three lines is cut: its own line is named", async () => {
    const good = '{"title": "good", "steps": []}';
    const { status, stderr } = await sh.run(["simulate", "-", "--json"], {
      input: `${good}\n${good}\n{"title": "cu`,
    });
    expect(status).toBe(1);
    expect(stderr).toContain("line 3, column");
  });

  test("a huge file and too many steps are refused", async () => {
    const step = '{"at":0,"clearCache":true}';
    const many = await sh.run(["simulate", "-"], {
      input: `{"steps":[${Array(100_001).fill(step).join(",")}]}`,
    });
    expect(many.status).toBe(1);
    expect(many.stderr).toContain("it has 100001 steps, at most 100000 are run");
    const spaces = await sh.run(["simulate", "-"], { input: " ".repeat(70 * 1024 * 1024) });
    expect(spaces.status).toBe(1);
    expect(spaces.stderr).toContain("characters, at most");
  });

  test("a timeline that would not end is refused with its step", async () => {
    const steps = Array.from({ length: 5000 }, (_, at) => ({
      at,
      request: { cookie: "none", actions: [{ op: "increment", key: "n" }] },
    }));
    const { status, stderr } = await sh.run(["simulate", "-", "--json"], {
      input: JSON.stringify({ steps }),
    });
    expect(status).toBe(1);
    expect(stderr).toContain("more than 3000000 records by step");
  });

  test("a missing file, and wrong usage", async () => {
    const missing = await sh.run(["simulate", join(folder, "nowhere.json")]);
    expect(missing).toMatchObject({ status: 1 });
    expect(missing.stderr).toContain("ENOENT");
    expect((await sh.run(["simulate"])).status).toBe(2);
  });

  test("a title cannot move the cursor", async () => {
    const { stdout } = await sh.run(["simulate", "-"], {
      input: JSON.stringify({ title: "\u001b[2Jgone", steps: [] }),
    });
    expect(stdout).toContain("\\x1b[2Jgone");
  });

  test("reads what it was given and nothing else", async () => {
    const before = readFileSync(preset("defaults"), "utf8");
    await sh.run(["simulate", preset("defaults")]);
    expect(readFileSync(preset("defaults"), "utf8")).toBe(before);
  });
});
