/** Memcached servers of the tests' own on free loopback ports, stopped by their pids, and a client that is not the driver's. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./port.ts";
import { start } from "./process.ts";

/** False: the suites skip, or fail where CI=true. */
export const hasMemcached = spawnSync("memcached", ["-V"]).status === 0;

export interface TestMemcached {
  readonly port: number;
  /** Sends commands and waits for as many lines of answer. */
  say(commands: string | Buffer, lines: number): Promise<string[]>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it as the system does, without ending it; and lets it go on. */
  pause(): void;
  resume(): void;
  /** The same server again, empty. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startMemcached(args: string[] = []): Promise<TestMemcached> {
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-memcached-"));
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ["-u", "root"] : [];
  const run = () =>
    start(
      process.getuid?.() === 0 ? "root" : "",
      "memcached",
      [...user, "-l", "127.0.0.1", "-p", String(port), "-m", "512", ...args],
      { port, log: join(folder, "log") },
    );
  let running = await run();
  let socket: Socket | null = null;
  let before: Promise<unknown> = Promise.resolve();

  async function talk(commands: string | Buffer, lines: number): Promise<string[]> {
    if (!socket) {
      socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
    }
    socket.write(commands);
    let text = "";
    while (text.split("\r\n").length <= lines)
      text += String((await once(socket, "data", { signal: AbortSignal.timeout(30_000) }))[0]);
    return text.split("\r\n").slice(0, -1);
  }
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    socket?.destroy();
    socket = null;
    await running.stop(signal);
  };
  return {
    port,
    say(commands, lines) {
      const turn = before.then(() => talk(commands, lines));
      before = turn.catch(() => {});
      return turn;
    },
    stop,
    pause: () => process.kill(running.pid, "SIGSTOP"),
    resume: () => process.kill(running.pid, "SIGCONT"),
    async restart() {
      running = await run();
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
