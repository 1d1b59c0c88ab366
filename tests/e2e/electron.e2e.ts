/**
 * The Electron shell itself, wherever its runtime is found: the window opens on the demo store, isolated and sandboxed,
 * goes nowhere else, and survives the death of its host.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { _electron, type ElectronApplication } from "playwright";

const root = fileURLToPath(new URL("../..", import.meta.url));

function runtimePath(): string | null {
  const electron = join(root, "node_modules/electron");
  const dist = process.env["ELECTRON_OVERRIDE_DIST_PATH"] ?? join(electron, "dist");
  const named = join(electron, "path.txt");
  const path = join(dist, existsSync(named) ? readFileSync(named, "utf8") : "electron");
  return existsSync(path) ? path : null;
}

const runtime = runtimePath();
const asRoot = process.getuid?.() === 0;
const display =
  process.platform !== "linux" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
const why = !runtime
  ? "Electron's runtime is not installed (npx install-electron)"
  : asRoot
    ? "Electron's sandbox does not run as root"
    : !display
      ? "there is no display"
      : "";

test.describe("Electron", () => {
  test.skip(why !== "", why);
  let app: ElectronApplication;
  let home: string;

  test.beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "sessionscope-electron-"));
    app = await _electron.launch({
      ...(runtime ? { executablePath: runtime } : {}),
      args: [root, `--user-data-dir=${join(home, "electron")}`],
      env: { ...(process.env as Record<string, string>), SESSIONSCOPE_HOME: home },
    });
  });
  test.afterEach(async () => {
    await app.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("opens the page on its own scheme with nothing of Node in it", async () => {
    const page = await app.firstWindow();
    expect(page.url()).toBe("sessionscope://page/index.html");
    await expect(page.getByRole("heading", { name: /connect/i }).first()).toBeVisible();
    expect(await page.evaluate("typeof require + typeof process")).toBe("undefinedundefined");
  });

  test("goes nowhere else and opens no window", async () => {
    const page = await app.firstWindow();
    await page.evaluate("location.href = 'https://127.0.0.1:1/'").catch(() => {});
    expect(page.url()).toBe("sessionscope://page/index.html");
    expect(await page.evaluate("window.open('file:///') === null")).toBe(true);
    expect(app.windows()).toHaveLength(1);
  });

  test("survives the death of its host", async () => {
    const page = await app.firstWindow();
    await expect(page.getByText(/demo/i).first()).toBeVisible();
    await app.evaluate(({ app }) => {
      const host = app
        .getAppMetrics()
        .find((process) => process.serviceName === "node.mojom.NodeService");
      if (host) process.kill(host.pid, "SIGKILL");
    });
    await expect(page.getByText(/demo/i).first()).toBeVisible();
  });
});
