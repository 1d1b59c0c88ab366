/**
 * Keys of SSH hosts: ~/.ssh/known_hosts, the system's, and the app's own file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
 *
 *     [bastion.example.org]:2222,10.0.0.1 ssh-ed25519 AAAAC3Nz…
 *     |1|base64 salt|base64 HMAC-SHA1 of the name| ssh-rsa AAAAB3Nz…
 *     @revoked * ssh-rsa AAAAB3Nz…
 */
import { createHash, createHmac } from "node:crypto";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { problem } from "../../problem.ts";
import { homeOf, matches } from "./config.ts";

export interface KnownKey {
  type: string;
  key: string;
  revoked: boolean;
}

const mostBytes = 16 * 1024 * 1024;

export const labelOf = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

export const ownKnownHosts = (home: string): string => join(home, "known_hosts");

/** As `ssh-keygen -l` writes it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;

/** What every file says of a host. `more`: UserKnownHostsFile. */
export function knownKeys(
  label: string,
  home: string,
  env: NodeJS.ProcessEnv,
  more: string[] = [],
): KnownKey[] {
  const user =
    more.length > 0
      ? more
      : [join(homeOf(env), ".ssh", "known_hosts"), join(homeOf(env), ".ssh", "known_hosts2")];
  return [...user, "/etc/ssh/ssh_known_hosts", ownKnownHosts(home)].flatMap((path) =>
    keysIn(path, label),
  );
}

function keysIn(path: string, label: string): KnownKey[] {
  let text: string;
  try {
    if (statSync(path).size > mostBytes) return [];
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const found: KnownKey[] = [];
  for (const line of text.split("\n")) {
    const parts = line.trim().split(/\s+/);
    const marker = parts[0]?.startsWith("@") ? parts.shift() : "";
    const [hosts = "", type = "", key = ""] = parts;
    // Keys that sign hosts' certificates are no hosts' keys.
    if (hosts === "" || hosts.startsWith("#") || key === "" || marker === "@cert-authority")
      continue;
    if (names(hosts, label)) found.push({ type, key, revoked: marker === "@revoked" });
  }
  return found;
}

function names(hosts: string, label: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(hosts);
  if (!hashed) return matches(label, hosts.split(","));
  const [, salt = "", hash] = hashed;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(label).digest("base64") === hash;
}

export type Verdict = "known" | "unknown" | "changed" | "revoked";

export function judge(known: KnownKey[], key: Buffer): Verdict {
  const text = key.toString("base64");
  if (known.some((one) => one.revoked && one.key === text)) return "revoked";
  const valid = known.filter(({ revoked }) => !revoked);
  if (valid.some((one) => one.key === text)) return "known";
  return valid.some(({ type }) => type === typeOf(key)) ? "changed" : "unknown";
}

/** The algorithm's name a key blob starts with (RFC 4253, 6.6); "" where it is no key. */
export function typeOf(key: Buffer): string {
  const length = key.length > 4 ? key.readUInt32BE(0) : 0;
  const name = key.subarray(4, 4 + length).toString("latin1");
  return length > 0 && length < 64 && /^[a-z0-9@.-]+$/.test(name) ? name : "";
}

/** Writes a host's key to the app's own file; the answer is its fingerprint. bad_request for what is no host or key. */
export function acceptHostKey(home: string, host: string, port: number, keyText: string): string {
  const key = Buffer.from(keyText, "base64");
  const type = typeOf(key);
  if (!/^[\p{L}\p{N}_.:%-]+$/u.test(host) || type === "" || key.toString("base64") !== keyText)
    throw problem("bad_request", "This is no host's name, or no host's key.");
  const label = labelOf(host, port);
  const verdict = judge(keysIn(ownKnownHosts(home), label), key);
  if (verdict === "changed")
    throw problem(
      "bad_request",
      `Another key of ${label} was accepted before.`,
      `Remove its line from ${ownKnownHosts(home)} once it is certain that the host has a new key.`,
    );
  if (verdict !== "known")
    appendFileSync(ownKnownHosts(home), `${label} ${type} ${keyText}\n`, { mode: 0o600 });
  return fingerprintOf(key);
}
