/** Logging in with a password, and with answers to prompts, at an SSH server that takes them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ProblemError } from "../../../src/main/problem.ts";
import { masked } from "../../../src/main/workspace/mask.ts";
import { openTunnel } from "../../../src/main/workspace/ssh/tunnel.ts";
import { type Tunnel, tunnelSchema } from "../../../src/shared/connection.ts";
import type { Problem } from "../../../src/shared/problem.ts";
import { type SshServer, type SshServerOptions, startSshServer } from "../../servers/ssh-server.ts";

const PASSWORD = "a long pass/word 'with\" signs%";
let home: string;
let server: SshServer | null = null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  mkdirSync(join(home, ".ssh"));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(home, { recursive: true });
});

async function start(options: SshServerOptions): Promise<SshServer> {
  server = await startSshServer(options);
  writeFileSync(join(home, ".ssh", "known_hosts"), server.hostLine);
  return server;
}

const open = (
  { host, port, user }: SshServer,
  more: Partial<Tunnel>,
  secrets = {},
  env: NodeJS.ProcessEnv = {},
) =>
  openTunnel(tunnelSchema.parse({ ...{ host, port, user }, ...more }), secrets, {
    env: { HOME: home, ...env },
    home,
  });

async function problemOf(making: ReturnType<typeof open>): Promise<Problem> {
  const error: unknown = await making.then(
    (tunnel) => tunnel.close(),
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return error.problem;
  throw error ?? new Error("It opened.");
}

test("a password lets in, typed or from a variable; a wrong one does not, and is not shown", async () => {
  const ssh = await start({ password: PASSWORD });
  await (await open(ssh, { method: "password" }, { password: PASSWORD })).close();
  expect(ssh.tried).toEqual(["password"]);
  const named = { method: "password", passwordEnv: "SSH_WORD" } as const;
  await (await open(ssh, named, {}, { SSH_WORD: PASSWORD })).close();
  // What is typed counts more than what is named.
  const wrong = await problemOf(open(ssh, named, { password: "guess-12" }, { SSH_WORD: PASSWORD }));
  expect(wrong).toMatchObject({ code: "cannot_open", detail: { step: "ssh" } });
  expect(wrong.message).toContain("does not let deploy in");
  expect(JSON.stringify(wrong)).not.toContain("guess-12");
  expect(masked(`a log with ${PASSWORD}`)).toBe("a log with •••");
});

test("prompts are answered with the password where the server asks in that way alone", async () => {
  const ssh = await start({ answers: [PASSWORD] });
  await (await open(ssh, { method: "password" }, { password: PASSWORD })).close();
  expect(ssh.tried).toContain("keyboard-interactive");
  expect(await problemOf(open(ssh, { method: "password" }, { password: "other" }))).toMatchObject({
    detail: { step: "ssh" },
  });
});

test("an unknown user and a missing password are said", async () => {
  const ssh = await start({ password: PASSWORD });
  const unknown = open(ssh, { method: "password", user: "nobody" }, { password: PASSWORD });
  expect((await problemOf(unknown)).message).toContain("does not let nobody in");
  expect(await problemOf(open(ssh, { method: "password" }))).toMatchObject({
    message: expect.stringContaining("No password was given."),
    detail: { asks: "password" },
  });
});
