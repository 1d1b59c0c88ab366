/** The part of a scan that one worker thread does. */
import type { Order, SessionRow } from "../../shared/session.ts";
import { MAX_INFLATED } from "../engine/inflate.ts";
import type { Entry, ExpiryRange, Part, Store } from "../stores/driver.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { matchedRow } from "./filter-match.ts";
import { LIST_DATA, LIST_DECODED, rowOf, withNames } from "./row.ts";
import type { Task } from "./task.ts";

export interface PartInput {
  filter: string;
  order: Order;
  now: string;
  endless: boolean;
  /** Users' ids by the name typed. */
  ids: [string, readonly string[]][];
  part: Part;
}

/** What a part tells: how far it is and what it found since, or (from `rangeTotal`) how many rows there are. */
export interface PartProgress {
  part: number;
  scanned: number;
  rows?: SessionRow[];
  total?: number;
}

const BATCH = 500;
const MOST_ROWS = 100;
const TELL_MS = 200;
/** The first matches are told at once, the next ones in lots. */
const LOT_MS = 40;

export const scanPart: Task<PartInput, PartProgress> = async function* (context, input, control) {
  const { store, recipe } = context;
  const filter = compileFilter(input.filter, input.now, input.endless);
  const rules = { keys: recipe.keys, settings: recipe.settings, now: input.now };
  const ids = new Map(input.ids);
  const part = input.part.index;
  let scanned = 0;
  let found: SessionRow[] = [];
  let told = 0;
  const entries = store.scan({
    range: filter.range,
    order: input.order,
    batch: BATCH,
    maxData: LIST_DATA,
    ...(filter.minSize === undefined ? {} : { minSize: filter.minSize }),
    ...(filter.maxSize === undefined ? {} : { maxSize: filter.maxSize }),
    part: input.part,
    signal: control.signal,
  });
  for await (const batch of entries) {
    for (const entry of batch) {
      scanned++;
      if (!filter.entry(entry)) continue;
      // No promise for the many whose data is there.
      const whole = entry.data === null ? await largeEntry(store, entry, filter) : entry;
      const row = whole
        ? matchedRow(whole, filter, ids, rules)
        : filter.decodes
          ? null
          : rowOf(entry, null, rules);
      if (row) found.push(row);
      if (found.length < MOST_ROWS) continue;
      yield { part, scanned, rows: await withNames(found, store) };
      found = [];
      told = performance.now();
    }
    const since = performance.now() - told;
    if (since >= TELL_MS || (found.length > 0 && since >= LOT_MS)) {
      yield { part, scanned, rows: await withNames(found, store) };
      found = [];
      told = performance.now();
    }
    await control.whilePaused();
    if (control.signal.aborted) return;
  }
  yield { part, scanned, rows: await withNames(found, store) };
};

/** A large entry with its data, one at a time; null where it is not to be decoded, or gone by now. */
async function largeEntry(store: Store, entry: Entry, filter: Filter): Promise<Entry | null> {
  if (!filter.decodes && entry.size > LIST_DECODED) return null;
  const whole = await store.get(entry.key, MAX_INFLATED);
  return whole?.data == null ? null : whole;
}

/** The number of rows a scan will go through. */
export const rangeTotal: Task<ExpiryRange, PartProgress> = async function* (
  { store },
  range,
  { signal },
) {
  const total = await store.count(range, signal);
  if (!signal.aborted) yield { part: -1, scanned: 0, total };
};
