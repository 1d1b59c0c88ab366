/** What the conformance suite is made of: a place to test in, and going through all of a store. */
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, PlacedEntry, Store } from "../../src/main/stores/driver.ts";

export interface Put {
  key: string;
  /** ISO with microseconds. */
  expires: string;
  data?: string;
}

/** How another process opens a place. */
export interface Target {
  driver: string;
  options: Record<string, unknown>;
  cachedBy?: { driver: string; options: Record<string, unknown> };
}

/** A place of its own for one test, and another program that writes to it without the driver. */
export interface Place {
  open(writable: boolean): Promise<Store>;
  readonly target: Target;
  put(sessions: Put[]): void | Promise<void>;
  renew(key: string, expires: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
  /** The place itself vanishes. */
  vanish(): void | Promise<void>;
  cleanUp(): void | Promise<void>;
}

export interface Conformance {
  place(): Place | Promise<Place>;
  /** Keys the store allows beyond Django's own; none where only those have a place. */
  oddKeys: string[];
  /** A store that removes what expired by itself, in ms: its sessions end in the future, and there is no purge of them. */
  expiresByItself?: boolean;
  /** The store holds no fractions of a second. */
  wholeSeconds?: boolean;
}

const START = Date.parse("2026-01-01T00:00:00Z");

/** ISO of a number of seconds after the start, with a fraction that only microseconds hold. */
export const at = (seconds: number): string => atPast(seconds);

export const atPast = (seconds: number): string =>
  `${new Date(START + Math.floor(seconds) * 1000).toISOString().slice(0, 19)}.000123Z`;

export const keyOf = (index: number): string =>
  `k${index.toString(36).padStart(6, "0")}`.padEnd(32, "x");

export async function pages(
  store: Store,
  order: "expires" | "-expires",
  limit: number,
  between?: () => void | Promise<void>,
) {
  const all: PlacedEntry[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.page({ order, limit, maxData: 1000, ...(after ? { after } : {}) });
    if (!page.length) return all;
    all.push(...page);
    after = page.at(-1)?.cursor;
    await between?.();
  }
}

export async function scanned(
  store: Store,
  request: Partial<Parameters<Store["scan"]>[0]> = {},
  each?: () => void | Promise<void>,
) {
  const all: Entry[] = [];
  for await (const step of store.scan({ order: "expires", batch: 50, maxData: 1000, ...request })) {
    all.push(...step);
    await each?.();
  }
  return all;
}

export const keys = (entries: { key: string }[]) => entries.map(({ key }) => key);

export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return "no problem";
}

export async function purgeAll(
  store: Store,
  cutoff: string,
  limit: number,
  keep?: (e: Entry[]) => void,
) {
  const sum = { deleted: 0, skipped: 0, batches: 0 };
  for (;;) {
    const batch = await store.purgeBatch?.({ cutoff, limit, ...(keep ? { keep } : {}) });
    if (!batch) throw new Error("The store has no purge.");
    sum.deleted += batch.deleted;
    sum.skipped += batch.skipped;
    sum.batches += 1;
    if (batch.finished) return sum;
  }
}

/** The same a good while ahead, to the millisecond. */
const ahead = Math.floor(Date.now() / 1000) * 1000 + 60 * 86_400_000;
export const atAhead = (seconds: number): string =>
  `${new Date(ahead + Math.floor(seconds) * 1000).toISOString().slice(0, 19)}.123000Z`;

export const sorted = (names: string[]): string[] => [...names].sort();
