#!/usr/bin/env node
/**
 * Runs the built command line. Where the Node at hand is too old, the one that comes with the package takes over;
 * this file therefore keeps to what old ones understand.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const cli = join(root, "out/main/cli.js");
/** The first with everything the code uses, Temporal among it. */
const needed = 26;

/** The `node` package beside us, or above us where the package is installed as a dependency. */
function ownNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  for (let folder = root; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules/node/bin", name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return null;
  }
}

function fail(message) {
  process.stderr.write(`sessionscope: ${message}\n`);
  process.exit(1);
}

if (!existsSync(cli)) fail("it is not built yet. Run: npm run build");
if (Number(process.versions.node.split(".")[0]) >= needed) await import(pathToFileURL(cli).href);
else {
  const node = ownNode();
  if (!node) fail(`Node ${needed} or later is needed; this is ${process.version}.`);
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${node} cannot be run: ${error.message}`));
  child.on("exit", (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
}
