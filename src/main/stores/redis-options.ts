/**
 * Where a Redis is, how it is spoken to, and how the site names its keys: the form's fields, and reading them from a URL.
 *
 *     redis://user:password@host:6379/1?prefix=shop&version=2
 *     rediss://host/0?ca=/etc/ca.pem&cert=/etc/app.pem&key=/etc/app.key
 *     unix:///run/redis.sock?db=2
 *     redis+sentinel://host1,host2/mymaster/0                    rediss+sentinel:// with TLS
 *     redis+cluster://host:7000?hosts=host1:7000,host2:7001       rediss+cluster:// with TLS
 *
 * A URL has one port, so several hosts with ports of their own are named by the parameter.
 */
import { realpathSync } from "node:fs";
import { z } from "zod";
import { problem } from "../problem.ts";
import { layoutOf, layouts } from "./redis-layout.ts";

const advanced = { "x-advanced": true };
const modes = ["single", "sentinel", "cluster"] as const;
const tlsModes = ["disable", "require", "verify-ca", "verify-full"] as const;

const text = (title: string, description: string, more: Record<string, unknown> = {}) =>
  z
    .string()
    .default("")
    .meta({ title, description, ...more });

export const options = z.object({
  mode: z.enum(modes).default("single").meta({
    title: "Kind",
    description:
      "single: one server. sentinel: the master that sentinels name. cluster: every master.",
  }),
  hosts: z.string().min(1).default("localhost:6379").meta({
    title: "Host",
    description:
      "host:port, or the path of a unix socket. Several, separated by commas, of sentinels or a cluster.",
  }),
  db: z
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ title: "Database", description: "Its number. A cluster has 0 only." }),
  user: text("User", "Of the server's ACL. Empty: default."),
  password: text("Password", "Kept in memory only.", { format: "password", "x-secret": true }),
  passwordEnv: text(
    "Password from a variable",
    "Name of an environment variable to read the password from.",
    advanced,
  ),
  layout: z.enum(layouts).default("django").meta({
    title: "Sessions of",
    description:
      "django: the cache engine over Django's own backend or django-redis. cached_db: the same of cached_db. redis-sessions: django-redis-sessions. session: keys session:<key>.",
  }),
  prefix: text("Key prefix", "KEY_PREFIX in CACHES, or SESSION_REDIS' prefix."),
  version: z
    .number()
    .int()
    .default(1)
    .meta({ title: "Version", description: "VERSION in CACHES.", ...advanced }),
  template: text(
    "Key template",
    "For a KEY_FUNCTION of the site's own: {prefix}|{version}|{key}. Empty: as the backend makes keys.",
    advanced,
  ),
  tls: z.enum(tlsModes).default("disable").meta({
    title: "TLS",
    description:
      "require: whoever answers. verify-ca: with a certificate of a trusted CA. verify-full: for this host as well.",
  }),
  tlsCa: text("CA certificate", "PEM file. Empty: the CAs this system trusts.", {
    format: "path",
    ...advanced,
  }),
  tlsCert: text("Client certificate", "PEM file.", { format: "path", ...advanced }),
  tlsKey: text("Client key", "PEM file.", { format: "path", ...advanced }),
  masterName: text("Master's name", "As the sentinels know it.", advanced),
  sentinelUser: text("User of the sentinels", "", advanced),
  sentinelPassword: text("Password of the sentinels", "Kept in memory only.", {
    format: "password",
    "x-secret": true,
    ...advanced,
  }),
  connectTimeout: z
    .number()
    .min(1)
    .max(600)
    .default(5)
    .meta({ title: "Connect timeout", description: "In seconds.", ...advanced }),
  commandTimeout: z
    .number()
    .min(1)
    .max(3600)
    .default(10)
    .meta({
      title: "Command timeout",
      description: "Longest a single command may take, in seconds.",
      ...advanced,
    }),
});

export type RedisOptions = z.output<typeof options>;

export const schemes = [
  ...["redis", "rediss", "unix"],
  ...["redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"],
] as const;

/** Names of a URL's parameters besides those of the options, as redis-py and Django's OPTIONS write them. */
const NAMES: Record<string, string> = {
  username: "user",
  keyprefix: "prefix",
  keytemplate: "template",
  keyfunction: "template",
  service: "masterName",
  mastername: "masterName",
  ca: "tlsCa",
  sslcacerts: "tlsCa",
  cert: "tlsCert",
  sslcertfile: "tlsCert",
  key: "tlsKey",
  sslkeyfile: "tlsKey",
  sockettimeout: "commandTimeout",
  socketconnecttimeout: "connectTimeout",
};
const known = new Map(
  Object.keys(options.shape).map((name) => [name.toLowerCase(), name] as const),
);
const numbers = ["db", "version", "connectTimeout", "commandTimeout"];

/** bad_request for a parameter nobody knows or what is no number. */
export function fromUrl(url: URL): z.input<typeof options> {
  const found: Record<string, string | number> = {};
  const put = (name: string, value: string) => {
    if (value === "") return;
    const number = Number(value);
    if (numbers.includes(name) && !Number.isFinite(number))
      throw problem("bad_request", `${name} is no number: ${value}.`);
    found[name] = numbers.includes(name) ? number : value;
  };
  const [scheme = "", mode = "single"] = url.protocol.slice(0, -1).split("+");
  const path = decodeURIComponent(url.pathname);
  put("mode", mode);
  put("user", decodeURIComponent(url.username));
  put("password", decodeURIComponent(url.password));
  if (scheme === "unix") put("hosts", path);
  else {
    const port = mode === "sentinel" ? 26_379 : 6379;
    put("hosts", hostsOf(url, port));
    const [first = "", second = ""] = path.split("/").filter(Boolean);
    if (mode === "sentinel") put("masterName", first);
    put("db", mode === "sentinel" ? second : first);
  }
  if (scheme === "rediss") put("tls", "verify-full");
  for (const [given, value] of url.searchParams) {
    const plain = given.toLowerCase().replaceAll(/[-_]/g, "");
    const name = NAMES[plain] ?? known.get(plain);
    if (name) put(name, value);
    else if (plain === "sslcertreqs") put("tls", /none/i.test(value) ? "require" : "verify-full");
    else if (plain === "sslcheckhostname") {
      if (/^(0|false|no)$/i.test(value)) put("tls", "verify-ca");
    } else
      throw problem(
        "bad_request",
        `A Redis URL has no parameter ${given}.`,
        `Known: ${[...known.values()].join(", ")}.`,
      );
  }
  return found as z.input<typeof options>;
}

function hostsOf(url: URL, port: number): string {
  const host = decodeURIComponent(url.hostname);
  if (!host) return `localhost:${port}`;
  return url.port || !host.includes(",") ? `${host}:${url.port || port}` : host;
}

export interface Host {
  host: string;
  port: number;
}

/** The addresses, or null for a unix socket. */
export function addresses({ hosts, mode }: Pick<RedisOptions, "hosts" | "mode">): Host[] | null {
  if (hosts.startsWith("/")) return null;
  const usual = mode === "sentinel" ? 26_379 : 6379;
  return hosts.split(",").map((one) => {
    const found = /^\s*(\[[^\]]+\]|[^:]+)(?::(\d+))?\s*$/.exec(one);
    if (!found?.[1]) throw problem("bad_request", `${one} is no address of a Redis server.`);
    const port = Number(found[2] ?? usual);
    if (port < 1 || port > 65_535) throw problem("bad_request", `${port} is no port.`);
    return { host: found[1].replace(/^\[|\]$/g, ""), port };
  });
}

/** As it is shown: never with a user or a password. */
export const placeOf = (given: RedisOptions): string =>
  `${given.hosts}${given.mode === "sentinel" ? ` (${given.masterName})` : ""}${given.mode === "cluster" ? "" : `, database ${given.db}`}`;

export function identity(given: RedisOptions): string {
  const { mode, hosts, db, masterName } = given;
  const place = hosts.startsWith("/")
    ? realPath(hosts)
    : (addresses(given) ?? [])
        .map(({ host, port }) => `${host.toLowerCase()}:${port}`)
        .sort()
        .join(",");
  return `redis:${mode}:${place}/${masterName}/${db}#${layoutOf(given).pattern}`;
}

export function suggestName({ hosts, db, prefix }: RedisOptions): string {
  const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(hosts) || hosts.startsWith("/");
  return `Redis ${db}${prefix ? `, ${prefix}` : ""}${local ? "" : ` on ${hosts}`}`.slice(0, 80);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
