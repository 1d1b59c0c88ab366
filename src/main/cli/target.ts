/** The STORE argument, as the services take it: what depends on the folder the shell is in is settled here. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "./verb.ts";

/** A path, a URL, or @NAME of a saved connection. With a cookie name the URL of the folder that says so. Throws UsageError for an empty argument. */
export function storeTarget(argument: string, cookieName: string | undefined): string {
  // An unset shell variable must not become the folder the shell is in.
  if (argument === "") throw new UsageError("STORE is empty.");
  if (argument.startsWith("@")) {
    if (cookieName !== undefined)
      throw new UsageError("--cookie-name goes with a folder, not with a saved connection.");
    return argument;
  }
  const target = relativeSqlite(argument) ?? fileOfUrl(argument) ?? argument;
  if (cookieName === undefined) return target;
  const url =
    target.startsWith("file:") && URL.canParse(target) ? new URL(target) : pathToFileURL(target);
  url.searchParams.set("cookieName", cookieName);
  return url.href;
}

/**
 * "sqlite:///db.sqlite3" is /db.sqlite3 to some programs and db.sqlite3 in this folder to others (SQLAlchemy,
 * dj-database-url): the one that exists is meant, the absolute one where both do.
 */
function relativeSqlite(argument: string): string | null {
  if (!/^sqlite3?:\/\/\/[^/]/i.test(argument) || !URL.canParse(argument)) return null;
  const url = new URL(argument);
  const path = decoded(url.pathname);
  if (path === null || existsSync(path)) return null;
  const here = resolve(path.slice(1));
  return existsSync(here) ? `${url.protocol}//${pathToFileURL(here).pathname}${url.search}` : null;
}

/** The path of a file: URL that names no folder: a database. */
function fileOfUrl(argument: string): string | null {
  if (!/^file:\/\//i.test(argument) || !URL.canParse(argument)) return null;
  try {
    const path = fileURLToPath(new URL(argument));
    return statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
}

function decoded(pathname: string): string | null {
  try {
    return fileURLToPath(`file://${pathname}`);
  } catch {
    return null;
  }
}
