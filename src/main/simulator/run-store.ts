/** What a run's sessions are kept in: table, cache and folder in memory, every call on them told. */
import { type EngineName, engineName, type Storages } from "../engine/backends/engines.ts";
import type { Environment, Row } from "../engine/backends/ports.ts";
import { makeCacheKey } from "../engine/caches/keys.ts";
import { LocMemCache, type LocMemHeld } from "../engine/caches/locmem.ts";
import { instant, type Micros } from "../engine/time.ts";
import { type MemoryFile, MemoryFiles, MemoryRows } from "./memory.ts";
import { Lookup } from "./present.ts";
import { limits, sessionCache } from "./session-cache.ts";
import { Snapshots } from "./snapshot.ts";
import { type Emit, sessionKeyIn, tracedCache, tracedFiles, tracedRows } from "./trace.ts";

/** Everything held. Records never change, they are replaced: a copy is a list of references. */
export interface StoreState {
  readonly rows: readonly Row[];
  readonly cache: readonly LocMemHeld[];
  readonly files: readonly (readonly [string, MemoryFile])[];
}

export class RunStore {
  readonly engine: EngineName;
  readonly rows: MemoryRows;
  readonly files: MemoryFiles;
  readonly cache: LocMemCache;
  readonly environment: Environment;
  /** For the engine: every call is told. */
  readonly storages: Storages;
  readonly lookup: Lookup;
  readonly snapshots: Snapshots;
  /** clearsessions is what removes. */
  purging = false;
  readonly #evicted: (fullKey: string) => void;

  /** `held` is there at the start. Throws bad_setting for an engine or a cache that cannot be run. */
  constructor(environment: Environment, emit: Emit, held?: StoreState) {
    const { settings, now } = environment;
    this.engine = engineName(settings.SESSION_ENGINE);
    this.environment = environment;
    const cache = sessionCache(settings);
    const told: Emit = (event) => {
      emit(event);
      if (event.type === "store" && event.call !== "find" && event.call !== "exists")
        this.snapshots.changed();
    };
    const keyStart = makeCacheKey(cache, "");
    this.#evicted = (key) =>
      told({
        type: "store",
        area: "cache",
        call: "evict",
        key: sessionKeyIn(key.slice(keyStart.length)),
        hit: true,
      });
    this.rows = new MemoryRows(held?.rows);
    this.files = new MemoryFiles(now, held?.files);
    this.cache = new LocMemCache({
      ...cache,
      ...limits(cache),
      now,
      evicted: this.#evicted,
      held: held?.cache ?? [],
    });
    const instantOf = (column: Micros): Micros =>
      instant({ wall: column, offset: settings.USE_TZ ? 0n : null }, settings.TIME_ZONE);
    this.storages = {
      rows: tracedRows(this.rows, instantOf, told),
      cache: tracedCache(this.cache, told),
      files: tracedFiles(this.files, settings.SESSION_COOKIE_NAME, () => this.purging, told),
    };
    this.lookup = new Lookup(this);
    this.snapshots = new Snapshots(this, this.lookup);
  }

  state(): StoreState {
    return { rows: this.rows.rows(), cache: this.cache.held(), files: this.files.files() };
  }

  /** The cache loses everything. */
  clearCache(): void {
    for (const { key } of this.snapshots.liveEntries()) this.#evicted(key);
    this.cache.clear();
  }
}
