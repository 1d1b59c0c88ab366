/**
 * Where the servers are and how the site names its keys: the form's fields, and reading them from a URL.
 *
 *     memcached://127.0.0.1:11211?prefix=shop&version=2
 *     memcached://cache1?hosts=cache1:11211,cache2:11211&layout=cached_db
 *     memcached:///run/memcached.sock
 *
 * A URL has one port, so several servers are named by the parameter.
 */
import { z } from "zod";
import { problem } from "../problem.ts";
import { clients } from "./memcached-choice.ts";
import { layoutOf, layouts } from "./memcached-layout.ts";

const advanced = { "x-advanced": true };

const seconds = (title: string, description: string, usual: number) =>
  z
    .number()
    .min(1)
    .max(3600)
    .default(usual)
    .meta({ title, description, ...advanced });

const text = (title: string, description: string, more: Record<string, unknown> = {}) =>
  z
    .string()
    .default("")
    .meta({ title, description, ...more });

export const options = z.object({
  hosts: z.string().min(1).default("127.0.0.1:11211").meta({
    title: "Servers",
    description: "LOCATION in CACHES: host:port, or the path of a unix socket. Several, by commas.",
  }),
  layout: z.enum(layouts).default("cache").meta({
    title: "Sessions of",
    description: "cache: the cache engine. cached_db: the copies of the cached_db engine.",
  }),
  client: z
    .enum(clients)
    .default("unknown")
    .meta({
      title: "Client of the site",
      description:
        "With several servers only the client knows which one holds a new session. PyMemcacheCache: pymemcache. PyLibMCCache: pylibmc.",
      ...advanced,
    }),
  prefix: text("Key prefix", "KEY_PREFIX in CACHES."),
  version: z
    .number()
    .int()
    .default(1)
    .meta({ title: "Version", description: "VERSION in CACHES.", ...advanced }),
  template: text(
    "Key template",
    "For a KEY_FUNCTION of the site's own: {prefix}|{version}|{key}. Empty: Django's.",
    advanced,
  ),
  user: text("User", "Of a server started with an authentication file.", advanced),
  password: text("Password", "Kept in memory only.", {
    format: "password",
    "x-secret": true,
    ...advanced,
  }),
  passwordEnv: text(
    "Password from a variable",
    "Name of an environment variable to read the password from.",
    advanced,
  ),
  connectTimeout: seconds("Connect timeout", "In seconds.", 5),
  commandTimeout: seconds(
    "Command timeout",
    "Longest a server may be silent while it is asked, in seconds.",
    10,
  ),
});

export type MemcachedOptions = z.output<typeof options>;

const known = new Map(
  Object.keys(options.shape).map((name) => [name.toLowerCase(), name] as const),
);
const aliases: Record<string, string> = {
  keyprefix: "prefix",
  keytemplate: "template",
  keyfunction: "template",
  username: "user",
};
const numbers = ["version", "connectTimeout", "commandTimeout"];

/** bad_request for a parameter nobody knows or what is no number. */
export function fromUrl(url: URL): z.input<typeof options> {
  const found: Record<string, string | number> = {};
  const path = decodeURIComponent(url.pathname);
  if (url.hostname) found["hosts"] = `${url.hostname}:${url.port || 11_211}`;
  else if (path.length > 1) found["hosts"] = path;
  if (url.username) found["user"] = decodeURIComponent(url.username);
  if (url.password) found["password"] = decodeURIComponent(url.password);
  for (const [given, value] of url.searchParams) {
    const plain = given.toLowerCase().replaceAll(/[-_]/g, "");
    const name = aliases[plain] ?? known.get(plain);
    if (!name)
      throw problem(
        "bad_request",
        `A memcached URL has no parameter ${given}.`,
        `Known: ${[...known.values()].join(", ")}.`,
      );
    if (numbers.includes(name) && !Number.isFinite(Number(value)))
      throw problem("bad_request", `${name} is no number: ${value}.`);
    found[name] = numbers.includes(name) ? Number(value) : value;
  }
  return found as z.input<typeof options>;
}

/** A server's address; `path` for a unix socket. */
export type Address = { name: string } & ({ path: string } | { host: string; port: number });

/** In the order given. bad_request for what is no address. */
export const addresses = ({ hosts }: Pick<MemcachedOptions, "hosts">): Address[] =>
  hosts
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => {
      const path = one.replace(/^unix:/, "");
      if (path.startsWith("/")) return { name: path, path };
      const found = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(one);
      const port = Number(found?.[2] ?? 11_211);
      if (!found?.[1] || port < 1 || port > 65_535)
        throw problem("bad_request", `${one} is no address of a memcached server.`);
      const host = found[1].replace(/^\[|\]$/g, "").toLowerCase();
      return { name: `${host}:${port}`, host, port };
    });

export function identity(given: MemcachedOptions): string {
  const { start, end } = layoutOf(given);
  const names = addresses(given).map(({ name }) => name);
  return `memcached:${names.sort().join(",")}#${start}{key}${end}`;
}

export function suggestName({ hosts, prefix }: MemcachedOptions): string {
  const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(hosts) || hosts.startsWith("/");
  return `Memcached${prefix ? `, ${prefix}` : ""}${local ? "" : ` on ${hosts}`}`.slice(0, 80);
}
