/** Recognising a folder of session files, by name and, for another cookie name than Django's, by content. */
import { opendir } from "node:fs/promises";
import { contentOf, folderAt } from "./file-folder.ts";

/** Entries looked at; a folder may hold millions. */
const LOOK = 5000;
const DEFAULT = "sessionid";

/** A key made by Django, at the end of a name. */
const NAMED = /^(.+?)([a-z0-9]{32})$/s;

/** Options for the folder; null: nothing in it looks like a session file. */
export async function detectFolder(
  path: string,
): Promise<{ path: string; cookieName?: string } | null> {
  const prefixes = new Map<string, string>();
  try {
    let looked = 0;
    for await (const { name } of await opendir(path)) {
      const [, prefix, key] = NAMED.exec(name) ?? [];
      if (prefix === DEFAULT) return { path };
      if (prefix !== undefined && key !== undefined && prefixes.size < 50)
        prefixes.set(prefix, key);
      looked += 1;
      if (looked === LOOK) break;
    }
    for (const [cookieName, key] of prefixes) {
      const data = contentOf(folderAt(path, cookieName), key, 1 << 20)?.data;
      if (typeof data === "string" && isSessionData(data)) return { path, cookieName };
    }
  } catch {
    // Not a folder, or none that may be read: opening it says which.
  }
  return null;
}

/** Signed text (3.1 and later), or base64 of "<sha1 hex>:..." (before). */
const isSessionData = (data: string): boolean =>
  /^\.?[\w-]+:[0-9A-Za-z]{1,8}:[\w-]{27,43}$/.test(data) ||
  /^[0-9a-f]{40}:/.test(Buffer.from(data.slice(0, 60), "base64").toString("latin1"));
