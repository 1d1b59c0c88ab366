/** How the app shows an SSH host who it is: agent, keys, password, in this order, as far as each is there. */
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import ssh2, { type AnyAuthMethod } from "ssh2";
import type { Tunnel } from "../../../shared/connection.ts";
import { problem } from "../../problem.ts";
import { concealText } from "../mask.ts";
import { type HostSettings, homeOf } from "./config.ts";

export interface TunnelSecrets {
  password?: string | undefined;
  passphrase?: string | undefined;
}

const usualKeys = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * The methods to try. cannot_open where there is none at all, or where a key named by the connection cannot be used: its
 * passphrase is missing or wrong (`detail.asks` is "passphrase"), or it is no private key.
 */
export function authMethods(
  tunnel: Pick<Tunnel, "method" | "keyPath">,
  settings: HostSettings,
  secrets: TunnelSecrets,
  env: NodeJS.ProcessEnv,
): { username: string; methods: AnyAuthMethod[]; notes: string[] } {
  const username = settings.user ?? userInfo().username;
  const methods: AnyAuthMethod[] = [];
  const notes: string[] = [];
  const may = (method: Tunnel["method"]) => tunnel.method === "auto" || tunnel.method === method;
  const socket = settings.identityAgent ?? env["SSH_AUTH_SOCK"];
  if (
    may("agent") &&
    socket &&
    socket !== "none" &&
    !(settings.identitiesOnly && tunnel.method === "auto")
  ) {
    if (isSocket(socket)) methods.push({ type: "agent", username, agent: socket });
    else notes.push(`There is no agent at ${socket}.`);
  } else if (tunnel.method === "agent") notes.push("SSH_AUTH_SOCK is not set: no agent runs.");
  if (may("key"))
    for (const path of keyFiles(tunnel.keyPath, settings, env)) {
      const named = tunnel.keyPath !== "";
      const key = readKey(path, named, secrets.passphrase);
      if (typeof key === "string") notes.push(key);
      else if (key) methods.push({ type: "publickey", username, key });
    }
  if (may("password") && secrets.password) {
    const { password } = secrets;
    methods.push({ type: "password", username, password });
    methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(() => password)),
    });
  } else if (tunnel.method === "password") notes.push("No password was given.");
  if (methods.length > 0) return { username, methods, notes };
  throw problem(
    "cannot_open",
    `There is nothing to log in to ${settings.host} with. ${notes.join(" ")}`.trim(),
    "Start an agent, name a key, or give a password.",
    { step: "ssh", asks: tunnel.method === "password" ? "password" : undefined },
  );
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket() || process.platform === "win32";
  } catch {
    return process.platform === "win32";
  }
}

function keyFiles(keyPath: string, settings: HostSettings, env: NodeJS.ProcessEnv): string[] {
  const home = homeOf(env);
  if (keyPath) return [keyPath.startsWith("~/") ? join(home, keyPath.slice(2)) : keyPath];
  if (settings.identityFiles.length > 0) return settings.identityFiles.slice(0, 20);
  return usualKeys.map((name) => join(home, ".ssh", name));
}

/** The key; a note where one that was not named cannot be used; null: no such file. */
function readKey(
  path: string,
  named: boolean,
  passphrase: string | undefined,
): ssh2.ParsedKey | string | null {
  const refused = (text: string, asks?: string) => {
    if (!named) return text;
    throw problem("cannot_open", text, undefined, { step: "ssh", ...(asks && { asks }) });
  };
  let text: string;
  try {
    if (statSync(path).size > 100_000) return refused(`${path} is no private key.`);
    text = readFileSync(path, "utf8");
  } catch {
    return named ? refused(`The key ${path} cannot be read.`) : null;
  }
  concealText(passphrase);
  const key: unknown = ssh2.utils.parseKey(text, passphrase);
  if (key instanceof Error)
    return /no passphrase given/.test(key.message)
      ? refused(`The key ${path} needs its passphrase.`, "passphrase")
      : /passphrase|decrypt/i.test(key.message)
        ? refused(`The passphrase does not open the key ${path}.`, "passphrase")
        : refused(`${path} is no private key that can be read.`);
  const parsed = (Array.isArray(key) ? key[0] : key) as ssh2.ParsedKey;
  return parsed.isPrivateKey() ? parsed : refused(`${path} is a public key.`);
}
