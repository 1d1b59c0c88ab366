/** The command line as a process of its own, from the sources, with an app home of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../src/main/cli.ts", import.meta.url));

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Lines of standard output. */
  lines: string[];
  /** Each line of standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what the process printed
  json: any[];
}

export interface Shell {
  folder: string;
  run(
    args: string[],
    options?: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv },
  ): Promise<Ran>;
  /** The same on a terminal, typing `answer` when asked. Output holds what the terminal showed. */
  onTerminal(args: string[], answer: string): Promise<{ status: number; shown: string }>;
  close(): void;
}

export function shell(given: NodeJS.ProcessEnv = {}): Shell {
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-cli-"));
  const { DJANGO_SECRET_KEY: _, DJANGO_SECRET_KEY_FALLBACKS: __, ...rest } = process.env;
  const base = { ...rest, ...given, SESSIONSCOPE_HOME: join(folder, "home") };
  return {
    folder,
    run: (args, { input = "", env = {} } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [cli, ...args], { env: { ...base, ...env } });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          stdout += text;
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          stderr += text;
        });
        child.on("error", reject);
        child.on("close", (status) => {
          const lines = stdout === "" ? [] : stdout.replace(/\n$/, "").split("\n");
          resolve({
            status,
            stdout,
            stderr,
            lines,
            get json() {
              return lines.map((line) => JSON.parse(line));
            },
          });
        });
        // A command may end without reading.
        child.stdin.on("error", () => {});
        child.stdin.end(input);
      }),
    onTerminal: (args, answer) =>
      new Promise((resolve, reject) => {
        const child = spawn(
          "/usr/bin/python3",
          ["-c", typist, answer, process.execPath, cli, ...args],
          {
            env: base,
            stdio: ["ignore", "pipe", "inherit"],
          },
        );
        let shown = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          shown += text;
        });
        child.on("error", reject);
        child.on("close", (status) => resolve({ status: status ?? -1, shown }));
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a command on a pseudo-terminal and types the answer once the question is there. */
const typist = `
import os, pty, sys
answer, command = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(command[0], command)
shown = b""
typed = False
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b"[y/N]" in shown:
        typed = True
        os.write(fd, answer.encode() + b"\\n")
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
