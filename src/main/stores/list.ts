/** The drivers there are, and finding the one for a URL or a path. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { problem } from "../problem.ts";
import type { Driver } from "./driver.ts";
import { file } from "./file.ts";
import { fileCache } from "./file-cache.ts";
import { memcached } from "./memcached.ts";
import { mysql } from "./mysql.ts";
import { mysqlCache } from "./mysql-cache.ts";
import { postgres } from "./postgres.ts";
import { postgresCache } from "./postgres-cache.ts";
import { redis } from "./redis.ts";
import { sqlite } from "./sqlite.ts";
import { sqliteCache } from "./sqlite-cache.ts";
import { sessionTables } from "./sqlite-open.ts";

export const drivers: readonly Driver[] = [
  sqlite,
  file,
  postgres,
  mysql,
  redis,
  memcached,
  sqliteCache,
  postgresCache,
  mysqlCache,
  fileCache,
];

/** A driver and unchecked options for it. */
export interface Found {
  driver: Driver;
  options: unknown;
}

/** Throws bad_request for an unknown name. */
export function driverOf(name: string): Driver {
  const driver = drivers.find((driver) => driver.name === name);
  if (driver) return driver;
  const known = drivers.map(({ name }) => name).join(", ");
  throw problem("bad_request", `There is no driver ${JSON.stringify(name)}.`, `Known: ${known}.`);
}

/**
 * null: the text is no URL (but perhaps a path). Throws bad_request for a URL of no known scheme. Several servers may be
 * named by commas, each with a port of its own, as CACHE_URL has them.
 */
export function driverForUrl(text: string): Found | null {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return null;
  const driver = drivers.find(({ schemes }) => schemes.includes(scheme));
  if (!driver) {
    // Each has more names; one of them is enough to go on.
    const known = drivers.flatMap(({ schemes }) => schemes.slice(0, 1)).join(", ");
    throw problem("bad_request", `No driver opens ${scheme}://.`, `Known schemes: ${known}.`);
  }
  const url = urlOf(text);
  if (!url) throw problem("bad_request", `${scheme}:// is followed by no address.`);
  try {
    return { driver, options: driver.fromUrl(url) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw problem("bad_request", "The URL holds bytes that are no UTF-8, written with %.");
  }
}

/** A lone % is one, and a second port is a parameter: neither is a URL's to the URL standard. */
function urlOf(text: string): URL | null {
  const plain = text.replaceAll(/%(?![0-9a-f]{2})/gi, "%25");
  const [, start = "", hosts = "", rest = ""] =
    /^([^:]+:\/\/(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(.*)$/s.exec(plain) ?? [];
  if (!hosts) return URL.parse(plain);
  const url = URL.parse(`${start}${hosts.split(",")[0]}${rest}`);
  url?.searchParams.set("hosts", decodeURIComponent(hosts));
  return url;
}

/** The driver for a path on disk; throws saying what is there instead of a store. */
export async function detectPath(path: string): Promise<Found> {
  const full = resolve(path);
  for (const driver of drivers) {
    const options = await driver.detect?.(full);
    if (options) return { driver, options };
  }
  if (isFolder(full))
    throw problem(
      "no_sessions_folder",
      `${full} holds no session files.`,
      "Django's file backend names its files by SESSION_COOKIE_NAME and the session key; another cookie name can be given.",
      { path: full },
    );
  await sessionTables(full);
  throw problem(
    "no_table",
    `${full} has no table with the columns session_key, session_data and expire_date.`,
    "Django makes django_session on `migrate`, when django.contrib.sessions is installed.",
    { path: full, tables: [] },
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
