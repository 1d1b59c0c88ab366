/**
 * The folder of a FileBasedCache: <md5 of the full key>.djcache, whatever the site caches.
 *
 * A session's key cannot be had back from its file's name, so a file is listed under its name. Asked for by its key, it is
 * found: a text that is no md5 is taken for a session key (one drawn by Django looks like an md5 once in 10^11).
 */
import { opendirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheFileName } from "../django/cache-key.ts";
import { problem } from "../problem.ts";
import type { Folder, Names } from "./file-folder.ts";
import { codeOf, gone, openProblem } from "./file-problems.ts";

const NAME = /^[0-9a-f]{32}\.djcache$/;
const MD5 = /^[0-9a-f]{32}$/;

/** `start` is what stands before a session's key: ":1:django.contrib.sessions.cache". */
export function cacheFolderAt(path: string, start: string): Folder {
  let sorted: { keys: string[]; at: number } | null = null;
  const names = (): Names => {
    try {
      const all = readdirSync(path);
      return {
        keys: all.filter((name) => NAME.test(name)).map((name) => name.slice(0, 32)),
        leftovers: all.filter((name) => /^tmp[a-z0-9_]{8}$/.test(name)).length,
      };
    } catch (error) {
      throw codeOf(error) === "ENOENT" ? gone(path) : openProblem(error, path);
    }
  };
  try {
    opendirSync(path).closeSync();
  } catch (error) {
    throw openProblem(error, path);
  }
  return {
    path,
    cookieName: "",
    names,
    sortedKeys(maxAge) {
      if (!sorted || performance.now() - sorted.at > maxAge)
        sorted = { keys: names().keys.sort(), at: performance.now() };
      return sorted.keys;
    },
    fileOf(key) {
      if (!key.isWellFormed())
        throw problem("bad_key", "The key holds half a character (a lone surrogate).");
      return join(path, MD5.test(key) ? `${key}.djcache` : cacheFileName(start + key));
    },
    check() {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw gone(path);
    },
  };
}
