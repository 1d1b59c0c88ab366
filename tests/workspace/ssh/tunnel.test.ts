/** Tunnels through a real sshd. */
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ProblemError } from "../../../src/main/problem.ts";
import { dial } from "../../../src/main/stores/dial.ts";
import { acceptHostKey } from "../../../src/main/workspace/ssh/known-hosts.ts";
import { type OpenTunnel, openTunnel } from "../../../src/main/workspace/ssh/tunnel.ts";
import { type Tunnel, tunnelSchema } from "../../../src/shared/connection.ts";
import type { Problem } from "../../../src/shared/problem.ts";
import { must } from "../../servers/process.ts";
import { startProxy } from "../../servers/proxy.ts";
import { type Sshd, startAgent, startSshd } from "../../servers/sshd.ts";

let sshd: Sshd;
let server: Server;
let to: { host: string; port: number };
let appHome: string;

beforeAll(async () => {
  sshd = await startSshd();
  server = createServer((socket) =>
    socket.on("error", () => {}).on("data", (data) => socket.write(`echo ${data}`)),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  to = { host: "127.0.0.1", port: typeof address === "object" && address ? address.port : 0 };
});
afterAll(async () => {
  server.close();
  await sshd.close();
});
beforeEach(() => {
  appHome = mkdtempSync(join(tmpdir(), "sessionscope-"));
  const ssh = join(sshd.home, ".ssh");
  writeFileSync(join(ssh, "known_hosts"), sshd.hostLine("ed25519"));
  rmSync(join(ssh, "config"), { force: true });
});

const open = (more: Partial<Tunnel> = {}, secrets = {}, env: NodeJS.ProcessEnv = {}) =>
  openTunnel(
    tunnelSchema.parse({ host: sshd.host, port: sshd.port, user: sshd.user, ...more }),
    secrets,
    { env: { HOME: sshd.home, ...env }, home: appHome },
  );

async function ask(tunnel: OpenTunnel, text = "hello"): Promise<string> {
  const socket = await dial(to, tunnel.proxy);
  socket.write(text);
  const [data] = await once(socket, "data");
  socket.destroy();
  return String(data);
}

async function works(making: Promise<OpenTunnel>): Promise<void> {
  const tunnel = await making;
  expect(await ask(tunnel)).toBe("echo hello");
  await tunnel.close();
}

const problemOf = async (making: Promise<OpenTunnel>): Promise<Problem> => {
  const error: unknown = await making.then(
    (tunnel) => tunnel.close(),
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return error.problem;
  throw error ?? new Error("It opened.");
};

describe("logging in", () => {
  test("with the usual key, a named one, and one with a passphrase", async () => {
    await works(open());
    await works(open({ method: "key", keyPath: join(sshd.home, ".ssh/id_ed25519") }));
    await works(open({ method: "key", keyPath: sshd.lockedKey }, { passphrase: "open sesame" }));
    const env = { PHRASE: "open sesame" };
    await works(open({ method: "key", keyPath: sshd.lockedKey, passphraseEnv: "PHRASE" }, {}, env));
  });

  test("a passphrase that is missing or wrong is asked for, and never quoted", async () => {
    const key = { method: "key", keyPath: sshd.lockedKey } as const;
    expect(await problemOf(open(key))).toMatchObject({
      code: "cannot_open",
      message: expect.stringContaining("needs its passphrase"),
      detail: { step: "ssh", asks: "passphrase" },
    });
    const wrong = await problemOf(open(key, { passphrase: "wrong guess" }));
    expect(wrong.detail).toMatchObject({ asks: "passphrase" });
    expect(JSON.stringify(wrong)).not.toContain("wrong guess");
  });

  test("through an agent", async () => {
    const agent = startAgent(sshd.folder, [join(sshd.home, ".ssh/id_ed25519")]);
    try {
      await works(open({ method: "agent" }, {}, { SSH_AUTH_SOCK: agent.socket }));
    } finally {
      agent.close();
    }
    const gone = await problemOf(open({ method: "agent" }, {}, { SSH_AUTH_SOCK: agent.socket }));
    expect(gone.message).toMatch(/There is no agent at|The agent cannot be asked/);
    expect((await problemOf(open({ method: "agent" }))).message).toContain("no agent runs");
  });

  test("a key or a password the host refuses is said", async () => {
    const stranger = await problemOf(open({ method: "key", keyPath: sshd.strangerKey }));
    expect(stranger).toMatchObject({
      code: "cannot_open",
      message: expect.stringContaining(`does not let ${sshd.user} in`),
      detail: { step: "ssh" },
    });
    const password = await problemOf(open({ method: "password" }, { password: "hunter22" }));
    expect(password.detail).toMatchObject({ step: "ssh" });
    expect(JSON.stringify(password)).not.toContain("hunter22");
    expect(
      (await problemOf(open({ method: "key", keyPath: join(sshd.folder, "sshd_config") }))).message,
    ).toContain("no private key");
    expect(
      (await problemOf(open({ method: "key", keyPath: `${sshd.strangerKey}.pub` }))).message,
    ).toMatch(/public key|no private key/);
  });
});

describe("~/.ssh/config", () => {
  const config = (text: string) => writeFileSync(join(sshd.home, ".ssh", "config"), text);

  test("gives host, port, user and key of an alias; Match exec is never run", async () => {
    const ran = join(appHome, "ran");
    config(`Match exec "touch ${ran}"
  Port 1
Host other* !bastion
  Port 2
Host bast?on
  HostName 127.0.0.1
  Port=${sshd.port}
  User "${sshd.user}"
  IdentityFile ${sshd.strangerKey}
  IdentityFile ~/.ssh/id_ed25519
  IdentitiesOnly yes
Host *
  Port 3
`);
    await works(open({ host: "bastion", port: null, user: "" }));
    expect(() => readFileSync(ran)).toThrow();
  });

  test("ProxyJump goes through one host, not through two; ProxyCommand is refused", async () => {
    config(`Host inner
  HostName 127.0.0.1
  Port ${sshd.port}
  User ${sshd.user}
  ProxyJump ${sshd.user}@127.0.0.1:${sshd.port}
Host deep
  HostName 127.0.0.1
  ProxyJump inner
Host lost
  HostName no-such.invalid
  ProxyJump ${sshd.user}@127.0.0.1:${sshd.port}
Host run
  ProxyCommand touch ${appHome}/ran
`);
    await works(open({ host: "inner", port: null, user: "" }));
    expect((await problemOf(open({ host: "deep", port: null }))).message).toContain(
      "one is the most",
    );
    expect(await problemOf(open({ host: "lost", port: null }))).toMatchObject({
      message: expect.stringMatching(
        /The jump host 127.0.0.1 cannot reach no-such.invalid:22: .*known/,
      ),
      detail: { step: "ssh" },
    });
    expect((await problemOf(open({ host: "run", port: null }))).message).toContain(
      "commands are never run",
    );
  });
});

describe("the host's key", () => {
  const known = (text: string) => writeFileSync(join(sshd.home, ".ssh", "known_hosts"), text);

  test("is known by name, by hash, and by a key that is not the host's first", async () => {
    known(sshd.hostLine("rsa"));
    await works(open());
    must("ssh-keygen", ["-H", "-f", join(sshd.home, ".ssh", "known_hosts")]);
    expect(readFileSync(join(sshd.home, ".ssh", "known_hosts"), "utf8")).toMatch(/^\|1\|/);
    await works(open());
  });

  test("unknown: the fingerprint is told, nothing is sent, and it can be accepted", async () => {
    known(`# nothing\n${sshd.hostLine("ed25519", "another.example.org")}`);
    const problem = await problemOf(open());
    expect(problem).toMatchObject({
      code: "cannot_open",
      detail: {
        step: "ssh",
        hostKey: {
          state: "unknown",
          host: "127.0.0.1",
          port: sshd.port,
          type: "ssh-ed25519",
          fingerprint: sshd.fingerprint("ed25519"),
        },
      },
    });
    const offered = problem.detail?.["hostKey"] as { key: string } | undefined;
    const key = offered?.key ?? "";
    expect(acceptHostKey(appHome, sshd.host, sshd.port, key)).toBe(sshd.fingerprint("ed25519"));
    await works(open());
    acceptHostKey(appHome, sshd.host, sshd.port, key);
    expect(readFileSync(join(appHome, "known_hosts"), "utf8")).toBe(sshd.hostLine("ed25519"));
  });

  test("changed or revoked: refused, and not to be accepted", async () => {
    const other = readFileSync(`${sshd.strangerKey}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    known(`[127.0.0.1]:${sshd.port} ${other}\n`);
    const changed = await problemOf(open());
    expect(changed.message).toContain("shows another key");
    expect(changed.detail?.["hostKey"]).toMatchObject({ state: "changed" });
    expect(changed.detail?.["hostKey"]).not.toHaveProperty("key");
    known(`@revoked * ${sshd.hostLine("ed25519").split(" ").slice(1).join(" ")}`);
    expect((await problemOf(open())).detail).toMatchObject({ hostKey: { state: "revoked" } });
    acceptHostKey(appHome, "h", 22, other.split(" ")[1] ?? "");
    const mine = sshd.hostLine("ed25519").trim().split(" ")[2] ?? "";
    expect(() => acceptHostKey(appHome, "h", 22, mine)).toThrow(/Another key/);
    for (const bad of [
      ["a b", mine],
      ["h\nx", mine],
      ["h", "AAAA"],
      ["h", "not base64"],
    ] as const)
      expect(() => acceptHostKey(appHome, bad[0], 22, bad[1])).toThrow(ProblemError);
  });
});

describe("the tunnel", () => {
  test("has no SSH host there", async () => {
    expect(await problemOf(open({ port: 1 }))).toMatchObject({
      message: expect.stringContaining("refuses connections"),
      detail: { step: "ssh" },
    });
  });

  test("keeps its port when the SSH connection drops, and closes it in the end", async () => {
    const proxy = await startProxy(sshd.port);
    writeFileSync(
      join(sshd.home, ".ssh", "known_hosts"),
      sshd.hostLine("ed25519", `[127.0.0.1]:${proxy.port}`),
    );
    const tunnel = await open({ port: proxy.port });
    const socket = await dial(to, tunnel.proxy);
    socket.write("a");
    await once(socket, "data");
    const dropped = once(socket, "close");
    expect(proxy.cut()).toBe(1);
    await dropped;
    expect(await ask(tunnel, "again")).toBe("echo again");
    proxy.cut();
    proxy.refuse = true;
    await expect(dial(to, tunnel.proxy)).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(tunnel.ready()).rejects.toMatchObject({ problem: { detail: { step: "ssh" } } });
    proxy.refuse = false;
    await tunnel.ready();
    await tunnel.close();
    await expect(dial(to, tunnel.proxy)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await proxy.close();
  });

  test("carries much both ways, unchanged, and ends when either side does", async () => {
    const tunnel = await open();
    const echo = createServer((socket) => void socket.pipe(socket));
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const address = echo.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const socket = await dial({ host: "localhost", port }, tunnel.proxy);
    const sent = randomBytes(8 * 1024 * 1024);
    socket.end(sent);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    echo.close();
    await once(echo, "close");
    await tunnel.close();
  });

  test("serves many at once, and warns of none", async () => {
    const warned: string[] = [];
    const heard = ({ name }: Error) => warned.push(name);
    process.on("warning", heard);
    const tunnel = await open();
    const asked = Array.from({ length: 60 }, (_, index) => ask(tunnel, `n${index}`));
    expect(await Promise.all(asked)).toEqual(asked.map((_, index) => `echo n${index}`));
    await tunnel.close();
    process.off("warning", heard);
    expect(warned).toEqual([]);
  });

  const failing = async (place: { host: string; port: number }, tunnel: OpenTunnel) => {
    const error: unknown = await dial(place, tunnel.proxy).then(
      (socket) => socket.destroy(),
      (reason: unknown) => reason,
    );
    if (error instanceof ProblemError) return error.problem;
    return error instanceof Error && "code" in error ? error.code : error;
  };

  test("tells a name the SSH host does not know from a port that refuses", async () => {
    const tunnel = await open();
    expect(await failing({ host: "127.0.0.1", port: 1 }, tunnel)).toBe("ECONNREFUSED");
    expect(await failing({ host: "no-such-host.invalid", port: 1 }, tunnel)).toBe("ENOTFOUND");
    expect(await failing({ host: "x".repeat(300), port: 1 }, tunnel)).toBe("ENOTFOUND");
    await tunnel.close();
  });

  test("says so when the SSH host forwards nothing", async () => {
    const strict = await startSshd("PermitOpen 127.0.0.1:1");
    writeFileSync(join(strict.home, ".ssh", "known_hosts"), strict.hostLine("ed25519"));
    const tunnel = await openTunnel(
      tunnelSchema.parse({ host: strict.host, port: strict.port, user: strict.user }),
      {},
      { env: { HOME: strict.home }, home: appHome },
    );
    expect(await failing(to, tunnel)).toMatchObject({
      code: "cannot_open",
      message: expect.stringContaining("does not forward to 127.0.0.1"),
      detail: { step: "TCP" },
    });
    await tunnel.close();
    await strict.close();
  });

  test("is of no use to others: without its password, for other commands, or for too much talk", async () => {
    const tunnel = await open();
    const { proxy } = tunnel;
    const wrong = dial(to, { ...proxy, password: "wrong" });
    await expect(wrong).rejects.toMatchObject({ problem: { detail: { step: "ssh" } } });
    await expect(dial(to, { ...proxy, user: "" })).rejects.toBeInstanceOf(ProblemError);

    const said = async (...turns: (number[] | Buffer)[]): Promise<number[]> => {
      const socket: Socket = connect(proxy.port, "127.0.0.1");
      socket.on("error", () => {});
      let last: number[] = [];
      for (const turn of turns) {
        socket.write(Buffer.from(turn));
        const [data] = await Promise.race([once(socket, "data"), once(socket, "close")]);
        last = Buffer.isBuffer(data) ? [...data] : [];
      }
      if (!socket.closed) await once(socket.resume(), "close");
      return last;
    };
    const login = [
      ...[1, proxy.user.length, ...Buffer.from(proxy.user)],
      ...[proxy.password.length, ...Buffer.from(proxy.password)],
    ];
    const end = [0, 1, 0, 0, 0, 0, 0, 0];
    // No method but none; SOCKS 4; BIND, UDP; an address of no kind; a name with a line's end; no port.
    expect(await said([5, 1, 0])).toEqual([5, 0xff]);
    expect(await said([4, 1, 0, 80, 127, 0, 0, 1, 0])).toEqual([5, 0xff]);
    for (const command of [2, 3])
      expect(await said([5, 1, 2], login, [5, command, 0, 1, 1, 2, 3, 4, 0, 80])).toEqual([
        ...[5, 7, ...end],
      ]);
    for (const address of [
      [9, 0, 80],
      [3, 2, 97, 10, 0, 80],
      [3, 1, 97, 0, 0],
    ])
      expect(await said([5, 1, 2], login, [5, 1, 0, ...address])).toEqual([5, 8, ...end]);
    expect(await said(Buffer.alloc(700, 5))).toEqual([]);
    await tunnel.close();
  });

  test.skipIf(spawnSync("curl", ["--version"]).status !== 0)(
    "speaks SOCKS5 as others do",
    async () => {
      const web = createWebServer((_, response) => response.end("through"));
      web.listen(0, "127.0.0.1");
      await once(web, "listening");
      const address = web.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const tunnel = await open();
      const { user, password, port: near } = tunnel.proxy;
      for (const scheme of ["socks5h", "socks5"]) {
        const proxy = `${scheme}://${user}:${password}@127.0.0.1:${near}`;
        const args = ["-s", "-x", proxy, "--noproxy", "", `http://localhost:${port}/`];
        const { stdout } = await promisify(execFile)("curl", args);
        expect(stdout).toBe("through");
      }
      await tunnel.close();
      web.close();
    },
  );
});
