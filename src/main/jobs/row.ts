/** From an entry to the row that is listed, through the read-only reader. */
import type { SessionSettings } from "../../shared/connection.ts";
import type { Problem } from "../../shared/problem.ts";
import type { SessionRow, State } from "../../shared/session.ts";
import { getExpireAtBrowserClose } from "../engine/lifetime.ts";
import { userIdOf } from "../engine/peek.ts";
import { type Reading, readStored } from "../engine/read.ts";
import { isoMicros } from "../engine/time.ts";
import { pyRepr } from "../python/repr.ts";
import { isDict, type PyDict, type PyValue } from "../python/value.ts";
import type { Entry, Store } from "../stores/driver.ts";
import type { Keys } from "./context.ts";

/** Lists leave data beyond this undecoded at first, so that a page of large sessions stays small. */
export const LIST_DATA = 64 * 1024;
/** Values beyond this, stored or inflated, are not decoded for a list at all. */
export const LIST_DECODED = 2 * 1024 * 1024;

const MOST_KEYS = 12;
const KEY_LENGTH = 60;

/** What entries are read with; `now` is the store's clock, ISO. */
export interface RowRules {
  keys: Keys;
  settings: Required<SessionSettings>;
  now: string;
}

/** The row of an entry whose data has been read, or of one whose data was left out (`reading` null). */
export function rowOf(entry: Entry, reading: Reading | null, rules: RowRules): SessionRow {
  const value = reading?.value;
  const dict = isDict(value) ? value : null;
  const user = dict ? userIdOf(dict) : null;
  const at = savedAt(entry, reading);
  return {
    key: entry.key,
    state: stateOf(entry, dict, rules),
    expires: entry.expires,
    savedAt: at,
    user: user === null ? null : { id: user, name: null },
    size: entry.size,
    keys: dict ? topKeys(dict) : [],
    keyCount: dict?.size ?? 0,
    encoding: reading?.encoding ?? "unknown",
    serializer: reading?.serializer ?? null,
    compressed: reading?.compressed ?? false,
    signature: reading?.signature ?? "unverified",
    problem: reading ? reading.problem : leftOut(entry.size),
    ...(entry.pair && { pair: entry.pair }),
  };
}

/** Reads and lists in one step, for data within the bounds of a list. */
export const listedRow = (entry: Entry, rules: RowRules): SessionRow =>
  rowOf(
    entry,
    entry.data === null ? null : readStored(entry.data, rules.keys, { maxBytes: LIST_DECODED }),
    rules,
  );

/**
 * Expired wins: what the store no longer serves is over, however its cookie was to end. Django serves a row while
 * `expire_date > now`. A session that cannot be decoded has no custom expiry anyone could know of.
 */
export function stateOf(
  { expires }: Pick<Entry, "expires">,
  dict: PyDict | null,
  { now, settings }: Pick<RowRules, "now" | "settings">,
): State {
  if (expires !== null && expires <= now) return "expired";
  const byDefault = settings.SESSION_EXPIRE_AT_BROWSER_CLOSE === true;
  const browser =
    dict && getExpireAtBrowserClose(dict, { SESSION_EXPIRE_AT_BROWSER_CLOSE: byDefault });
  return browser ? "browser" : "active";
}

/** The signature's time (whole seconds), else what the store says; ISO. */
export function savedAt(entry: Entry, reading: Reading | null): string | null {
  const at = reading?.signedAt ?? null;
  // Times a calendar cannot say are as good as none.
  return at !== null && at < LAST_MOMENT ? isoMicros(at) : entry.writtenAt;
}

const LAST_MOMENT = 253402300800000000n;

function topKeys(dict: PyDict): string[] {
  const names: string[] = [];
  for (const key of dict.keys()) {
    if (names.length === MOST_KEYS) break;
    names.push(cut(keyText(key)));
  }
  return names;
}

const keyText = (key: PyValue): string => (typeof key === "string" ? key : pyRepr(key, KEY_LENGTH));

function cut(text: string): string {
  if (text.length <= KEY_LENGTH) return text;
  // A pair of surrogates is not cut in half.
  const end = /[\ud800-\udbff]/.test(text.charAt(KEY_LENGTH - 2)) ? KEY_LENGTH - 2 : KEY_LENGTH - 1;
  return `${text.slice(0, end)}…`;
}

const leftOut = (size: number): Problem => ({
  code: "too_large",
  message: `${size} bytes are not decoded for a list. Opening the session shows it.`,
  detail: { size },
});

/** Fills in the names of users, with one question to the store. */
export async function withNames(rows: SessionRow[], store: Store): Promise<SessionRow[]> {
  const ids = new Set(rows.flatMap(({ user }) => (user ? [user.id] : [])));
  if (ids.size === 0 || !store.userNames) return rows;
  const names = await store.userNames([...ids]);
  for (const { user } of rows) if (user) user.name = names.get(user.id) ?? null;
  return rows;
}
