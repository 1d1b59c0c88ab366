/** Everything a run's store holds, as a timeline lists it: for looking at, shared with what was seen before. */
import type { Row } from "../engine/backends/ports.ts";
import type { LocMemEntry } from "../engine/caches/locmem.ts";
import { instant, isoMicros, type Micros } from "../engine/time.ts";
import { loadPickle } from "../python/pickle-read.ts";
import type { PyValue } from "../python/value.ts";
import type { MemoryFile } from "./memory.ts";
import type { Holdings, Lookup } from "./present.ts";
import type { RowAfter, StoreAfter } from "./timeline.ts";

/** One stored record; `record` stays the same object until it is written again. */
export interface StoredRecord {
  readonly record: object;
  readonly kind: "row" | "cache" | "file";
  readonly key: string;
  /** What it says besides its data, and its data; null for an empty file. */
  read(): { readonly facts: Readonly<Record<string, string | null>>; readonly data: PyValue };
}

export class Snapshots {
  readonly #in: Holdings;
  readonly #lookup: Lookup;
  readonly #rows = new WeakMap<Row, RowAfter>();
  #seen: { store: StoreAfter; until: Micros | null } | null = null;

  constructor(holdings: Holdings, lookup: Lookup) {
    this.#in = holdings;
    this.#lookup = lookup;
  }

  /** Something was written. */
  changed(): void {
    this.#seen = null;
  }

  /** The same object while nothing has changed. */
  store(): StoreAfter {
    const seen = this.#seen;
    const now = this.#in.environment.now();
    if (seen !== null && (seen.until === null || now < seen.until)) return seen.store;
    const live = this.liveEntries();
    const ends = live.flatMap(({ expires }) => (expires === null ? [] : [expires]));
    const until = ends.reduce<Micros | null>((a, b) => (a === null || b < a ? b : a), null);
    const store = this.#make(live);
    this.#seen = { store, until };
    return store;
  }

  /** Every record, not yet decoded, by kind and key. */
  records(): ReadonlyMap<string, StoredRecord> {
    const { engine, rows, cache, files } = this.#in;
    const found: StoredRecord[] = [];
    if (engine === "db" || engine === "cached_db")
      for (const row of rows.rows())
        found.push({
          record: row,
          kind: "row",
          key: row.sessionKey,
          read: () => {
            const { expires, data } = this.#row(row);
            return { facts: { expires }, data };
          },
        });
    if (engine === "cache" || engine === "cached_db")
      for (const [key, entry] of cache.held())
        if (this.#live(entry))
          found.push({
            record: entry,
            kind: "cache",
            key,
            read: () => ({
              facts: { expires: entry.expires === null ? null : isoMicros(entry.expires) },
              data: loadPickle(entry.pickle).value,
            }),
          });
    if (engine === "file")
      for (const [key, file] of files.files())
        found.push({
          record: file,
          kind: "file",
          key,
          read: () => ({
            facts: { modified: isoMicros(file.modified) },
            data: this.#contentOf(file),
          }),
        });
    return new Map(found.map((one) => [`${one.kind} ${one.key}`, one]));
  }

  /** What the cache still serves; nothing for engines without one. */
  liveEntries(): LocMemEntry[] {
    const { engine, cache } = this.#in;
    if (engine !== "cache" && engine !== "cached_db") return [];
    return cache.entries().filter((entry) => this.#live(entry));
  }

  #live({ expires }: { expires: Micros | null }): boolean {
    return expires === null || expires > this.#in.environment.now();
  }

  /** Null for an empty file, which a failed save leaves behind. */
  #contentOf(file: MemoryFile): PyValue {
    if (file.content.length === 0) return null;
    return this.#lookup.decoded(file, Buffer.from(file.content).toString());
  }

  /** The same object for the same row. */
  #row(row: Row): RowAfter {
    const known = this.#rows.get(row);
    if (known !== undefined) return known;
    const { USE_TZ, TIME_ZONE } = this.#in.environment.settings;
    const expires = instant({ wall: row.expireDate, offset: USE_TZ ? 0n : null }, TIME_ZONE);
    const made = {
      key: row.sessionKey,
      expires: isoMicros(expires),
      data: this.#lookup.decoded(row, row.sessionData),
    };
    this.#rows.set(row, made);
    return made;
  }

  #make(live: readonly LocMemEntry[]): StoreAfter {
    const rows = () => this.#in.rows.rows().map((row) => this.#row(row));
    const cache = () =>
      live.map(({ key, expires, value }) => ({
        key,
        expires: expires === null ? null : isoMicros(expires),
        data: value,
      }));
    switch (this.#in.engine) {
      case "db":
        return { rows: rows() };
      case "cached_db":
        return { rows: rows(), cache: cache() };
      case "cache":
        return { cache: cache() };
      case "file":
        return {
          files: this.#in.files.files().map(([file, stored]) => ({
            file,
            modified: isoMicros(stored.modified),
            data: this.#contentOf(stored),
          })),
        };
      case "signed_cookies":
        return {};
    }
  }
}
