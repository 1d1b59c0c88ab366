/** Projects made to harm: bounds, links out of the folder, texts that are no Python. Each ends in a typed problem. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProblemError } from "../../../src/main/problem.ts";
import { folderWith, manage, read, valuesOf } from "./oracle.ts";

const project = (settings: string, more: Record<string, string> = {}) =>
  folderWith({ "manage.py": manage("settings"), "settings.py": settings, ...more });

const codes = (folder: string) => read(folder).project.problems.map(({ code }) => code);

const thrown = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return "nothing";
};

test.each([
  ["parentheses", `X = ${"(".repeat(50_000)}1${")".repeat(50_000)}\nSESSION_COOKIE_AGE = 5\n`],
  ["lists", `SESSION_COOKIE_AGE = ${"[".repeat(3000)}${"]".repeat(3000)}\n`],
  ["sums", `SESSION_COOKIE_AGE = 1${"+1".repeat(60_000)}\n`],
  ["signs", `SESSION_COOKIE_AGE = ${"-".repeat(60_000)}1\n`],
  ["branches", Array.from({ length: 400 }, (_, deep) => `${" ".repeat(deep)}if 1:`).join("\n")],
  ["garbage", "x = ]})".repeat(30_000)],
  ["quotes", `SECRET_KEY = ${'"\\'.repeat(50_000)}`],
  ["f-strings", `A = ${'f"{'.repeat(2000)}1\nSESSION_COOKIE_AGE = 5\n`],
])("deep or broken text ends: %s", (_, text) => {
  const { project: found } = read(project(text));
  expect(found.settings.find(({ name }) => name === "SESSION_ENGINE")?.known).toBe("default");
  for (const { code } of found.problems) expect(["too_large", "too_deep"]).toContain(code);
});

test("texts that grow are not made", () => {
  const folder = project(
    `A = "x" * 1000\n${Array.from({ length: 40 }, () => "A = A + A\n").join("")}SECRET_KEY = A\nB = [1]\n${Array.from({ length: 40 }, () => "B = B + B\n").join("")}`,
  );
  expect(read(folder).project.settings.find(({ name }) => name === "SECRET_KEY")?.known).toBe("no");
});

test.each([
  ["a text of 10^9 signs", '"a" * 10**9'],
  ["a text of 10^9 signs, by a number first", "10**9 * 'a'"],
  ["a power", "9 ** 9 ** 9"],
  ["a list of 10^9 items", "[0] * 10**9"],
  ["a range", "list(range(10**12))"],
  ["a lambda that calls itself", "(lambda f: f(f))(lambda f: f(f))"],
  ["a padded text", "'%1000000000d' % 1"],
  ["a padded format", "'{:>1000000000}'.format(1)"],
  ["a padded f-string", "f'{1:>1000000000}'"],
  ["deep JSON", "__import__('json').loads('[' * 100000 + ']' * 100000)"],
])("what would fill the memory is not made: %s", (_, expression) => {
  const folder = project(
    `import json\nSESSION_COOKIE_NAME = ${expression}\nSESSION_COOKIE_PATH = "/x"\n`,
  );
  const found = read(folder).project;
  const known = (name: string) => found.settings.find((one) => one.name === name)?.known;
  expect([known("SESSION_COOKIE_NAME"), known("SESSION_COOKIE_PATH")]).toEqual(["no", "yes"]);
});

test("JSON, ini files and executed files are read within the same bounds", () => {
  const deep = `${"[".repeat(50_000)}1${"]".repeat(50_000)}`;
  const ini = `[a]\n${Array.from({ length: 20 }, (_, at) => `x${at} = %(x${at + 1})s%(x${at + 1})s\n`).join("")}x20 = yyyyyyyyyy\nloop = %(loop)s\n`;
  const outside = mkdtempSync(join(tmpdir(), "sessionscope-outside-"));
  writeFileSync(join(outside, "x.ini"), "[a]\nname = stolen\n");
  const folder = project(
    `import configparser, json
config = configparser.ConfigParser()
config.read("a.ini")
config.read(["link.ini", "${outside}/x.ini", "broken.ini"])
SESSION_COOKIE_NAME = config.get("a", "x0")
SESSION_COOKIE_DOMAIN = config.get("a", "loop")
SESSION_COOKIE_AGE = config.getint("b", "age", fallback=7)
SESSION_COOKIE_PATH = config.get("a", "name", fallback="none")
with open("deep.json") as handle:
    SECRET_KEY = json.load(handle)
exec(open("settings.py").read())
exec(compile(open("more.py", "rb").read(), "more.py", "exec"))
exec(open("link.py").read())
`,
    { "a.ini": ini, "deep.json": deep, "more.py": "SESSION_COOKIE_SECURE = True\n" },
  );
  writeFileSync(join(folder, "broken.ini"), Buffer.from([0x5b, 0xff, 0x00]));
  symlinkSync(join(outside, "x.ini"), join(folder, "link.ini"));
  symlinkSync(join(outside, "x.ini"), join(folder, "link.py"));
  const found = read(folder);
  const values = valuesOf(found);
  expect(values["SESSION_COOKIE_NAME"]?.length).toBeLessThan(3000);
  expect(values["SESSION_COOKIE_DOMAIN"]).toBe("'%(loop)s'");
  expect(values["SESSION_COOKIE_AGE"]).toBe("7");
  expect(values["SESSION_COOKIE_PATH"]).toBe("'none'");
  expect(values["SESSION_COOKIE_SECURE"]).toBe("True");
  expect(JSON.stringify([found.project, [...found.secrets.values()]])).not.toContain("stolen");
  expect(found.project.problems.map(({ code }) => code)).toContain("corrupt");
});

test("files that are too large, no text, or no files", () => {
  expect(codes(project(`A = 1\n${"#".repeat(300 * 1024)}`))).toEqual(["too_large"]);
  expect(codes(project("SECRET_KEY = 'a\0b'\n"))).toEqual(["corrupt"]);
  const bytes = project("");
  writeFileSync(join(bytes, "settings.py"), Buffer.from([0x41, 0xff, 0xfe]));
  expect(codes(bytes)).toEqual(["corrupt"]);
  const pipe = folderWith({ "manage.py": manage("settings") });
  execFileSync("mkfifo", [join(pipe, "settings.py")]);
  expect(thrown(() => read(pipe))).toBe("not_found");
});

test("links out of the folder and paths that climb are not followed", () => {
  const outside = mkdtempSync(join(tmpdir(), "sessionscope-outside-"));
  writeFileSync(join(outside, "stolen.py"), "SESSION_COOKIE_NAME = 'stolen'\n");
  writeFileSync(join(outside, "key.txt"), "stolen-key");
  const folder = project(
    `from .stolen import *
from ..${outside.slice(1).replaceAll("/", ".")}.stolen import *
from link.stolen import *
SECRET_KEY = open("${outside}/key.txt").read()
SESSION_COOKIE_DOMAIN = open("link/key.txt").read()
SESSION_COOKIE_PATH = open("../${outside.split("/").at(-1)}/key.txt").read()
`,
  );
  symlinkSync(outside, join(folder, "link"));
  const found = read(folder);
  expect(JSON.stringify([found.project, [...found.secrets.values()]])).not.toContain("stolen-key");
  expect(valuesOf(found)["SESSION_COOKIE_NAME"]).not.toBe("'stolen'");
});

test("circles of links and of imports end", () => {
  const folder = project("from a import *\nfrom loop.settings import *\nSESSION_COOKIE_AGE = X\n", {
    "a.py": "from b import *\nX = 1\n",
    "b.py": "from a import *\nfrom settings import *\n",
  });
  symlinkSync(folder, join(folder, "loop"));
  expect(valuesOf(read(folder))["SESSION_COOKIE_AGE"]).toBe("1");
  const chain = Object.fromEntries(
    Array.from({ length: 250 }, (_, at) => [`m${at}.py`, `from m${at + 1} import *\n`]),
  );
  expect(codes(project("from m0 import *\n", chain))).toContain("too_deep");
  const wide = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`m${at}.py`, "A = 1\n"]));
  expect(
    codes(project(Array.from({ length: 250 }, (_, at) => `import m${at}\n`).join(""), wide)),
  ).toContain("too_large");
});

test("functions that call themselves end", () => {
  const folder = project(
    "def f(x):\n    return f(x)\nSESSION_COOKIE_AGE = f(1)\ndef g(x):\n    return g(g(x))\nSESSION_COOKIE_NAME = g(1)\n",
  );
  const known = read(folder).project.settings.filter(({ name }) => /COOKIE_(AGE|NAME)/.test(name));
  expect(known.map((one) => one.known)).toEqual(["no", "no"]);
});

test("a folder that is none, or holds no project", () => {
  expect(thrown(() => read("/nonexistent/place"))).toBe("cannot_open");
  expect(thrown(() => read("bad\0path"))).toBe("bad_request");
  expect(thrown(() => read(folderWith({ "a.txt": "" })))).toBe("not_found");
  expect(thrown(() => read(folderWith({ "manage.py": manage("../../etc/passwd") })))).toBe(
    "not_found",
  );
});

test("nothing of the project is run", () => {
  const folder = project(
    "import os\nos.system('touch ran')\n__import__('os').system('touch ran')\nexec(\"open('ran','w')\")\nSESSION_COOKIE_AGE = eval('1+1')\n",
  );
  expect(
    read(folder).project.settings.find(({ name }) => name === "SESSION_COOKIE_AGE")?.known,
  ).toBe("no");
  expect(thrown(() => read(join(folder, "ran")))).toBe("cannot_open");
});
