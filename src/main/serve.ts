/** The headless host: the same services and the same page as Electron's window, in the user's own browser. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { problem } from "./problem.ts";
import { startHttp } from "./server/http.ts";
import { createHost } from "./server/router.ts";

/** The built page: beside out/main in the build, under out/ from sources. */
const pageFolders = ["../renderer", "../../out/renderer"];

/**
 * Starts the host and its HTTP face on 127.0.0.1.
 * `open` starts the user's browser where there is one (never as root or without a display).
 */
export async function startServer(options: {
  port: number;
  open: boolean;
}): Promise<{ url: string; close: () => Promise<void> }> {
  const folder = pageFolders
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(`${path}/index.html`));
  if (!folder) throw problem("cannot_open", "The page is not built.", "Run: npm run build");
  const host = await createHost({ face: "headless" });
  const http = await startHttp(host.router, folder, options.port).catch(async (error: unknown) => {
    await host.close();
    throw error;
  });
  if (options.open) openBrowser(http.url);
  return {
    url: http.url,
    close: async () => {
      await http.close();
      await host.close();
    },
  };
}

function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler", url]
        : ["xdg-open", url];
  const root = process.getuid?.() === 0;
  const display =
    process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (root || !display || !command) return;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  // Without a browser to start, the printed link is enough.
  child.on("error", () => {});
  child.unref();
}
