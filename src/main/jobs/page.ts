/** One page of the list: what an index or a look-up answers, without a count and without a scan. */
import type { Order, Page, SessionRow } from "../../shared/session.ts";
import { problem } from "../problem.ts";
import type { Entry, PlacedEntry, Store } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { matchedRow, userIds } from "./filter-match.ts";
import { inRange, isEmptyRange } from "./filter-values.ts";
import { LIST_DATA, LIST_DECODED, listedRow, type RowRules, withNames } from "./row.ts";

export interface PageQuery {
  filter: string;
  order: Order;
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
}

/** bad_filter for a filter with a bad token and for one that needs a scan; unsupported for an order the store lacks. */
export async function readPage(context: StoreContext, query: PageQuery): Promise<Page> {
  const started = performance.now();
  const { store, recipe } = context;
  const rules = { keys: recipe.keys, settings: recipe.settings, now: await store.now() };
  const filter = compileFilter(query.filter, rules.now, isEndless(store));
  const { rows, next, previous } = await answer(store, filter, query, rules);
  return {
    rows: await withNames(rows, store),
    next,
    previous,
    unordered: isUnordered(store),
    tookMs: performance.now() - started,
  };
}

/** Whether a store may hold sessions without an expiry, which no range of dates finds. */
export const isEndless = ({ capabilities, kind }: Store): boolean =>
  capabilities.neverRemoved || kind === "cache";

/** A store without any order lists in its own; one with an order refuses the others. */
const isUnordered = ({ capabilities }: Store): boolean => capabilities.orders.length === 0;

type Answer = Omit<Page, "tookMs" | "unordered">;
const nothing: Answer = { rows: [], next: null, previous: null };

async function answer(
  store: Store,
  filter: Filter,
  query: PageQuery,
  rules: RowRules,
): Promise<Answer> {
  if (filter.key !== null) {
    const row = await lookUp(store, filter, filter.key, rules);
    return row ? { ...nothing, rows: [row] } : nothing;
  }
  if (filter.plan.answeredBy === "scan")
    throw problem("bad_filter", "This filter needs a scan.", filter.plan.why);
  if (!isUnordered(store) && !store.capabilities.orders.includes(query.order))
    throw problem("unsupported", "This store cannot list sessions in order of their expiry.");
  if (isEmptyRange(filter.range)) return nothing;
  return indexed(store, filter, query, rules);
}

async function lookUp(
  store: Store,
  filter: Filter,
  key: string,
  rules: RowRules,
): Promise<SessionRow | null> {
  const entry = await store.get(key, LIST_DECODED);
  if (!entry || !inRange(entry.expires, filter.range) || !filter.entry(entry)) return null;
  return matchedRow(entry, filter, await userIds(store, filter.users), rules);
}

/** One entry more than asked for tells whether there is a further page. */
async function indexed(
  store: Store,
  filter: Filter,
  { order, after, before, limit }: PageQuery,
  rules: RowRules,
): Promise<Answer> {
  const backwards = before !== undefined;
  const entries = await store.page({
    order,
    range: filter.range,
    ...(backwards ? { before } : after === undefined ? {} : { after }),
    limit: limit + 1,
    maxData: LIST_DATA,
  });
  const more = entries.length > limit;
  const shown = !more ? entries : backwards ? entries.slice(1) : entries.slice(0, limit);
  const rows: SessionRow[] = [];
  for (const entry of await withLargeOnes(store, shown)) rows.push(listedRow(entry, rules));
  return {
    rows,
    next: more || backwards ? (shown.at(-1)?.cursor ?? null) : null,
    previous: (backwards ? more : after !== undefined) ? (shown[0]?.cursor ?? null) : null,
  };
}

/** Bytes of large sessions one page reads one by one after all. */
const LARGE_BUDGET = 4 * 1024 * 1024;

async function withLargeOnes(store: Store, entries: PlacedEntry[]): Promise<Entry[]> {
  let budget = LARGE_BUDGET;
  const all: Entry[] = [];
  for (const entry of entries) {
    const fits = entry.data === null && entry.size <= Math.min(budget, LIST_DECODED);
    const whole = fits ? await store.get(entry.key, LIST_DECODED) : null;
    if (whole) budget -= entry.size;
    // Moved or gone since the page was read: its place in the page is the old one, so the old entry stays.
    all.push(whole && whole.expires === entry.expires ? whole : entry);
  }
  return all;
}
