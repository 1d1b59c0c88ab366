/** Asks a filter of one entry and decodes no more of it than the filter wants to know. */
import type { SessionRow } from "../../shared/session.ts";
import { peekUserId, userIdOf } from "../engine/peek.ts";
import { type Reading, readStored } from "../engine/read.ts";
import { isDict, type PyDict } from "../python/value.ts";
import type { Entry, Store } from "../stores/driver.ts";
import type { Filter } from "./filter.ts";
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
  const { data } = entry;
  let reading: Reading | undefined;
  const read = (): Reading | null => {
    if (data === null) return null;
    reading ??= readStored(data, rules.keys);
    return reading;
  };
  const dict = (): PyDict | null => {
    const value = read()?.value;
    return isDict(value) ? value : null;
  };
  if (filter.decodes) {
    const fits = filter.session(
      {
        user: () => {
          if (data === null) return null;
          if (!reading) return peekUserId(data) ?? null;
          const decoded = dict();
          return decoded ? userIdOf(decoded) : null;
        },
        // What is over needs no decoding to be told.
        state: () =>
          entry.expires !== null && entry.expires <= rules.now
            ? "expired"
            : stateOf(entry, dict(), rules),
        hasKey: (key) => dict()?.has(key) ?? false,
        signature: () => read()?.signature ?? "unverified",
      },
      ids,
    );
    if (!fits) return null;
  }
  return rowOf(entry, read(), rules);
}
