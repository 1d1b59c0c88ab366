/** Reading sessions from the folder: pages, scans, counts. */
import { setImmediate as breathe } from "node:timers/promises";
import { problem } from "../problem.ts";
import type { Entry, ExpiryRange, PageRequest, PlacedEntry, ScanRequest } from "./driver.ts";
import { isoOf } from "./file-expiry.ts";
import { type Content, contentOf, type Folder, tokenOf } from "./file-folder.ts";
import { type Index, inRange, type SortedEntry } from "./file-index.ts";

export interface Files {
  readonly folder: Folder;
  readonly index: Index;
  /** Whether pages come by expiry; else by key, since the expiry of a file is known only after reading it. */
  readonly ordered: boolean;
}

/** How long the event loop is held, in ms. */
const TURN = 15;
/** How old, in ms, the names of a folder too large to be ordered may be. */
const NAMES_AGE = 10_000;
/** Data a step may bring along, in bytes. */
const STEP_BYTES = 32 * 1024 * 1024;

export function entryOf({ index }: Files, key: string, content: Content): Entry {
  return {
    key,
    data: content.data,
    size: content.size,
    expires: index.learn(key, content).expires,
    writtenAt: isoOf(Number((content.mtime + 500n) / 1000n)),
    token: tokenOf(content),
  };
}

/** null: no such session. A file left out for its size is read once for its expiry, in `index.look`. */
export function read(files: Files, key: string, maxData: number): Entry | null {
  const content = contentOf(files.folder, key, maxData);
  if (!content) return null;
  if (content.data === null && !content.unreadable) {
    const known = files.index.look(key);
    if (!known) return null;
    return { ...entryOf(files, key, content), expires: known.expires };
  }
  return entryOf(files, key, content);
}

export function get(files: Files, key: string, maxData: number): Entry | null {
  const content = contentOf(files.folder, key, maxData);
  if (content?.unreadable)
    throw problem(
      "cannot_open",
      "This user may not read the session's file.",
      "Django makes it readable for the user of the site alone (mode 0600).",
      { path: files.folder.fileOf(key) },
    );
  if (!content) {
    // A folder that is gone has no files either.
    files.folder.check();
    return null;
  }
  return read(files, key, maxData);
}

export async function page(files: Files, request: PageRequest): Promise<PlacedEntry[]> {
  const { order, range = {}, after, before, limit, maxData } = request;
  const backwards = before !== undefined;
  const ascending = (order === "expires" || !files.ordered) !== backwards;
  const places: Places = files.ordered
    ? await files.index.sorted()
    : byKey(files.folder.sortedKeys(NAMES_AGE));
  const cursor = after ?? before;
  const step = ascending ? 1 : -1;
  const found: PlacedEntry[] = [];
  let turn = performance.now();
  for (let at = start(places, cursor, ascending); found.length < limit; at += step) {
    const place = at < 0 ? undefined : places.at(at);
    if (!place) break;
    if (files.ordered && !inRange(place.expires, range)) continue;
    const entry = read(files, place.key, maxData);
    if (entry && inRange(entry.expires, range)) found.push({ ...entry, cursor: place.cursor });
    if (performance.now() - turn < TURN) continue;
    await breathe();
    turn = performance.now();
  }
  return backwards ? found.reverse() : found;
}

/** A list of places, without an object for each of them where there are very many. */
interface Places {
  length: number;
  at(index: number): SortedEntry | undefined;
}

const byKey = (keys: string[]): Places => ({
  length: keys.length,
  at(index) {
    const key = keys[index];
    return key === undefined ? undefined : { key, cursor: key, expires: null };
  },
});

/** Index of the first place strictly beyond the cursor, by halving. */
function start(places: Places, cursor: string | undefined, ascending: boolean): number {
  if (cursor === undefined) return ascending ? 0 : places.length - 1;
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = places.at(middle)?.cursor ?? "";
    if (ascending ? place <= cursor : place < cursor) low = middle + 1;
    else high = middle;
  }
  return ascending ? low : low - 1;
}

/** Each key once, whatever is written meanwhile: the names are read in one go. In the folder's own order. */
export async function* scan(files: Files, request: ScanRequest): AsyncGenerator<Entry[]> {
  const { range = {}, batch, maxData, minSize, maxSize, part, signal } = request;
  const keys = files.folder
    .names()
    .keys.filter((key) => !part || part.of < 2 || partOf(key, part.of) === part.index);
  let step: Entry[] = [];
  let bytes = 0;
  let turn = performance.now();
  for (const key of keys) {
    const entry = read(files, key, maxData);
    if (
      entry &&
      inRange(entry.expires, range) &&
      (minSize === undefined || entry.size > minSize) &&
      (maxSize === undefined || entry.size < maxSize)
    ) {
      step.push(entry);
      bytes += entry.data === null ? 0 : entry.size;
    }
    const held = performance.now() - turn > TURN;
    if (step.length < batch && bytes < STEP_BYTES && !held) continue;
    if (signal?.aborted) return;
    if (step.length) yield step;
    step = [];
    bytes = 0;
    if (!held) continue;
    await breathe();
    turn = performance.now();
  }
  if (step.length && !signal?.aborted) yield step;
}

const partOf = (key: string, of: number) => {
  let sum = 0;
  for (let at = 0; at < key.length; at++) sum = (sum * 31 + key.charCodeAt(at)) >>> 0;
  return sum % of;
};

export async function count(
  { folder, index }: Files,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  if (range.from === undefined && range.to === undefined) return folder.names().keys.length;
  let total = 0;
  for await (const step of index.walk(signal))
    for (const [, { expires }] of step) if (inRange(expires, range)) total += 1;
  signal?.throwIfAborted();
  return total;
}

export async function span({ index }: Files): Promise<{ oldest: string; newest: string } | null> {
  let oldest: string | null = null;
  let newest: string | null = null;
  for await (const step of index.walk())
    for (const [, { expires }] of step) {
      if (expires === null) continue;
      if (oldest === null || expires < oldest) oldest = expires;
      if (newest === null || expires > newest) newest = expires;
    }
  return oldest !== null && newest !== null ? { oldest, newest } : null;
}
