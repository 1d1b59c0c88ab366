/** Everything a run's store holds, as a timeline lists it: for looking at, shared with what was seen before. */
import type { Row } from "../engine/backends/ports.ts";
import type { LocMemEntry } from "../engine/caches/locmem.ts";
import { instant, isoMicros, type Micros } from "../engine/time.ts";
import type { Holdings, Lookup } from "./present.ts";
import type { RowAfter, StoreAfter } from "./timeline.ts";

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

  /** What the cache still serves; nothing for engines without one. */
  liveEntries(): LocMemEntry[] {
    const { engine, cache, environment } = this.#in;
    if (engine !== "cache" && engine !== "cached_db") return [];
    const now = environment.now();
    return cache.entries().filter(({ expires }) => expires === null || expires > now);
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
            data:
              stored.content.length === 0
                ? null
                : this.#lookup.decoded(stored, Buffer.from(stored.content).toString()),
          })),
        };
      case "signed_cookies":
        return {};
    }
  }
}
