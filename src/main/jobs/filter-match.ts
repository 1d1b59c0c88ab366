/** Asks a filter of one entry and decodes no more of it than the filter wants to know. */
import type { SessionRow, State } from "../../shared/session.ts";
import { peekUserId, userIdOf } from "../engine/peek.ts";
import { type Reading, readStored } from "../engine/read.ts";
import { isDict, type PyDict } from "../python/value.ts";
import type { Entry, Store } from "../stores/driver.ts";
import type { Decoded, Filter } from "./filter.ts";
import { type RowRules, rowOf, stateOf } from "./row.ts";

/** Ids by user name, as typed in the filter. */
export type UserIds = ReadonlyMap<string, readonly string[]>;

/** Most users one name in a filter stands for; names are unique in Django's own user model. */
const MOST_NAMESAKES = 100;

/** Looks the names up; a store without users answers by id alone. */
export async function userIds(store: Store, names: readonly string[]): Promise<UserIds> {
  const ids = new Map<string, readonly string[]>();
  for (const name of new Set(names)) {
    const found = (await store.findUsers?.(name, true, MOST_NAMESAKES)) ?? [];
    ids.set(
      name,
      found.map(({ id }) => id),
    );
  }
  return ids;
}

/** The row of an entry that `filter.session` lets through, else null. `filter.entry` has been asked before. */
export function matchedRow(
  entry: Entry,
  filter: Filter,
  ids: UserIds,
  rules: RowRules,
): SessionRow | null {
  const seen = new SeenEntry(entry, rules);
  if (filter.decodes && !filter.session(seen, ids)) return null;
  return rowOf(entry, seen.reading(), rules);
}

/** An entry that is read when something in it is asked for, and at most once. */
class SeenEntry implements Decoded {
  readonly #entry: Entry;
  readonly #rules: RowRules;
  #reading: Reading | null = null;

  constructor(entry: Entry, rules: RowRules) {
    this.#entry = entry;
    this.#rules = rules;
  }

  /** null where the data was left out. */
  reading(): Reading | null {
    const { data } = this.#entry;
    if (data !== null) this.#reading ??= readStored(data, this.#rules.keys);
    return this.#reading;
  }

  #dict(): PyDict | null {
    const value = this.reading()?.value;
    return isDict(value) ? value : null;
  }

  user(): string | null {
    const { data } = this.#entry;
    if (data === null) return null;
    if (!this.#reading) return peekUserId(data) ?? null;
    const dict = this.#dict();
    return dict ? userIdOf(dict) : null;
  }

  state(): State {
    const { expires } = this.#entry;
    // What is over needs no decoding to be told.
    if (expires !== null && expires <= this.#rules.now) return "expired";
    return stateOf(this.#entry, this.#dict(), this.#rules);
  }

  hasKey(key: string): boolean {
    return this.#dict()?.has(key) ?? false;
  }

  signature(): SessionRow["signature"] {
    return this.reading()?.signature ?? "unverified";
  }
}
