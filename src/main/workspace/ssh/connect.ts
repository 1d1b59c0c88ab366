/** One SSH connection: the host's key checked before anything is said, then the login. */
import type { Duplex } from "node:stream";
import ssh2, { type Client, type ServerHostKeyAlgorithm } from "ssh2";
import type { Tunnel } from "../../../shared/connection.ts";
import { type ProblemError, problem } from "../../problem.ts";
import { authMethods, type TunnelSecrets } from "./auth.ts";
import { type HostSettings, hostSettings } from "./config.ts";
import { fingerprintOf, judge, knownKeys, labelOf, ownKnownHosts, typeOf } from "./known-hosts.ts";

const readyMs = 15_000;
const forwardMs = 30_000;

export interface Around {
  env: NodeJS.ProcessEnv;
  /** The app's folder. */
  home: string;
}

type Hop = Pick<Tunnel, "host" | "port" | "user" | "method" | "keyPath">;

/** Through the jump host where ~/.ssh/config names one. Problems carry `detail.step` "ssh". */
export async function connectSsh(
  hop: Hop,
  secrets: TunnelSecrets,
  around: Around,
): Promise<Client> {
  const settings = settingsOf(hop, around.env);
  if (settings.proxyCommand)
    throw refused(
      `~/.ssh/config names a ProxyCommand for ${hop.host}; commands are never run.`,
      "ProxyJump does the same.",
    );
  if (settings.proxyJump === null) return login(hop, settings, secrets, around);
  const jump = jumpOf(settings.proxyJump);
  const jumpSettings = settingsOf(jump, around.env);
  if (jumpSettings.proxyJump !== null)
    throw refused(`${jump.host} is reached through another jump host; one is the most.`);
  const first = await login(jump, jumpSettings, secrets, around);
  try {
    const place = { host: settings.host, port: settings.port ?? 22 };
    const stream = await forward(first, place).catch((error: Error) => {
      throw refused(
        `The jump host ${jump.host} cannot reach ${place.host}:${place.port}: ${error.message}.`,
        "The name and port are looked up on the jump host.",
      );
    });
    const client = await login(hop, settings, secrets, around, stream);
    client.once("close", () => first.end());
    return client;
  } catch (error) {
    first.end();
    throw error;
  }
}

function settingsOf(hop: Hop, env: NodeJS.ProcessEnv): HostSettings {
  const found = hostSettings(hop.host, env);
  return { ...found, port: hop.port ?? found.port, user: hop.user || found.user };
}

/** [user@]host[:port] */
function jumpOf(text: string): Hop {
  const found = /^(?:ssh:\/\/)?(?:([^@,]+)@)?(\[[^\]]+\]|[^:,]+)(?::(\d+))?$/.exec(text);
  if (!found?.[2]) throw refused(`ProxyJump ${text} names more than one host, or none.`);
  return {
    host: found[2].replace(/^\[|\]$/g, ""),
    port: found[3] ? Number(found[3]) : null,
    user: found[1] ?? "",
    method: "auto",
    keyPath: "",
  };
}

const refused = (text: string, hint?: string, detail: Record<string, unknown> = {}): ProblemError =>
  problem("cannot_open", text, hint, { step: "ssh", ...detail });

async function login(
  hop: Hop,
  settings: HostSettings,
  secrets: TunnelSecrets,
  { env, home }: Around,
  sock?: Duplex,
): Promise<Client> {
  const { username, methods, notes } = authMethods(hop, settings, secrets, env);
  const port = settings.port ?? 22;
  const { host } = settings;
  const label = labelOf(settings.hostKeyAlias ?? host, settings.hostKeyAlias ? 22 : port);
  const known = knownKeys(label, home, env, settings.knownHostsFiles);
  const client = new ssh2.Client();
  let keyProblem: ProblemError | null = null;
  const hostVerifier = (key: Buffer): boolean => {
    const verdict = judge(known, key);
    if (verdict === "known") return true;
    keyProblem = keyRefused(verdict, {
      host: settings.hostKeyAlias ?? host,
      port: settings.hostKeyAlias ? 22 : port,
      key,
      home,
    });
    return false;
  };
  return new Promise((resolve, reject) => {
    client.once("ready", () => {
      client.removeAllListeners("error");
      // What comes later ends in "close", which the tunnel listens to.
      client.on("error", () => {});
      // Each way that is being made listens for its end.
      client.setMaxListeners(0);
      resolve(client);
    });
    client.once("error", (error: Error & { level?: string; code?: string }) => {
      client.on("error", () => {});
      client.end();
      reject(keyProblem ?? problemOf(error, host, port, username, notes));
    });
    client.connect({
      ...(sock ? { sock } : { host, port }),
      username,
      authHandler: [...methods],
      hostVerifier,
      algorithms: { serverHostKey: algorithms(known.map(({ type }) => type)) },
      readyTimeout: readyMs,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
    });
  });
}

const all: ServerHostKeyAlgorithm[] = [
  ...([
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
  ] as const),
  ...(["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] as const),
];

/** Those whose key is known come first, so that a host with several keys shows that one. */
function algorithms(known: string[]): ServerHostKeyAlgorithm[] {
  const wanted = new Set(
    known.flatMap((type) =>
      type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [type],
    ),
  );
  return all.toSorted((a, b) => Number(wanted.has(b)) - Number(wanted.has(a)));
}

function keyRefused(
  verdict: "unknown" | "changed" | "revoked",
  { host, port, key, home }: { host: string; port: number; key: Buffer; home: string },
): ProblemError {
  const fingerprint = fingerprintOf(key);
  const label = labelOf(host, port);
  const hostKey = { state: verdict, host, port, type: typeOf(key), fingerprint };
  if (verdict === "unknown")
    return refused(
      `The SSH host ${label} is not known. Its key is ${hostKey.type}, ${fingerprint}.`,
      "Compare the fingerprint with the host's own, and accept it.",
      { hostKey: { ...hostKey, key: key.toString("base64") } },
    );
  return refused(
    verdict === "revoked"
      ? `The key of the SSH host ${label} is revoked in known_hosts.`
      : `The SSH host ${label} shows another key than known_hosts has: ${fingerprint}. Somebody may be in between.`,
    `Nothing was sent. If the host really has a new key, remove the old line from known_hosts (~/.ssh, or ${ownKnownHosts(home)}).`,
    { hostKey },
  );
}

function problemOf(
  error: Error & { level?: string; code?: string },
  host: string,
  port: number,
  user: string,
  notes: string[],
): ProblemError {
  const place = `${host}:${port}`;
  if (error.level === "client-authentication")
    return refused(
      `${place} does not let ${user} in: agent, keys and password were refused as far as there are any. ${notes.join(" ")}`.trim(),
    );
  if (error.level === "agent") return refused("The agent cannot be asked: it does not answer.");
  if (error.level === "client-timeout")
    return refused(`The SSH host ${place} gave no answer in time.`);
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN")
    return refused(`No address is known for the SSH host ${host}.`);
  if (error.code === "ECONNREFUSED") return refused(`The SSH host ${place} refuses connections.`);
  return refused(`The SSH host ${place} cannot be used: ${error.message}.`);
}

/** Why the SSH host does not lead to a place. */
export type Unreached = "name" | "refused" | "late" | "unreachable" | "forbidden" | "other";

class NotLed extends Error {
  readonly why: Unreached;
  constructor(why: Unreached, message: string) {
    super(message);
    this.why = why;
  }
}

/** "other" for what is no failure of `forward`. */
export const unreachedOf = (error: unknown): Unreached =>
  error instanceof NotLed ? error.why : "other";

/** Servers give one number for all failures to connect (RFC 4254, 5.1), and the reason in words, or none. */
const reasons: [RegExp, Unreached][] = [
  [/not known|no such host|unknown host|in name resolution|no address|resolve|nodename/i, "name"],
  [/refused/i, "refused"],
  [/timed? ?out/i, "late"],
  [/unreachable|no route/i, "unreachable"],
  [/prohibited|denied|not allowed|not permitted/i, "forbidden"],
];
const PROHIBITED = 1;

/** A stream to a place as the SSH host sees it. Fails with a reason that `unreachedOf` tells. */
export function forward(
  client: Client,
  { host, port }: { host: string; port: number },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let over = false;
    const fail = (why: Unreached, text: string) => {
      end();
      reject(new NotLed(why, text));
    };
    const gone = () => fail("other", "the SSH connection ended");
    const timer = setTimeout(() => fail("late", "no answer in time"), forwardMs);
    const end = () => {
      over = true;
      clearTimeout(timer);
      client.off("close", gone);
    };
    const led = (error: Error | undefined, stream: Duplex) => {
      // Too late: nobody waits for it any more.
      if (over) return void stream?.destroy();
      if (!error) {
        end();
        return resolve(stream);
      }
      const text = error.message.replace(/^\(SSH\) Channel open failure: /, "");
      const found = reasons.find(([pattern]) => pattern.test(text))?.[1] ?? "unreachable";
      fail("reason" in error && error.reason === PROHIBITED ? "forbidden" : found, text);
    };
    client.once("close", gone);
    try {
      client.forwardOut("127.0.0.1", 0, host, port, led);
    } catch {
      // Its end is under way.
      gone();
    }
  });
}
