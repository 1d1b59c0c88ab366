/** The fixture of every end-to-end test: a headless host of its own on a temporary home, and a page opened on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test as base } from "@playwright/test";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Host {
  /** The link with the run's token. */
  url: string;
  home: string;
  /** A folder for the test's own files, removed afterwards. */
  folder: string;
  process: ChildProcess;
}

export async function startHost(
  home: string,
  env: Record<string, string> = {},
): Promise<Pick<Host, "url" | "process">> {
  const child = spawn(process.execPath, [join(root, "out/main/cli.js"), "serve", "--no-open"], {
    env: { ...process.env, SESSIONSCOPE_HOME: home, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const url = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(line)?.[0];
    if (url) return { url, process: child };
  }
  throw new Error("The host ended without printing its link.");
}

export async function stopHost(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await ended;
}

export const test = base.extend<{ host: Host }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures a fixture needs from this pattern.
  host: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "sessionscope-e2e-"));
    const home = join(folder, "home");
    const started = await startHost(home);
    await use({ ...started, home, folder });
    await stopHost(started.process);
    rmSync(folder, { recursive: true, force: true });
  },
  page: async ({ page, host }, use) => {
    await page.goto(host.url);
    await use(page);
  },
});

export { expect } from "@playwright/test";
