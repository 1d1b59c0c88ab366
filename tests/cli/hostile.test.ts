import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { project } from "../django/project.ts";
import { hostileSessions } from "../jobs/hostile.ts";
import { secretKey } from "../jobs/site.ts";
import { shell } from "./run.ts";

const sh = shell({ DJANGO_SECRET_KEY: secretKey });
afterAll(() => sh.close());
const path = join(sh.folder, "hostile.sqlite3");
project({ database: path, secretKey }).run(hostileSessions);
const key = (name: string): string => name.padEnd(32, "0");

describe("what strangers stored", () => {
  test("is listed, every row of it", async () => {
    const { status, json } = await sh.run(["ls", path, "--json"]);
    expect(status).toBe(0);
    const problems = Object.fromEntries(
      json.map((row) => [row.key.replace(/0+$/, ""), row.problem?.code ?? null]),
    );
    expect(problems).toMatchObject({
      bomb: "too_large",
      huge: "too_large",
      deep: "too_deep",
      corrupt: "unknown_format",
      list: "not_a_dict",
      tampered: "bad_signature",
    });
  });

  test.each([
    ["bomb", "too_large"],
    ["huge", "too_large"],
    ["deep", "too_deep"],
    ["corrupt", "unknown_format"],
    ["cut", "unknown_format"],
  ])("%s is shown raw with its reason", async (name, code) => {
    const { status, json } = await sh.run(["show", path, key(name), "--json"]);
    expect(status).toBe(0);
    expect(json[0]).toMatchObject({ value: null, problem: { code } });
    const plain = await sh.run(["show", path, key(name)]);
    expect(plain.stdout).toContain("Problem     ");
    expect(plain.stdout.length).toBeLessThan(10_000);
  });

  test("markup, control characters and __proto__ are text", async () => {
    const { stdout, json } = await sh.run(["show", path, key("plain"), "--json"]);
    expect(Object.keys(json[0].value)).toContain("__proto__");
    expect(stdout.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(stdout).toContain("<b>\\u001b[31m\\u202e");
    const plain = await sh.run(["show", path, key("plain")]);
    expect(plain.stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test("values of 50 MB and bombs of 300 MB are scanned in bounded memory", () => {
    const cli = fileURLToPath(new URL("../../src/main/cli.ts", import.meta.url));
    const peak = `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS));`;
    const ran = spawnSync(
      process.execPath,
      [
        "--import",
        `data:text/javascript,${encodeURIComponent(peak)}`,
        cli,
        "ls",
        path,
        "--json",
        "--filter",
        "key:a",
      ],
      {
        encoding: "utf8",
        env: {
          ...process.env,
          DJANGO_SECRET_KEY: secretKey,
          SESSIONSCOPE_HOME: join(sh.folder, "home"),
        },
      },
    );
    expect(ran.status).toBe(0);
    const found = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).key.replace(/0+$/, ""));
    expect(found.toSorted()).toEqual([
      "expired",
      "huge",
      "large",
      "megabyte",
      "moved",
      "oldkey",
      "tampered",
    ]);
    const peakKb = Number(/peak (\d+)/.exec(ran.stderr)?.[1]);
    expect(peakKb).toBeGreaterThan(10_000);
    expect(peakKb).toBeLessThan(1_200_000);
  });
});
