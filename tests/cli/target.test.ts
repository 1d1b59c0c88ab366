import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { storeTarget } from "../../src/main/cli/target.ts";
import { UsageError } from "../../src/main/cli/verb.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "sessionscope-target-")));
const before = process.cwd();
mkdirSync(join(folder, "sessions"));
writeFileSync(join(folder, "my db.sqlite3"), "");
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const target = (argument: string): string => storeTarget(argument, undefined);

describe("STORE", () => {
  test("sqlite:/// with three slashes is the file that exists, absolute or in this folder", () => {
    const absolute = pathToFileURL(join(folder, "my db.sqlite3")).pathname;
    expect(target("sqlite:///my%20db.sqlite3")).toBe(`sqlite://${absolute}`);
    expect(target("sqlite:///my db.sqlite3?table=x")).toBe(`sqlite://${absolute}?table=x`);
    expect(target(`sqlite://${absolute}`)).toBe(`sqlite://${absolute}`);
    expect(target("sqlite:///nowhere.sqlite3")).toBe("sqlite:///nowhere.sqlite3");
  });

  test("file:/// of a file is its path, of a folder stays", () => {
    const file = join(folder, "my db.sqlite3");
    expect(target(pathToFileURL(file).href)).toBe(file);
    const sessions = pathToFileURL(join(folder, "sessions")).href;
    expect(target(sessions)).toBe(sessions);
    expect(storeTarget("sessions", "sid")).toBe(`${sessions}?cookieName=sid`);
  });

  test("paths stay as they are; an empty one is none", () => {
    for (const path of ["db.sqlite3", "./a b", "100%", "sqlite:db"])
      expect(target(path)).toBe(path);
    expect(() => target("")).toThrow(UsageError);
  });
});
