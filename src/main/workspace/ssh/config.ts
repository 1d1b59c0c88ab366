/**
 * ~/.ssh/config as far as a tunnel needs it (ssh_config(5)): the first value of a keyword counts, IdentityFile adds up.
 *
 *     Host bastion !bastion-old *.example.org
 *       HostName 10.0.0.1
 *       User deploy
 *       IdentityFile ~/.ssh/deploy_ed25519
 *       ProxyJump jump.example.org:2222
 *
 * Nothing is ever run: `Match` blocks other than `Match all` do not apply, and ProxyCommand is refused.
 */
import { globSync, readFileSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { problem } from "../../problem.ts";

const mostFiles = 50;
const mostBytes = 256 * 1024;

export interface HostSettings {
  host: string;
  port: number | null;
  user: string | null;
  /** Absolute paths. */
  identityFiles: string[];
  identitiesOnly: boolean;
  /** A socket's path, "none", or null: SSH_AUTH_SOCK. */
  identityAgent: string | null;
  /** What stands in known_hosts instead of the host. */
  hostKeyAlias: string | null;
  proxyJump: string | null;
  proxyCommand: boolean;
  knownHostsFiles: string[];
}

export const homeOf = (env: NodeJS.ProcessEnv): string => env["HOME"] || homedir();

/** Settings of a host or an alias. A missing file has none. */
export function hostSettings(alias: string, env: NodeJS.ProcessEnv): HostSettings {
  const home = homeOf(env);
  const values = new Map<string, string[]>();
  let files = 0;
  const take = (path: string, depth: number): void => {
    if (++files > mostFiles || depth > 5) return;
    let applies = true;
    for (const [keyword, value] of linesOf(path)) {
      if (keyword === "host") applies = matches(alias, words(value));
      else if (keyword === "match") applies = value.trim().toLowerCase() === "all";
      else if (!applies) continue;
      else if (keyword === "include")
        for (const pattern of words(value))
          for (const found of globSync(inSsh(pattern, home)).sort()) take(found, depth + 1);
      else if (keyword === "identityfile")
        values.set(keyword, [...(values.get(keyword) ?? []), value]);
      else if (!values.has(keyword)) values.set(keyword, [value]);
    }
  };
  take(join(home, ".ssh", "config"), 0);
  const first = (keyword: string): string | null => {
    const value = values.get(keyword)?.[0];
    return value === undefined ? null : (words(value)[0] ?? null);
  };
  const host = (first("hostname") ?? alias).replaceAll("%h", alias).replaceAll("%%", "%");
  const port = Number(first("port"));
  const user = first("user");
  const expanded = (text: string): string =>
    inSsh(text, home)
      .replaceAll("%d", home)
      .replaceAll("%h", host)
      .replaceAll("%r", user ?? "")
      .replaceAll("%u", userInfo().username)
      .replaceAll("%%", "%");
  const agent = first("identityagent");
  return {
    host,
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : null,
    user,
    identityFiles: (values.get("identityfile") ?? [])
      .flatMap(words)
      .filter((one) => one !== "none")
      .map(expanded),
    identitiesOnly: first("identitiesonly")?.toLowerCase() === "yes",
    identityAgent:
      agent === null || agent === "SSH_AUTH_SOCK"
        ? null
        : agent === "none"
          ? agent
          : expanded(agent),
    hostKeyAlias: first("hostkeyalias"),
    proxyJump: (first("proxyjump") ?? "none").toLowerCase() === "none" ? null : first("proxyjump"),
    proxyCommand: (first("proxycommand") ?? "none").toLowerCase() !== "none",
    knownHostsFiles: (values.get("userknownhostsfile") ?? []).flatMap(words).map(expanded),
  };
}

/** Relative paths count from ~/.ssh. */
function inSsh(text: string, home: string): string {
  if (text.startsWith("~/")) return join(home, text.slice(2));
  return isAbsolute(text) || text.startsWith("%d") ? text : join(home, ".ssh", text);
}

function* linesOf(path: string): Generator<[keyword: string, value: string]> {
  let text: string;
  try {
    if (statSync(path).size > mostBytes) throw problem("too_large", `${path} is too large.`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw problem("cannot_open", `${path} cannot be read.`, undefined, { step: "ssh" });
  }
  for (const line of text.split("\n")) {
    const found = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line);
    if (found?.[1]) yield [found[1].toLowerCase(), found[2] ?? ""];
  }
}

const words = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|([^\s"]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

/** A pattern list: `*` and `?`, and `!` that excludes whatever else fits. */
export function matches(name: string, patterns: string[]): boolean {
  let found = false;
  for (const pattern of patterns) {
    const not = pattern.startsWith("!");
    if (!fits(name.toLowerCase(), (not ? pattern.slice(1) : pattern).toLowerCase())) continue;
    if (not) return false;
    found = true;
  }
  return found;
}

/** Without backtracking over many stars: the last star is the only one returned to. */
function fits(name: string, pattern: string): boolean {
  let [at, in_, star, mark] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[in_] === "?" || pattern[in_] === name[at]) {
      at++;
      in_++;
    } else if (pattern[in_] === "*") {
      star = in_++;
      mark = at;
    } else if (star >= 0) {
      in_ = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[in_] === "*") in_++;
  return in_ === pattern.length;
}
