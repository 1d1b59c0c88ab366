/**
 * The rows behind the table.
 * Pages: row i lies in page floor(i / 200). Every page reached leaves the cursor it starts at (a crumb), and at
 * most 15 pages are held, those nearest to what is on screen; scrolling back reads a dropped page again by its
 * crumb. A page that ends elsewhere than it did before (rows came or went) makes the pages after it unknown.
 * Scan: rows come in no order; those found so far are kept in order, at most `scanLimit`.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Problem } from "../../../shared/problem.ts";
import type { FilterPlan, Order, SessionRow } from "../../../shared/session.ts";
import { type Client, problemOf } from "../../client.ts";

const pageSize = 200;
const windowPages = 15;
const scanLimit = 10_000;

export interface ScanProgress {
  scanned: number;
  matched: number;
  total: number | null;
  rate: number;
  tookMs: number;
  status: "running" | "done" | "stopped" | "limit";
}

export interface ListingState {
  filter: string;
  order: Order;
  plan: FilterPlan | null;
  /** Pages in memory by number; in a scan one growing page 0. */
  pages: ReadonlyMap<number, SessionRow[]>;
  /** Rows that can be scrolled to; more exist unless `ended`. */
  known: number;
  ended: boolean;
  loading: boolean;
  scan: ScanProgress | null;
  problem: Problem | null;
  /** What reading took, ms. */
  tookMs: number;
  /** Counts up with each new listing (another filter or order), so that the table goes to its top. */
  generation: number;
  /** `exactly`: it was asked for, where statistics would have done. */
  count: {
    total: number | null;
    expired: number | null;
    exact: boolean;
    exactly: boolean;
    done: boolean;
  };
}

export interface Listing extends StoreApi<ListingState> {
  /** Starts over with another filter or order. */
  show(filter: string, order: Order): void;
  /** Reads what is on screen again and keeps the place. */
  refresh(): void;
  /** Tells which rows are on screen, and which one has the focus; reads what is missing around them. */
  want(from: number, to: number, focused: number): void;
  /** Ends a running scan; what it found stays. */
  stop(): void;
  /** Counts what statistics have told so far. */
  countExactly(): void;
  close(): void;
}

const fresh = (filter: string, order: Order, generation: number): ListingState => ({
  filter,
  order,
  plan: null,
  pages: new Map(),
  known: 0,
  ended: false,
  loading: true,
  scan: null,
  problem: null,
  tookMs: 0,
  generation,
  count: { total: null, expired: null, exact: false, exactly: false, done: false },
});

/** A row by its place in the list; undefined while it is not in memory. */
export function rowAt(state: ListingState, index: number): SessionRow | undefined {
  if (state.scan) return state.pages.get(0)?.[index];
  return state.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
}

/** The place of a key among the rows in memory; -1 where it is not there. */
export function indexOfKey(state: ListingState, key: string): number {
  for (const [number, rows] of state.pages) {
    const at = rows.findIndex((row) => row.key === key);
    if (at >= 0) return number * pageSize + at;
  }
  return -1;
}

/** As the stores order their pages: by expiry, then by key; those that never end come last. */
export const byExpiry =
  (order: Order) =>
  (a: SessionRow, b: SessionRow): number => {
    const [x, y] = [a.expires ?? "~", b.expires ?? "~"];
    const ascending = x < y || (x === y && a.key < b.key) ? -1 : 1;
    return order === "expires" ? ascending : -ascending;
  };

export function createListing(client: Client, connection: string): Listing {
  const store = createStore<ListingState>(() => fresh("", "-expires", 0));
  const get = store.getState;
  const set = store.setState;
  /** Cursor page n starts at; page 0 starts at none. */
  let crumbs: (string | undefined)[] = [undefined];
  let stale = new Set<number>();
  let abort = new AbortController();
  let busy = false;
  let wanted = { from: 0, to: 60, focused: 0 };
  let flush: ((status: ScanProgress["status"]) => void) | null = null;

  function fail(error: unknown, signal: AbortSignal): void {
    if (!signal.aborted) set({ problem: problemOf(error), loading: false });
  }

  async function start(keepRows: boolean): Promise<void> {
    abort.abort();
    abort = new AbortController();
    busy = false;
    const { signal } = abort;
    const { filter, order } = get();
    set({ loading: true, problem: null });
    if (keepRows || !get().count.done) void count(signal);
    try {
      const plan = await client.sessions.plan({ filter }, { signal });
      if (signal.aborted) return;
      set({ plan });
      if (plan.tokens.some((token) => token.problem)) {
        set({ loading: false, pages: new Map(), known: 0, ended: true, scan: null });
      } else if (plan.answeredBy === "scan") {
        await scan(signal, filter, order, keepRows);
      } else {
        if (get().scan) set({ scan: null, pages: new Map(), known: 0, ended: false });
        if (!keepRows) crumbs = [undefined];
        stale = new Set(get().pages.keys());
        await fill(signal);
      }
    } catch (error) {
      fail(error, signal);
    }
  }

  async function count(signal: AbortSignal, exactly = false): Promise<void> {
    try {
      const input = { connection, exact: exactly };
      set({ count: { ...get().count, exactly, done: false } });
      for await (const event of await client.sessions.count(input, { signal })) {
        set({ count: { ...event, exactly, done: false } });
      }
      set({ count: { ...get().count, done: true } });
    } catch {
      // The rows say what is wrong with the store; a missing count is shown as unknown.
    }
  }

  /** The page that is missing and nearest to what is on screen; null: nothing to do. */
  function missing(): number | null {
    const { pages, ended, known } = get();
    const first = Math.max(0, Math.floor(wanted.from / pageSize));
    const last = Math.floor((wanted.to + pageSize / 2) / pageSize);
    for (let number = first; number <= last; number++) {
      if (ended && number * pageSize >= known) break;
      if (number < crumbs.length && (!pages.has(number) || stale.has(number))) return number;
    }
    const before = Math.floor((wanted.from - pageSize / 2) / pageSize);
    return before >= 0 && before < crumbs.length && !pages.has(before) ? before : null;
  }

  async function fill(signal: AbortSignal): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      for (let number = missing(); number !== null; number = missing()) {
        set({ loading: true });
        await read(number, signal);
        if (signal.aborted) return;
      }
      set({ loading: false });
    } catch (error) {
      fail(error, signal);
    } finally {
      if (!signal.aborted) busy = false;
    }
  }

  async function read(number: number, signal: AbortSignal): Promise<void> {
    const { filter, order } = get();
    const after = crumbs[number];
    const page = await client.sessions.page(
      { connection, filter, order, limit: pageSize, ...(after === undefined ? {} : { after }) },
      { signal },
    );
    if (signal.aborted) return;
    stale.delete(number);
    const pages = new Map(get().pages);
    pages.set(number, page.rows);
    if (crumbs[number + 1] !== page.next || page.next === null) {
      crumbs.length = number + 1;
      for (const other of pages.keys()) if (other > number) pages.delete(other);
      if (page.next !== null) crumbs.push(page.next);
    }
    drop(pages);
    const end = crumbs.length - 1;
    const rows = pages.get(end)?.length;
    const ended = page.next === null ? true : get().ended && end > number;
    set({
      pages,
      ended,
      known: ended ? (rows === undefined ? get().known : end * pageSize + rows) : end * pageSize,
      tookMs: page.tookMs,
      problem: null,
    });
  }

  function drop(pages: Map<number, SessionRow[]>): void {
    const middle = Math.floor((wanted.from + wanted.to) / 2 / pageSize);
    // The focused row stays in the page even when it is scrolled out of sight.
    const kept = Math.floor(wanted.focused / pageSize);
    const far = [...pages.keys()].filter((number) => number !== kept);
    far.sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    while (pages.size > windowPages) pages.delete(far.shift() ?? 0);
  }

  async function scan(
    signal: AbortSignal,
    filter: string,
    order: Order,
    keepRows: boolean,
  ): Promise<void> {
    const old = keepRows ? (get().pages.get(0)?.length ?? 0) : 0;
    let rows: SessionRow[] = [];
    let shown = 0;
    const progress: ScanProgress = {
      scanned: 0,
      matched: 0,
      total: null,
      rate: 0,
      tookMs: 0,
      status: "running",
    };
    const show = (force: boolean): void => {
      const now = performance.now();
      if (!force && now - shown < 150) return;
      shown = now;
      if (!force && rows.length < old) {
        set({ scan: { ...progress } });
        return;
      }
      // A new array each time: the table compares by identity.
      rows = rows.toSorted(byExpiry(order));
      set({
        scan: { ...progress },
        pages: new Map([[0, rows]]),
        known: rows.length,
        ended: progress.status !== "running",
        loading: progress.status === "running",
        tookMs: progress.tookMs,
      });
    };
    if (!keepRows) set({ pages: new Map(), known: 0, ended: false });
    set({ scan: { ...progress } });
    flush = (status) => {
      progress.status = status;
      show(true);
    };
    const events = await client.sessions.scan(
      { connection, filter, order, limit: scanLimit },
      { signal },
    );
    signal.addEventListener("abort", () => void events.return?.().catch(() => {}));
    for await (const event of events) {
      if (signal.aborted) return;
      if (event.type === "rows") {
        const first = rows.length === 0;
        rows.push(...event.rows);
        show(first && old === 0);
      } else {
        Object.assign(progress, {
          scanned: event.scanned,
          matched: event.matched,
          total: event.total,
          rate: event.rate,
          tookMs: event.tookMs,
        });
        if (event.done) progress.status = event.matched >= scanLimit ? "limit" : "done";
        show(event.done);
      }
    }
    if (progress.status === "running") flush("done");
  }

  return {
    ...store,
    show(filter, order) {
      set({ ...fresh(filter, order, get().generation + 1), count: get().count });
      wanted = { from: 0, to: 60, focused: 0 };
      void start(false);
    },
    refresh() {
      void start(true);
    },
    want(from, to, focused) {
      wanted = { from, to, focused };
      if (!get().scan && get().plan && !get().problem) void fill(abort.signal);
    },
    stop() {
      if (get().scan?.status !== "running") return;
      abort.abort();
      flush?.("stopped");
    },
    countExactly() {
      void count(abort.signal, true);
    },
    close() {
      abort.abort();
    },
  };
}
