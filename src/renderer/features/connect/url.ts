/**
 * A store's URL as it is shown: its parts, and the one that options stand for. What a URL says is the drivers' to know, so
 * the host is asked (drivers.fromUrl). The text never holds the password: it is taken out as soon as it is complete, and
 * dots stand in its place.
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
  const unix = driver.schemes.includes("unix") ? "unix" : driver.schemes[0];
  const database = value("database") || value("db").replace(/^0$/, "");
  const path = mode === "sentinel" ? [value("masterName"), database] : [database];
  // Redis says it by the scheme.
  const ofQuery =
    !driver.schemes.includes("rediss") && options.tls !== undefined ? `sslmode=${tls}` : "";
  return textOf({
    scheme: isSocket
      ? (unix ?? "")
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
