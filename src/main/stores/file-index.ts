/**
 * What is known of every session in the folder, so that lists and counts need not read every file each time.
 *
 * A file is read once to learn its expiry (which may lie in its content); after that its stamp (mtime, size, inode)
 * tells whether it changed. Up to KNOWN files are remembered, some 400 bytes each; beyond, they are read again.
 */
import { setImmediate as breathe } from "node:timers/promises";
import type { ExpiryRange } from "./driver.ts";
import { type ExpiryRule, isoOf } from "./file-expiry.ts";
import {
  type Content,
  contentOf,
  type Folder,
  type Stamp,
  sameStamp,
  stampOf,
} from "./file-folder.ts";

export interface Known extends Stamp {
  /** ISO; null: Django's rule never removes it, for the reason given. */
  expires: string | null;
  why: string;
}

export interface Index {
  /** What is known of a file now, read if need be; null: it is no session, or gone. */
  look(key: string): Known | null;
  /** Learns from a content that was read anyway. */
  learn(key: string, content: Content): Known;
  /** All sessions, in steps of a few ms each, in no order. Ends early on abort. */
  walk(signal?: AbortSignal): AsyncGenerator<[key: string, known: Known][]>;
  /** All sessions by (expires, key), never-expiring ones last; at most REFRESH ms old. */
  sorted(): Promise<SortedEntry[]>;
  /** The next `sorted` looks again: something was written. */
  changed(): void;
}

export interface SortedEntry {
  key: string;
  expires: string | null;
  /** Sorts as the list does, and is the cursor. */
  cursor: string;
}

const KNOWN = 500_000;
const REFRESH = 1500;
/** How long the event loop is held, in ms. */
const TURN = 12;
/** Larger files are not read to learn their expiry. */
const READABLE = 64 * 1024 * 1024;

export const cursorOf = (expires: string | null, key: string): string => `${expires ?? "~"} ${key}`;

export const inRange = (expires: string | null, { from, to }: ExpiryRange): boolean =>
  from === undefined && to === undefined
    ? true
    : expires !== null &&
      (from === undefined || expires >= from) &&
      (to === undefined || expires < to);

export function indexOf(folder: Folder, rule: ExpiryRule): Index {
  const known = new Map<string, Known>();
  let list: SortedEntry[] = [];
  let listedAt = Number.NEGATIVE_INFINITY;
  let listing: Promise<SortedEntry[]> | null = null;

  const index: Index = {
    look(key) {
      const stamp = stampOf(folder.fileOf(key));
      const before = known.get(key);
      if (stamp && before && sameStamp(stamp, before)) return before;
      const content = stamp && contentOf(folder, key, READABLE);
      if (content) return index.learn(key, content);
      known.delete(key);
      return null;
    },
    learn(key, { mtime, size, inode, data, unreadable }) {
      const before = known.get(key);
      if (before && sameStamp(before, { mtime, size, inode })) return before;
      const limit =
        data === null
          ? {
              at: null,
              why: unreadable
                ? "This user may not read the file."
                : "Too large to be read for its expiry.",
            }
          : rule.limit(data, Number((mtime + 500n) / 1000n));
      const expires = limit.at === null ? null : isoOf(limit.at);
      const now: Known = {
        mtime,
        size,
        inode,
        expires,
        why:
          limit.at === null
            ? limit.why
            : expires === null
              ? "Its expiry is beyond the year 9999."
              : "",
      };
      if (known.size < KNOWN || known.has(key)) known.set(key, now);
      return now;
    },
    async *walk(signal) {
      const { keys } = folder.names();
      forget(new Set(keys));
      let step: [string, Known][] = [];
      let turn = performance.now();
      for (const key of keys) {
        const now = index.look(key);
        if (now) step.push([key, now]);
        if (performance.now() - turn < TURN) continue;
        yield step;
        step = [];
        await breathe();
        if (signal?.aborted) return;
        turn = performance.now();
      }
      yield step;
    },
    sorted() {
      if (performance.now() - listedAt < REFRESH) return Promise.resolve(list);
      listing ??= sort().finally(() => {
        listing = null;
      });
      return listing;
    },
    changed() {
      listedAt = Number.NEGATIVE_INFINITY;
    },
  };

  function forget(living: Set<string>): void {
    for (const key of known.keys()) if (!living.has(key)) known.delete(key);
  }

  async function sort(): Promise<SortedEntry[]> {
    const entries: SortedEntry[] = [];
    for await (const step of index.walk())
      for (const [key, { expires }] of step)
        entries.push({ key, expires, cursor: cursorOf(expires, key) });
    entries.sort((a, b) => (a.cursor < b.cursor ? -1 : 1));
    list = entries;
    listedAt = performance.now();
    return entries;
  }

  return index;
}
