/**
 * The driver interface: what a kind of store can do, and nothing of what its values mean.
 *
 * A driver is one file exporting an object literal: options schema, name, open(), in this order; `list.ts` names it.
 * Capabilities instead of names: an operation a store lacks is absent, and `capabilities` says so.
 *
 * Times are ISO 8601 UTC text with microseconds ("2026-01-01T00:00:30.000000Z"): sortable, exact for what SQL holds.
 * Stored data is text or bytes exactly as stored. Expected failures are ProblemErrors (cannot_open, not_a_database,
 * no_table, locked, read_only, store_gone, store_failed, disk_full); a driver never lets a client library's error out.
 */
import type { z } from "zod";
import type { Capabilities, StoreKind } from "../../shared/connection.ts";
import type { Order } from "../../shared/session.ts";
import { type ProblemError, problem } from "../problem.ts";

/** What a store holds for one session key, undecoded. */
export interface Entry {
  key: string;
  /** null where it was left out for size (`maxData`); `size` is right all the same. */
  data: string | Uint8Array | null;
  /** Stored bytes. */
  size: number;
  /** When the store stops serving it; null: never or unknown to the store. */
  expires: string | null;
  /** When the store says it was last written (a file's mtime); null where it does not say. */
  writtenAt: string | null;
  /**
   * Version token for compare-and-swap: a hash or the like of what is stored, expiry included. Where the data was left
   * out it names size and expiry (or mtime) only; `get` gives the full one.
   */
  token: string;
  /** Of a row and the cache in front of it: where the two differ. */
  pair?: "same" | "cacheOnly" | "rowOnly" | "different";
  /** Of such a pair, where both were read: what each of the two stores holds. */
  halves?: Two;
}

export type Half = "row" | "copy";

/** A session as the table and the cache in front of it (cached_db) hold it. */
export interface Two {
  readonly row: Entry | null;
  readonly copy: Entry | null;
}

/** Half-open [from, to) over `expires`; entries without an expiry belong to a range without bounds only. */
export interface ExpiryRange {
  from?: string;
  to?: string;
}

export interface PageRequest {
  order: Order;
  range?: ExpiryRange;
  /** A cursor of an entry; the page starts strictly after it, or ends strictly before it. */
  after?: string;
  before?: string;
  limit: number;
  /** Data longer than this many bytes is left out. */
  maxData: number;
}

/** An entry in a page, with the place to continue from. */
export interface PlacedEntry extends Entry {
  cursor: string;
}

export interface Part {
  index: number;
  of: number;
  /** From `Store.edges`, the same for all parts of a scan. */
  edges?: readonly string[];
}

export interface ScanRequest {
  range?: ExpiryRange;
  /** A hint: exactly once comes first, and a large scan may come in the store's own order. */
  order: Order;
  /** Entries a step; the driver may take fewer. */
  batch: number;
  maxData: number;
  /** Only entries of more, or fewer, stored bytes: a store that can answers it itself. */
  minSize?: number;
  maxSize?: number;
  /** Part `index` of `of` disjoint parts that together are the whole, for several workers. */
  part?: Part;
  signal?: AbortSignal;
}

/**
 * A write carries the token of what was read; `null` means the key must be free.
 * `expires` null keeps a stored expiry that lies in a column; a new row there needs one (else bad_request).
 */
export interface WriteRequest {
  key: string;
  data: string | Uint8Array;
  expires: string | null;
  expected: string | null;
  /** Files: the mtime to set (Django's default-age expiry counts from it). Others ignore it. */
  writtenAt?: string;
  /** Of a row and the cache in front of it: what the copy becomes, where there is one. Absent: the same value in its form. */
  copy?: string | Uint8Array;
}

/** "conflict": the stored entry is not the expected one; nothing was written. "missing": it is gone. */
export type WriteOutcome = { outcome: "done"; token: string } | { outcome: "conflict" | "missing" };

/** One of several changes made together. */
export type StoreChange =
  | ({ op: "write" } & WriteRequest)
  | { op: "setExpiry"; key: string; expires: string; expected: string }
  | { op: "delete"; key: string; expected: string };

export interface PurgeBatchRequest {
  cutoff: string;
  limit: number;
  /** Gets the before-images of the batch, and must have kept them when it returns; a throw rolls the batch back. */
  keep?: (entries: Entry[]) => void;
  /** Files: those Django's rule never removes as well. */
  includeNeverRemoved?: boolean;
}

export interface PurgeBatch {
  deleted: number;
  bytes: number;
  /** Renewed, changed or gone between being found and being deleted. */
  skipped: number;
  /** How long others were locked out, in ms. */
  lockMs: number;
  /** Nothing is left before the cutoff. */
  finished: boolean;
}

export interface PurgeCount {
  count: number;
  bytes: number;
  oldest: string | null;
  /** Final; the last one given is. */
  exact: boolean;
  neverRemoved: { count: number; bytes: number; why: string } | null;
}

/** How Django's own rules see entries, which drivers need where expiry depends on the value (files). */
export interface ExpiryReader {
  /** SESSION_COOKIE_AGE in seconds, and SESSION_COOKIE_NAME. */
  cookieAge: number;
  cookieName: string;
  /** `_session_expiry` of a stored value: null where there is none, undefined where the value cannot be read. */
  storedExpiry(data: string | Uint8Array): number | string | null | undefined;
}

export interface Store {
  readonly kind: StoreKind;
  readonly capabilities: Capabilities;
  /** "SQLite 3.54, /srv/site/db.sqlite3" */
  readonly title: string;
  /** False while the store is open read-only. */
  readonly writable: boolean;
  /** Parts beyond which a scan gains nothing, where each part goes through all of the store. Absent: no bound. */
  readonly mostParts?: number;
  /** Of a table with a cache in front: the two by themselves, each for putting back what it held. */
  readonly halves?: { readonly row: Store; readonly copy: Store };
  /** Of a cache that says so by itself: the form its site loads. Absent: as the sessions show that are there. */
  readonly form?: "pickle" | "json" | "database_cache" | "file_cache";
  /** Lists go by hashes of the keys, and which session is whose is known only when it is asked for by its key. */
  readonly hashed?: true;
  facts(): Promise<{ level: "ok" | "info" | "warning"; title: string; text: string }[]>;
  /** The store's own clock. */
  now(): Promise<string>;
  /**
   * Keyset page on expires; no count and no full scan. Always in the order asked for, also with `before`.
   * Ties are in the order of the store's own index (SQLite: rowid), else by key; an empty page is the end.
   */
  page(request: PageRequest): Promise<PlacedEntry[]>;
  /** Every entry of the range that lives throughout, exactly once. Ends early on abort without an error. */
  scan(request: ScanRequest): AsyncIterable<Entry[]>;
  /** Keys to divide a scan at, so that no part goes through another's; null: a part goes through all of the store. */
  edges?(of: number): Promise<string[] | null>;
  /** With the whole data, up to `maxData` bytes (then null). null: no such key. Refuses what is no key with bad_key. */
  get(key: string, maxData: number): Promise<Entry | null>;
  /** The same for many keys, where that takes fewer questions than one each. */
  getMany?(keys: readonly string[], maxData: number): Promise<Map<string, Entry>>;
  /** Exact number in the range; abortable. */
  count(range: ExpiryRange, signal?: AbortSignal): Promise<number>;
  /** A number to hand at once, or null. */
  estimate(): Promise<number | null>;
  /** About how many expire within each range, from statistics and without reading; null where there are none. */
  estimates?(ranges: readonly ExpiryRange[]): Promise<number[] | null>;
  /** Earliest and latest expiry; null in an empty store. */
  span(): Promise<{ oldest: string; newest: string } | null>;
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** Sets the expiry alone, where the store can. Files: the mtime. */
  setExpiry?(key: string, expires: string, expected: string): Promise<WriteOutcome>;
  delete(key: string, expected: string): Promise<WriteOutcome>;
  /**
   * Several changes under one lock and one commit, each compared and swapped by itself; what came of them, in
   * their order. A change that cannot be made is its problem and hinders no other.
   */
  changeAll?(changes: readonly StoreChange[]): Promise<(WriteOutcome | ProblemError)[]>;
  purgeCount?(cutoff: string, signal?: AbortSignal): AsyncIterable<PurgeCount>;
  purgeBatch?(request: PurgeBatchRequest): Promise<PurgeBatch>;
  /** The statement a purge runs, for the preview. */
  purgeStatement?(cutoff: string, limit: number): string;
  /** Names of users by id; ids unknown to the store are absent. */
  userNames?(ids: string[]): Promise<Map<string, string>>;
  /** Users whose name starts with (or, with `exact`, is) the text, at most `limit`. */
  findUsers?(text: string, exact: boolean, limit: number): Promise<{ id: string; name: string }[]>;
  close(): Promise<void>;
}

/** A place that a client dials. */
export type Dialled = { readonly host: string; readonly port: number } | { readonly path: string };

/** The near end of an SSH tunnel: a SOCKS proxy on 127.0.0.1, through which names are looked up at the far end. */
export interface NearEnd {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The SSH host, as shown. */
  readonly via: string;
}

export interface OpenRequest<Options> {
  options: Options;
  /** Every server is dialled through it; absent or null: directly. */
  proxy?: NearEnd | null;
  /** False opens the store so that it cannot be written to (mode=ro and the like). */
  writable: boolean;
  expiry: ExpiryReader;
  /** The site's USE_TZ and TIME_ZONE: naive columns hold UTC, or local time of the zone. */
  useTz: boolean;
  timeZone: string;
}

export interface Driver<Schema extends z.ZodType = z.ZodType> {
  /** Field titles and descriptions become the form: `.meta({ title, description, format: "path" })`. */
  readonly options: Schema;
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly kind: StoreKind;
  readonly schemes: readonly string[];
  /** What opening goes through, in order, where that can fail apart; a problem's `detail.step` names one of them. */
  readonly steps?: readonly string[];
  /** The servers that are dialled first; they may name more (a cluster, sentinels). Absent: no server at all (a file). */
  servers?(options: z.output<Schema>): readonly Dialled[];
  /** Options from a store URL ("sqlite:///srv/db.sqlite3?table=x"). */
  fromUrl(url: URL): z.input<Schema>;
  /** Options when a path on disk is one of these, else null. Only looks. */
  detect?(path: string): Promise<z.input<Schema> | null>;
  /** Names the place itself, the same for every connection to it: a real path and a table. */
  identity(options: z.output<Schema>): string;
  /** A name for a new connection. */
  suggestName(options: z.output<Schema>): string;
  open(request: OpenRequest<z.output<Schema>>): Promise<Store>;
}

/** Types the literal, keeping the schema's own type. */
export const defineDriver = <Schema extends z.ZodType>(driver: Driver<Schema>): Driver<Schema> =>
  driver;

/** Throws read_only while a store is open so that it cannot be written to. */
export function assertWritable(writable: boolean): void {
  if (!writable)
    throw problem("read_only", "This connection is locked against writes.", "Unlock it first.");
}

/** Runs each write of a store, or refuses it. */
export const writesOf =
  (writable: boolean) =>
  <T>(work: () => T): T => {
    assertWritable(writable);
    return work();
  };
