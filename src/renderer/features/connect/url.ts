/**
 * A store's URL as it is typed, and the options of a driver it stands for. The text never holds the password: it is
 * taken out as soon as it is complete, and dots stand in its place.
 *
 *     postgres://app:••••••••@db.example.org:5432/shop?sslmode=verify-full
 */
import type { DriverInfo } from "../../../shared/connection.ts";
import { optionFields } from "./schema.ts";

export const dots = "••••••••";

export interface UrlParts {
  scheme: string;
  user: string;
  /** As written, still encoded; null: there is none. */
  password: string | null;
  hosts: string;
  path: string;
  query: string;
}

/** null: no URL (yet). The user's name ends at the last @ of what comes before the path. */
export function partsOf(text: string): UrlParts | null {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(text.trim());
  if (!found) return null;
  const [, scheme = "", authority = "", path = "", query = ""] = found;
  const at = authority.lastIndexOf("@");
  const login = at < 0 ? "" : authority.slice(0, at);
  const colon = login.indexOf(":");
  return {
    scheme: scheme.toLowerCase(),
    user: colon < 0 ? login : login.slice(0, colon),
    password: colon < 0 ? null : login.slice(colon + 1),
    hosts: authority.slice(at + 1),
    path,
    query,
  };
}

export function textOf({ scheme, user, password, hosts, path, query }: UrlParts): string {
  const login =
    user || password !== null ? `${user}${password === null ? "" : `:${password}`}@` : "";
  return `${scheme}://${login}${hosts}${path}${query && `?${query}`}`;
}

export const driverOfScheme = (drivers: DriverInfo[], scheme: string): DriverInfo | undefined =>
  drivers.find((driver) => driver.schemes.includes(scheme));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Parameters as libpq, MySQL's and Redis' clients and Django's OPTIONS name them. */
const aliases: Record<string, string> = {
  sslmode: "tls",
  sslrootcert: "tlsCa",
  sslca: "tlsCa",
  sslcacerts: "tlsCa",
  sslcert: "tlsCert",
  sslcertfile: "tlsCert",
  sslkey: "tlsKey",
  sslkeyfile: "tlsKey",
  socket: "host",
  unixsocket: "host",
  currentschema: "schema",
  searchpath: "schema",
  keyprefix: "prefix",
};
const modes: Record<string, string> = {
  disabled: "disable",
  allow: "prefer",
  preferred: "prefer",
  required: "require",
  "verify-identity": "verify-full",
};
const plainName = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, "");

export interface FromUrl {
  options: Record<string, unknown>;
  /** Parameters that no option stands for. */
  unused: string[];
}

/** The password is left out. What the driver has no option for is named in `unused`. */
export function optionsOfUrl(parts: UrlParts, driver: DriverInfo): FromUrl {
  const fields = optionFields(driver);
  const options: Record<string, unknown> = {};
  const unused: string[] = [];
  const put = (name: string, value: string): boolean => {
    const field = fields.find((one) => one.name === name);
    if (!field) return false;
    const number = field.kind === "number" && /^\d+(\.\d+)?$/.test(value);
    if (value !== "") options[name] = number ? Number(value) : value;
    return true;
  };
  const [plain = "", mode = ""] = parts.scheme.split("+");
  put("user", decoded(parts.user));
  put("mode", mode);
  if (plain === "rediss") put("tls", "verify-full");
  const path = decoded(parts.path);
  const [first = "", second = ""] = path.split("/").filter(Boolean);
  if (!put("hosts", plain === "unix" ? path : parts.hosts)) {
    const port = /:(\d+)$/.exec(parts.hosts);
    put(
      "host",
      decoded(parts.hosts.slice(0, port?.index ?? undefined)).replace(/^\[(.*)\]$/, "$1"),
    );
    if (port?.[1]) put("port", port[1]);
  }
  if (mode === "sentinel") {
    put("masterName", first);
    put("db", second);
  } else if (plain !== "unix") put("db", first);
  put("database", path.slice(1));
  put("path", path);
  for (const [given, value] of new URLSearchParams(parts.query)) {
    const name = plainName(given);
    const known = aliases[name] ?? fields.find((field) => plainName(field.name) === name)?.name;
    const isTls = known === "tls";
    if (/^(ssl|tls)$/.test(name) && /^(1|true|yes|on)$/i.test(value)) put("tls", "require");
    else if (name === "sslcertreqs") put("tls", /none/i.test(value) ? "require" : "verify-full");
    else if (
      !known ||
      !put(known, isTls ? (modes[value.toLowerCase()] ?? value.toLowerCase()) : value)
    )
      unused.push(given);
  }
  return { options, unused };
}

/** Options that are seen in the URL; the form has them apart. */
export const urlOptions = ["mode", "host", "port", "hosts", "database", "db", "user", "password"];

/** The URL that options stand for, dots for a password; "" where nothing is filled in. */
export function urlOf(
  driver: DriverInfo,
  options: Record<string, unknown>,
  hasPassword: boolean,
): string {
  const fields = optionFields(driver);
  if (![...urlOptions, "tls", "path"].some((name) => options[name] !== undefined)) return "";
  const value = (name: string): string =>
    String(options[name] ?? fields.find((field) => field.name === name)?.fallback ?? "");
  const tls = value("tls");
  const secure = driver.schemes.includes("rediss") && tls !== "disable" ? "rediss" : "";
  const mode = value("mode");
  const port = value("port");
  const host = value("host");
  const isSocket = value("hosts").startsWith("/");
  const database = value("database") || value("db").replace(/^0$/, "");
  const path = mode === "sentinel" ? [value("masterName"), database] : [database];
  const ofQuery = !secure && options.tls !== undefined ? `sslmode=${tls}` : "";
  return textOf({
    scheme: isSocket
      ? "unix"
      : `${secure || driver.schemes[0]}${mode && mode !== "single" ? `+${mode}` : ""}`,
    user: encodeURIComponent(value("user")),
    password: hasPassword ? dots : null,
    hosts: isSocket
      ? ""
      : value("hosts") || `${host.includes(":") ? `[${host}]` : host}${port && `:${port}`}`,
    path:
      isSocket || options.path
        ? value("hosts") || value("path")
        : path
            .filter(Boolean)
            .map((part) => `/${encodeURIComponent(part)}`)
            .join(""),
    query: ofQuery,
  });
}
