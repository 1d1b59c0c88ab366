import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "bin/sessionscope.mjs");
// `npm test` builds before it comes here.
const built =
  existsSync(join(root, "out/main/cli.js")) && existsSync(join(root, "out/renderer/index.html"));
const folder = mkdtempSync(join(tmpdir(), "sessionscope-bin-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = { ...process.env, SESSIONSCOPE_HOME: join(folder, "home") };
const run = (node: string, script: string, ...args: string[]) =>
  spawnSync(node, [script, ...args], { encoding: "utf8", env });

/** A Node of the system, older than the one the package brings. */
const oldNode = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
  const asked = existsSync(path) ? spawnSync(path, ["--version"], { encoding: "utf8" }).stdout : "";
  return Number(/^v(\d+)/.exec(asked)?.[1] ?? 99) < 26;
});

describe("the bin file", () => {
  test("without a build it says what to run", () => {
    const bare = join(folder, "bare/bin");
    mkdirSync(bare, { recursive: true });
    copyFileSync(bin, join(bare, "sessionscope.mjs"));
    const { status, stderr } = run(process.execPath, join(bare, "sessionscope.mjs"), "--version");
    expect(status).toBe(1);
    expect(stderr).toBe("sessionscope: it is not built yet. Run: npm run build\n");
  });

  test.skipIf(!built)("runs the build and hands its exit status on", () => {
    expect(run(process.execPath, bin, "--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run(process.execPath, bin, "nothing").status).toBe(2);
  });

  test.skipIf(!built || !oldNode)("an older Node hands over to the package's own", () => {
    const node = oldNode ?? "";
    expect(run(node, bin, "--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(run(node, bin, "ls", "/nowhere").status).toBe(1);
  });

  test.skipIf(!built).each([process.execPath, ...(oldNode ? [oldNode] : [])])(
    "serve under %s prints its link, answers, and ends on SIGTERM",
    async (node) => {
      const child = spawn(node, [bin, "serve", "--no-open"], {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout.setEncoding("utf8").once("data", resolve);
        child.once("exit", () => reject(new Error("serve ended early")));
      });
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S*\n$/);
      const answer = await fetch(url.trim(), { redirect: "manual" });
      expect(answer.status).toBeLessThan(400);
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
    },
  );
});
