/** What a job works on: an open store, the keys and settings its sessions are read with, and the recycle bin. */
import type { Connection, FilledSettings } from "../../shared/connection.ts";
import type { BinJob } from "../../shared/job.ts";
import type { Entry, NearEnd, Store } from "../stores/driver.ts";

/** Keys and salt a stored value is verified and signed with. Never leaves the host. */
export interface Keys {
  secretKey?: string;
  fallbacks: string[];
  /** "django.contrib.sessions." + the qualified name of the store class. */
  salt: string;
}

/** All that is needed to open the same store again in a worker: plain data. */
export interface OpenRecipe {
  connection: Connection;
  /** Passwords, laid over its options when it is opened. Never saved, never shown. */
  overlay?: Record<string, unknown>;
  /** The near end of the connection's tunnel. Never saved, never shown. */
  proxy?: NearEnd | null;
  keys: Keys;
  settings: FilledSettings;
  /** Opens read-only otherwise. */
  writable: boolean;
  /** Where the recycle bin lies. */
  binPath: string;
}

export interface StoreContext {
  readonly recipe: OpenRecipe;
  readonly store: Store;
  readonly bin: Bin;
}

/**
 * A before-image on its way into the bin. `after` names what the app is about to write over it, as
 * `contentMark` of bin-space.ts, until `settle` gives the store's token; null: it is deleted.
 */
export interface BeforeImage {
  entry: Entry;
  after: string | null;
  /** Of a pair with both halves: the same of its copy; `after` is the row's. */
  afterCopy?: string | null;
}

/** The recycle bin as jobs see it; workspace/recycle-bin.ts is it. Every call is durable when it returns. */
export interface Bin {
  /** Bytes that still fit under the limit. */
  free(): number;
  /** Opens a bin job; nothing is listed until the first `keep`. `identity` names the store. */
  begin(job: {
    kind: BinJob["kind"];
    title: string;
    recipe: OpenRecipe;
    identity: string;
  }): BinWriter;
}

export interface BinWriter {
  readonly id: string;
  /** Keeps before-images; throws bin_full, having kept none of them. */
  keep(images: BeforeImage[]): void;
  /** Writes over images of the last `keep` went through; the stored tokens are these. */
  settle(written: { key: string; token: string }[]): void;
  /** The writes these images of the last `keep` were made for did not happen. */
  forget(keys: string[]): void;
}
