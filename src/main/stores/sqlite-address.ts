/** Where a SQLite file is: from a URL, and by its real path. */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { problem } from "../problem.ts";

/** bad_request for a URL that names no file. */
export function pathOf(url: URL): string {
  try {
    if (url.host || /%00/.test(url.pathname)) throw new TypeError("no path");
    return fileURLToPath(`file://${url.pathname}`);
  } catch {
    throw problem(
      "bad_request",
      `${url.protocol}//… names no file.`,
      "A SQLite store's URL has three slashes before an absolute path: sqlite:///srv/site/db.sqlite3",
    );
  }
}

/** The path itself where it leads nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
