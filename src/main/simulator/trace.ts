/**
 * What happens inside of a step, in order: the actions of the view, every call on a storage, and what the middleware
 * looked at before it decided. Storages are wrapped; the engine knows nothing of it.
 */

import { cacheKeyPrefix } from "../engine/backends/cache.ts";
import { cachedDbKeyPrefix } from "../engine/backends/cached-db.ts";
import type { Cache, FileStorage, Row, RowStorage } from "../engine/backends/ports.ts";
import type { LocMemCache } from "../engine/caches/locmem.ts";
import type { Micros } from "../engine/time.ts";
import type { PyValue } from "../python/value.ts";
import type { MemoryFile, MemoryFiles, MemoryRows } from "./memory.ts";
import type { Action } from "./scenario.ts";

export type StoreArea = "rows" | "cache" | "files";

export interface StoreEvent {
  readonly type: "store";
  readonly area: StoreArea;
  /** "find" is a read that wants a live record; "evict" is the cache's own doing, "purge" clearsessions'. */
  readonly call: "exists" | "find" | "insert" | "update" | "create" | "delete" | "purge" | "evict";
  /** The session's key. */
  readonly key: string;
  /** Reads: found. Writes: done. */
  readonly hit: boolean;
  /** Writes of rows and of the cache: what the record says of its end; null: never. */
  readonly expires?: Micros | null;
  readonly row?: Row;
  readonly file?: MemoryFile;
}

export interface ActionEvent {
  readonly type: "action";
  readonly action: Action;
  /** What it returned, or the exception's name. */
  readonly result: PyValue;
  readonly error: string | null;
  readonly modified: { readonly before: boolean; readonly after: boolean };
  readonly key: { readonly before: string | null; readonly after: string | null };
  /** Where in the trace its own calls on storages begin. */
  readonly from: number;
}

/** What process_response sees when it begins. */
export interface ResponseEvent {
  readonly type: "response";
  readonly empty: boolean;
  readonly accessed: boolean;
  readonly modified: boolean;
  /** A session cookie came with the request. */
  readonly cookie: boolean;
  readonly status: number;
  readonly key: string | null;
}

export type TraceEvent = StoreEvent | ActionEvent | ResponseEvent;

export type Emit = (event: TraceEvent) => void;

type StoreCall = (
  call: StoreEvent["call"],
  key: string,
  hit: boolean,
  more?: Pick<StoreEvent, "expires" | "row" | "file">,
) => void;

const calls =
  (area: StoreArea, emit: Emit): StoreCall =>
  (call, key, hit, more) =>
    emit({ type: "store", area, call, key, hit, ...more });

/** `instantOf` turns the column's value into an instant. */
export function tracedRows(
  rows: MemoryRows,
  instantOf: (column: Micros) => Micros,
  emit: Emit,
): RowStorage {
  const tell = calls("rows", emit);
  return {
    async exists(key) {
      const hit = await rows.exists(key);
      tell("exists", key, hit);
      return hit;
    },
    async findLive(key, now) {
      const row = await rows.findLive(key, now);
      tell("find", key, row !== undefined);
      return row;
    },
    async insert(row) {
      const free = !rows.has(row.sessionKey);
      tell("insert", row.sessionKey, free, { expires: instantOf(row.expireDate), row });
      await rows.insert(row);
    },
    async update(row) {
      const matched = await rows.update(row);
      const more = { expires: instantOf(row.expireDate), row };
      tell("update", row.sessionKey, matched > 0, more);
      return matched;
    },
    async delete(key) {
      tell("delete", key, rows.has(key));
      await rows.delete(key);
    },
    async deleteExpired(now) {
      for (const { sessionKey } of rows.expired(now)) tell("purge", sessionKey, true);
      return rows.deleteExpired(now);
    },
  };
}

/** The session's key in the key of a cache entry. */
export const sessionKeyIn = (cacheKey: string): string => {
  for (const prefix of [cachedDbKeyPrefix, cacheKeyPrefix])
    if (cacheKey.startsWith(prefix)) return cacheKey.slice(prefix.length);
  return cacheKey;
};

export function tracedCache(cache: LocMemCache, emit: Emit): Cache {
  const tell = calls("cache", emit);
  const expiry = (key: string) => ({ expires: cache.stored(key)?.expires ?? null });
  return {
    name: cache.name,
    async get(key) {
      const value = await cache.get(key);
      tell("find", sessionKeyIn(key), value !== undefined);
      return value;
    },
    // With a timeout that is no number both raise after they have stored the value.
    async add(key, value, timeout) {
      let added = false;
      try {
        added = await cache.add(key, value, timeout);
        return added;
      } finally {
        tell("insert", sessionKeyIn(key), added, added ? expiry(key) : {});
      }
    },
    async set(key, value, timeout) {
      try {
        await cache.set(key, value, timeout);
      } finally {
        tell("update", sessionKeyIn(key), true, expiry(key));
      }
    },
    async has(key) {
      const hit = await cache.has(key);
      tell("exists", sessionKeyIn(key), hit);
      return hit;
    },
    async delete(key) {
      tell("delete", sessionKeyIn(key), cache.stored(key) !== undefined);
      await cache.delete(key);
    },
  };
}

/** `prefix` is SESSION_COOKIE_NAME. `purging` says whether clearsessions is what removes. */
export function tracedFiles(
  files: MemoryFiles,
  prefix: string,
  purging: () => boolean,
  emit: Emit,
): FileStorage {
  const tell = calls("files", emit);
  const keyOf = (name: string): string =>
    name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return {
    list: () => files.list(),
    async exists(name) {
      const hit = await files.exists(name);
      tell("exists", keyOf(name), hit);
      return hit;
    },
    async read(name) {
      const file = await files.read(name);
      tell("find", keyOf(name), file !== undefined);
      return file;
    },
    async createEmpty(name) {
      const made = await files.createEmpty(name);
      tell("create", keyOf(name), made);
      return made;
    },
    async replace(name, content) {
      await files.replace(name, content);
      const file = await files.read(name);
      tell("update", keyOf(name), true, file === undefined ? {} : { file });
    },
    async remove(name) {
      const there = await files.exists(name);
      tell(purging() ? "purge" : "delete", keyOf(name), there);
      await files.remove(name);
    },
  };
}

export const isStoreEvent = (event: TraceEvent): event is StoreEvent => event.type === "store";
export const isAction = (event: TraceEvent): event is ActionEvent => event.type === "action";
export const isResponse = (event: TraceEvent): event is ResponseEvent => event.type === "response";

const readCalls: readonly StoreEvent["call"][] = ["exists", "find"];
const writeCalls: readonly StoreEvent["call"][] = ["insert", "update", "delete", "purge"];

/** SELECTs, gets and reads of files. */
export const readsIn = (trace: readonly TraceEvent[]): number =>
  trace.filter((event) => isStoreEvent(event) && readCalls.includes(event.call)).length;

/** INSERTs, UPDATEs, DELETEs, sets and files replaced; a DELETE of nothing is left out, one over many rows is as many. */
export const writesIn = (trace: readonly TraceEvent[]): number =>
  trace.filter((event) => isStoreEvent(event) && writeCalls.includes(event.call) && event.hit)
    .length;
