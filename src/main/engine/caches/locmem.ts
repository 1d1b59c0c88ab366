/**
 * django.core.cache.backends.locmem.LocMemCache: pickles in memory, least recently used first to go.
 *
 * An entry is gone when its expiry <= now. At MAX_ENTRIES (300 unless set) a third of all entries goes before the
 * next one is stored, even where that one replaces another: sessions vanish without a word.
 */
import { loadPickle } from "../../python/pickle-read.ts";
import { dumpPickle } from "../../python/pickle-write.ts";
import type { PyValue } from "../../python/value.ts";
import type { Cache } from "../backends/ports.ts";
import { addedSeconds } from "../session.ts";
import { type Micros, microsOfSeconds } from "../time.ts";
import { type CacheKeySettings, makeCacheKey } from "./keys.ts";

export interface LocMemOptions extends CacheKeySettings {
  /** Microseconds since the epoch. */
  readonly now: () => Micros;
  readonly MAX_ENTRIES?: number;
  /** 0 empties the cache instead. */
  readonly CULL_FREQUENCY?: number;
  /** Told of each full key that a cull drops. */
  readonly evicted?: (fullKey: string) => void;
  /** What another one held, to go on from. */
  readonly held?: readonly LocMemHeld[];
}

/** A full key and what is held for it, which never changes. `expires` is null for never. */
export type LocMemHeld = readonly [
  string,
  { readonly pickle: Uint8Array; readonly expires: Micros | null },
];

/** `key` is the full one. `expires` is null for never. */
export interface LocMemEntry {
  readonly key: string;
  readonly value: PyValue;
  readonly pickle: Uint8Array;
  readonly expires: Micros | null;
}

export class LocMemCache implements Cache {
  readonly name = "<django.core.cache.backends.locmem.LocMemCache object>";
  readonly #options: LocMemOptions;
  /** Most recently used last. */
  readonly #entries: Map<string, LocMemHeld[1]>;
  readonly #values = new WeakMap<Uint8Array, PyValue>();

  constructor(options: LocMemOptions) {
    this.#options = options;
    this.#entries = new Map(options.held);
  }

  async get(key: string): Promise<PyValue | undefined> {
    const full = this.#live(key);
    const entry = this.#entries.get(full);
    if (entry === undefined) return undefined;
    this.#entries.delete(full);
    this.#entries.set(full, entry);
    return loadPickle(entry.pickle).value;
  }

  async add(key: string, value: PyValue, timeout: PyValue): Promise<boolean> {
    const pickle = dumpPickle(value, 5);
    // An expired entry is not thrown away here and still counts for the cull.
    const found = this.#entries.get(this.#fullKey(key));
    if (found !== undefined && !this.#expired(found)) return false;
    this.#store(key, pickle, timeout);
    return true;
  }

  async set(key: string, value: PyValue, timeout: PyValue): Promise<void> {
    this.#store(key, dumpPickle(value, 5), timeout);
  }

  async has(key: string): Promise<boolean> {
    return this.#entries.has(this.#live(key));
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(this.#fullKey(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  /** What is held for a key, expired or not. Looking changes nothing. */
  stored(key: string): LocMemHeld[1] | undefined {
    return this.#entries.get(this.#fullKey(key));
  }

  /** Everything held, least recently used first. */
  held(): LocMemHeld[] {
    return [...this.#entries];
  }

  /** Everything held, sorted by key; what has expired stays until somebody asks for it. Looking changes nothing. */
  entries(): LocMemEntry[] {
    return [...this.#entries]
      .map(([key, { pickle, expires }]) => ({ key, value: this.#value(pickle), pickle, expires }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** For looking at, not for handing to a session. */
  #value(pickle: Uint8Array): PyValue {
    const known = this.#values.get(pickle);
    if (known !== undefined) return known;
    const { value } = loadPickle(pickle);
    this.#values.set(pickle, value);
    return value;
  }

  #fullKey(key: string): string {
    return makeCacheKey(this.#options, key);
  }

  /** The full key, its entry thrown away first where it has expired. */
  #live(key: string): string {
    const full = this.#fullKey(key);
    const entry = this.#entries.get(full);
    if (entry !== undefined && this.#expired(entry)) this.#entries.delete(full);
    return full;
  }

  #expired({ expires }: { expires: Micros | null }): boolean {
    return expires !== null && expires <= this.#options.now();
  }

  #store(key: string, pickle: Uint8Array, timeout: PyValue): void {
    const full = this.#fullKey(key);
    if (this.#entries.size >= (this.#options.MAX_ENTRIES ?? 300)) this.#cull();
    const before = this.#entries.get(full);
    this.#entries.delete(full);
    // The value goes in before the timeout is looked at: with one that is no number a new entry is never found, and
    // an old one lives on with the new value, while the caller gets the TypeError.
    this.#entries.set(full, { pickle, expires: before === undefined ? -1n : before.expires });
    this.#entries.set(full, { pickle, expires: this.#expiry(timeout) });
  }

  /** Nothing is stored for zero seconds, so that it is not found at the same instant. */
  #expiry(timeout: PyValue): Micros | null {
    if (timeout === null) return null;
    const seconds = addedSeconds(timeout);
    return this.#options.now() + microsOfSeconds(seconds === 0 ? -1 : seconds);
  }

  #cull(): void {
    const frequency = this.#options.CULL_FREQUENCY ?? 3;
    const count = frequency === 0 ? this.#entries.size : Math.floor(this.#entries.size / frequency);
    for (const key of [...this.#entries.keys()].slice(0, count)) {
      this.#entries.delete(key);
      this.#options.evicted?.(key);
    }
  }
}
