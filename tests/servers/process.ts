/** A server's process: as a user of its own where the tests run as root, its output kept, stopped by its pid. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listening } from "./port.ts";

export interface Running {
  readonly pid: number;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const asRoot = process.getuid?.() === 0;

/** The command line that runs a command as another user, where that is needed and possible. */
export const as = (user: string, command: string, args: string[]): [string, string[]] =>
  asRoot
    ? ["setpriv", ["--reuid", user, "--regid", user, "--clear-groups", "--", command, ...args]]
    : [command, args];

/** A new folder under the system's temporary one that the user owns. */
export function folderOf(user: string): string {
  const folder = mkdtempSync(join(tmpdir(), `sessionscope-${user}-`));
  if (asRoot) must("chown", [user, folder]);
  return folder;
}

export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true });

/** Throws with what the command said when it fails. */
export function must(command: string, args: string[], input = ""): string {
  const ran = spawnSync(command, args, { encoding: "utf8", input });
  if (ran.status !== 0)
    throw new Error(`${command} failed: ${ran.error?.message ?? ran.stdout + ran.stderr}`);
  return ran.stdout;
}

/** Starts and waits until it listens; throws with the log's end where it ends instead. */
export async function start(
  user: string,
  command: string,
  args: string[],
  { port, log }: { port: number; log: string },
): Promise<Running> {
  const output = openSync(log, "a");
  const [file, [...all]] = as(user, command, args);
  // Ends with the test, however that ends.
  if (asRoot) all.unshift("--pdeathsig", "KILL");
  const child: ChildProcess = spawn(file, all, { stdio: ["ignore", output, output] });
  closeSync(output);
  const ended = once(child, "exit");
  const running = () => child.exitCode === null && child.signalCode === null;
  // A test that is stopped leaves no server behind.
  const last = () => child.kill("SIGKILL");
  process.once("exit", last);
  await listening(port, () =>
    running() ? null : `${command} ended:\n${readFileSync(log, "utf8").slice(-4000)}`,
  );
  return {
    pid: child.pid ?? 0,
    async stop(signal = "SIGTERM") {
      process.removeListener("exit", last);
      if (!running()) return;
      child.kill(signal);
      await ended;
    },
  };
}
