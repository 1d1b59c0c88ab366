/** Where this computer keeps the app's data: connections, the recycle bin, the demo store. */
import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { problem } from "../problem.ts";

/**
 * The folder: SESSIONSCOPE_HOME, else the platform's own place for data of one user.
 * XDG_DATA_HOME counts only where it is absolute (XDG Base Directory Specification).
 */
export function homePath(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.SESSIONSCOPE_HOME) return resolve(env.SESSIONSCOPE_HOME);
  if (platform === "darwin")
    return join(homedir(), "Library", "Application Support", "Sessionscope");
  if (platform === "win32")
    return join(env.APPDATA || join(homedir(), "AppData", "Roaming"), "Sessionscope");
  const data = env.XDG_DATA_HOME;
  return join(data?.startsWith("/") ? data : join(homedir(), ".local", "share"), "sessionscope");
}

/**
 * The folder, made where it is missing: readable for its owner alone, since the bin holds sessions.
 * cannot_open where it cannot be made.
 */
export function openHome(env: NodeJS.ProcessEnv = process.env): string {
  const home = homePath(env);
  try {
    makeFolder(home);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw problem(
      "cannot_open",
      `The folder for the app's data cannot be made: ${code}.`,
      "SESSIONSCOPE_HOME names another one.",
      { path: home },
    );
  }
  return home;
}

/** mkdirSync's own `recursive` never returns for a folder under /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster; what is no folder stays an error.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
