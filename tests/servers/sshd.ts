/** A real sshd on a loopback port, with keys, a known_hosts and a home folder of its own. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./port.ts";
import { must, type Running, removeFolder, start } from "./process.ts";

export interface Sshd {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: string;
  /** A home folder whose .ssh holds id_ed25519 (which may log in) and known_hosts. */
  readonly home: string;
  readonly folder: string;
  /** Paths: a key with the passphrase "open sesame", and one that may not log in. */
  readonly lockedKey: string;
  readonly strangerKey: string;
  /** A line for known_hosts, of a host key's type. */
  hostLine(type: "ed25519" | "rsa", label?: string): string;
  fingerprint(type: "ed25519" | "rsa"): string;
  /** How often it has been asked to lead to a port. */
  forwards(port: number): number;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const makeKey = (path: string, type: string, passphrase = ""): void => {
  const bits = type === "rsa" ? ["-b", "2048"] : [];
  must("ssh-keygen", ["-q", "-t", type, ...bits, "-N", passphrase, "-f", path, "-C", "test"]);
};

export async function startSshd(settings = ""): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "sessionscope-sshd-"));
  const home = join(folder, "home");
  mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o755);
  const user = userInfo().username;
  const [lockedKey, strangerKey] = [join(folder, "locked"), join(folder, "stranger")];
  makeKey(join(folder, "host_ed25519"), "ed25519");
  makeKey(join(folder, "host_rsa"), "rsa");
  makeKey(join(home, ".ssh", "id_ed25519"), "ed25519");
  makeKey(lockedKey, "ed25519", "open sesame");
  makeKey(strangerKey, "ed25519");
  const allowed = [`${home}/.ssh/id_ed25519.pub`, `${lockedKey}.pub`].map((path) =>
    readFileSync(path, "utf8"),
  );
  writeFileSync(join(folder, "authorized"), allowed.join(""), { mode: 0o600 });
  const port = await freePort();
  const config = join(folder, "sshd_config");
  writeFileSync(
    config,
    `ListenAddress 127.0.0.1:${port}
HostKey ${folder}/host_ed25519
HostKey ${folder}/host_rsa
AuthorizedKeysFile ${folder}/authorized
StrictModes no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding yes
LogLevel DEBUG1
${settings}
`,
  );
  // sshd wants it for privilege separation; a container may lack it.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const run = () =>
    start(user, "/usr/sbin/sshd", ["-D", "-e", "-f", config], { port, log: join(folder, "log") });
  let running: Running = await run();
  const publicKey = (type: string) =>
    readFileSync(join(folder, `host_${type}.pub`), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ");
  return {
    host: "127.0.0.1",
    ...{ port, user, home, folder, lockedKey, strangerKey },
    hostLine: (type, label = `[127.0.0.1]:${port}`) => `${label} ${publicKey(type)}\n`,
    fingerprint: (type) =>
      must("ssh-keygen", ["-l", "-f", join(folder, `host_${type}.pub`)]).split(" ")[1] ?? "",
    forwards: (port) =>
      readFileSync(join(folder, "log"), "utf8").split(
        new RegExp(`server_request_direct_tcpip: .* target \\S+ port ${port}$`, "m"),
      ).length - 1,
    stop: () => running.stop(),
    async start() {
      running = await run();
    },
    async close() {
      await running.stop();
      removeFolder(folder);
    },
  };
}

/** An agent that holds the keys; ends with `close`. */
export function startAgent(folder: string, keys: string[]): { socket: string; close(): void } {
  const socket = join(folder, "agent");
  const said = must("ssh-agent", ["-a", socket, "-s"]);
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
  for (const key of keys) {
    const added = spawnSync("ssh-add", ["-q", key], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
    });
    if (added.status !== 0) throw new Error("ssh-add failed.");
  }
  return { socket, close: () => process.kill(pid) };
}
