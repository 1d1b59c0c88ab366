/** Where this computer keeps the app's data: connections, the recycle bin, the demo store. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

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

/** The folder, made where it is missing: readable for its owner alone, since the bin holds sessions. */
export function openHome(env: NodeJS.ProcessEnv = process.env): string {
  const home = homePath(env);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}
