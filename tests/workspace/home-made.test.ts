import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openHome } from "../../src/main/workspace/home.ts";

const folder = mkdtempSync(join(tmpdir(), "sessionscope-home-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the folder is made with those above it, for its owner alone", () => {
  const home = join(folder, "a", "b");
  expect(openHome({ SESSIONSCOPE_HOME: home })).toBe(home);
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(openHome({ SESSIONSCOPE_HOME: home })).toBe(home);
});

test("one that cannot be made is a problem, at once", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const homes = [file, join(file, "x"), ...(process.platform === "linux" ? ["/proc/nope"] : [])];
  for (const home of homes)
    expect(() => openHome({ SESSIONSCOPE_HOME: home }), home).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: "cannot_open" }) }),
    );
});
