/**
 * A timeline: one record a step, what the browser sent, what the view and the middleware did, and what the store
 * held after it. As text it is one line of JSON; values beyond JSON are tagged, times are UTC with microseconds.
 */
import { writeTagged } from "../python/tagged.ts";
import { isDict, PyFloat, type PyValue } from "../python/value.ts";

export interface RowAfter {
  readonly key: string;
  readonly expires: string;
  readonly data: PyValue;
}

export interface StoreAfter {
  readonly rows?: readonly RowAfter[];
  readonly cache?: readonly { key: string; expires: string | null; data: PyValue }[];
  /** Null for an empty file, which a failed save leaves behind. */
  readonly files?: readonly { file: string; modified: string; data: PyValue }[];
}

export interface JarAfter {
  readonly value: string;
  /** Null: until the browser closes. */
  readonly expires: string | null;
}

export interface EventRecord {
  readonly at: number;
  readonly event: string;
  /** Only where it failed: clearsessions can, over the files of a broken `_session_expiry`. */
  readonly exception?: string;
  readonly jar: JarAfter | null;
  readonly store: StoreAfter;
}

export interface RequestRecord {
  readonly at: number;
  readonly cookieSent: string | null;
  /** One an action that ran; `{"error": name}` where the view had to catch something. */
  readonly results: readonly PyValue[];
  readonly response: {
    readonly status: number;
    readonly setCookie: readonly string[];
    readonly vary: string | null;
    readonly interrupted: boolean;
    /** Only where something raised; the status is 500 then. */
    readonly exception?: string;
  };
  readonly session: {
    readonly key: string | null;
    readonly accessed: boolean;
    readonly modified: boolean;
  };
  readonly jar: JarAfter | null;
  readonly store: StoreAfter;
}

export type TimelineRecord = EventRecord | RequestRecord;

/** A record without its store. */
export type StepRecord = Omit<EventRecord, "store"> | Omit<RequestRecord, "store">;

export interface Timeline {
  readonly title: string;
  /** The release whose behaviour this is, e.g. 5.2.17. */
  readonly django: string;
  readonly timeline: readonly TimelineRecord[];
}

/** The timeline as one line of JSON. */
export const timelineText = (timeline: Timeline): string => writeTagged(asValue(timeline));

/** Records as dicts; what is a Python value already stays one. */
function asValue(part: unknown): PyValue {
  if (typeof part === "number") return Number.isInteger(part) ? part : new PyFloat(part);
  if (Array.isArray(part)) return part.map(asValue);
  const prototype = part instanceof Object ? Object.getPrototypeOf(part) : null;
  if (prototype !== Object.prototype) return part as PyValue;
  return new Map(
    Object.entries(part as object).map(([key, value]): [PyValue, PyValue] => [key, asValue(value)]),
  );
}

export const isRequestRecord = (record: TimelineRecord): record is RequestRecord =>
  "response" in record;

/** `{"error": name}` */
export const errorResult = (name: string): PyValue => new Map([["error", name]]);

export const isErrorResult = (result: PyValue): boolean =>
  isDict(result) && result.size === 1 && typeof result.get("error") === "string";
