/**
 * npm start: builds where the sources are newer than the build, then opens Electron where its runtime can be had,
 * else says why in one line and starts the headless host. Arguments after `--` go to `sessionscope serve`.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const electron = join(root, "node_modules/electron");
/** A download that has not ended by then is given up for this start. */
const downloadMs = 120_000;

function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

function build() {
  const built = join(root, "out/renderer/index.html");
  const sources = Math.max(
    newest(join(root, "src")),
    ...["electron.vite.config.ts", "package-lock.json"].map(
      (name) => statSync(join(root, name)).mtimeMs,
    ),
  );
  if (existsSync(built) && statSync(built).mtimeMs > sources) return;
  console.log("Building (once per change)");
  const ran = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (ran.status !== 0) {
    console.error(`${ran.stdout}${ran.stderr}\nThe build failed.`);
    process.exit(1);
  }
}

/** Path of Electron's runtime, downloading it if need be; or why it cannot be used. */
function runtime() {
  if (process.platform === "linux") {
    if (process.getuid?.() === 0) return { why: "Electron's sandbox does not run as root" };
    if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return { why: "there is no display" };
  }
  const installed = () => {
    const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electron, "dist");
    const name = existsSync(join(electron, "path.txt"))
      ? readFileSync(join(electron, "path.txt"), "utf8")
      : "electron";
    return existsSync(join(dist, name)) ? join(dist, name) : null;
  };
  if (!existsSync(electron)) return { why: "the electron package is not installed" };
  if (!installed()) {
    const ran = spawnSync(process.execPath, [join(electron, "install.js")], {
      encoding: "utf8",
      timeout: downloadMs,
    });
    if (ran.status !== 0 || !installed()) return { why: "its runtime could not be downloaded" };
  }
  return { path: installed() };
}

build();
const { path, why } = runtime();
const [command, args] = path
  ? [path, [root]]
  : [process.execPath, [join(root, "out/main/cli.js"), "serve", ...process.argv.slice(2)]];
if (why) console.log(`Electron is not used: ${why}. Starting the headless host.`);
const child = spawn(command, args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
