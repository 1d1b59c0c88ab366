/** Looking at the disk for the path fields: what a folder holds, and what a path is. */
import { open, opendir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { detectPath } from "../stores/list.ts";

type Kind = "folder" | "sqlite" | "file";

/** Entries looked at and given: a folder of a million session files must not stall a text field. */
const mostLooked = 20_000;
const mostGiven = 200;

/** Folders first, by name. An unreadable or missing folder has no entries. */
export async function suggestFiles(
  typed: string,
): Promise<{ folder: string; entries: { name: string; path: string; kind: Kind }[] }> {
  const path = expand(typed);
  const whole = typed === "" || /[/\\]$/.test(typed);
  const folder = whole ? path : dirname(path);
  const start = whole ? "" : basename(path).toLowerCase();
  const names = await namesIn(folder, start);
  const entries = await Promise.all(
    names.map(async (name) => {
      const full = join(folder, name);
      return { name, path: full, kind: await kindOf(full) };
    }),
  );
  const order = { folder: 0, sqlite: 1, file: 2 };
  entries.sort((a, b) => order[a.kind] - order[b.kind] || (a.name < b.name ? -1 : 1));
  return { folder, entries };
}

async function namesIn(folder: string, start: string): Promise<string[]> {
  const names: string[] = [];
  let looked = 0;
  try {
    for await (const { name } of await opendir(folder, { bufferSize: 1000 })) {
      // Hidden ones show when asked for by their dot.
      const shown = !name.startsWith(".") || start.startsWith(".");
      if (shown && name.toLowerCase().startsWith(start)) names.push(name);
      if (++looked === mostLooked || names.length === mostGiven) break;
    }
  } catch {
    // What cannot be read has nothing to suggest.
  }
  return names;
}

/** The driver and options a path is opened with. Problems say why a path is neither file nor folder of sessions. */
export async function detectFile(
  typed: string,
): Promise<{ driver: string; options: Record<string, unknown>; name: string }> {
  const path = expand(typed);
  const { driver, options } = await detectPath(await realpath(path).catch(() => path));
  const checked = driver.options.parse(options) as Record<string, unknown>;
  return { driver: driver.name, options: checked, name: driver.suggestName(checked).slice(0, 80) };
}

function expand(typed: string): string {
  const path = typed.trim();
  if (path === "~" || path.startsWith(`~${sep}`) || path.startsWith("~/"))
    return join(homedir(), path.slice(1));
  return resolve(path || homedir());
}

const magic = "SQLite format 3\0";

async function kindOf(path: string): Promise<Kind> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) return "folder";
    // A pipe or a device would wait for ever.
    if (!info.isFile()) return "file";
    const file = await open(path);
    try {
      const head = Buffer.alloc(magic.length);
      await file.read(head, 0, magic.length, 0);
      return head.toString("latin1") === magic ? "sqlite" : "file";
    } finally {
      await file.close();
    }
  } catch {
    return "file";
  }
}
