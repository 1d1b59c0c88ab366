/**
 * The strip of expiry dates: sessions per bin of equal width over a window around now.
 *
 * The window is chosen from a coarse count at distances from now (an hour, a day, ... years). Each side reaches as far
 * as the nearest distance that leaves at most 2 % of that side's sessions out; the past reaches at most twice as far
 * as the future, or years of expired rows would press the living into one bin. What lies outside is counted apart.
 *
 * A server with statistics is asked for these first, which takes as long for a thousand rows as for a hundred million;
 * counting follows where the table is small, or where it was asked for.
 */
import type { Histogram } from "../../shared/session.ts";
import { isoMicros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import type { ExpiryRange, Store } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import { isLarge } from "./count.ts";
import type { Task, TaskRunner } from "./task.ts";

export interface HistogramInput {
  bins: number;
  exact?: boolean | undefined;
}

/** Partial results while counting, the last with `done`. unsupported where the store has no expiry dates. */
export async function* histogram(
  { store, recipe }: StoreContext,
  runner: TaskRunner,
  asked: HistogramInput,
  signal?: AbortSignal,
): AsyncGenerator<Histogram, void> {
  if (!store.capabilities.histogram)
    throw problem("unsupported", "This store does not say when its sessions expire.");
  const task = runner.run<Histogram>("histogram", recipe, asked);
  const stop = (): void => task.stop();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    yield* task;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

const hour = 3_600_000;
const day = 24 * hour;
/** Distances from now, in ms. */
const distances = [
  1 * hour,
  6 * hour,
  ...[1, 3, 7, 14, 21, 28, 56, 91, 182, 365, 730, 1826, 3652].map((n) => n * day),
];
const LEFT_OUT = 0.02;
const PAST_TO_FUTURE = 2;
const TELL_MS = 200;

/** A stretch [from, to) in ms since the epoch; an absent bound is open. */
type Stretch = readonly [from: number | undefined, to: number | undefined];
type Counter = (stretches: readonly Stretch[]) => Promise<number[]>;

export const histogramTask: Task<HistogramInput, Histogram> = async function* (
  { store },
  { bins, exact = false },
  { signal },
) {
  const now = await store.now();
  const span = await store.span();
  const about = span && (await estimator(store));
  if (about) {
    let last: Histogram | undefined;
    for await (const drawn of draw(about, { now, span, bins, lot: bins, signal })) last = drawn;
    const enough = !exact && isLarge(await store.estimate());
    if (last && !signal.aborted) yield { ...last, estimated: true, done: enough };
    if (enough) return;
  }
  const total = await store.count({}, signal);
  if (signal.aborted) return;
  let told = performance.now();
  const counter = await exactCounter(store, signal);
  for await (const drawn of draw(counter, { now, span, bins, lot: 1, signal })) {
    const dated = drawn.bins.reduce((sum, count) => sum + count, drawn.before + drawn.after);
    // Counted while others write: never less than none.
    if (drawn.done) yield { ...drawn, never: Math.max(0, total - dated) };
    else if (!about && performance.now() - told >= TELL_MS) {
      yield { ...drawn, bins: [...drawn.bins] };
      told = performance.now();
    }
  }
};

interface Drawing {
  /** The store's clock. */
  now: string;
  span: { oldest: string; newest: string } | null;
  bins: number;
  /** Bins asked for at a time. */
  lot: number;
  signal: AbortSignal;
}

/** The same histogram as it grows, and complete with `done`. */
async function* draw(
  counts: Counter,
  { now: nowText, span, bins, lot, signal }: Drawing,
): AsyncGenerator<Histogram> {
  const now = Date.parse(nowText);
  const window =
    span && (await chooseWindow(now, Date.parse(span.oldest), Date.parse(span.newest), counts));
  if (signal.aborted) return;
  const { from, to } = window ?? { from: now - day, to: now + day };
  const width = (to - from) / bins;
  const edge = (index: number): number => (index === bins ? to : Math.round(from + index * width));
  const result: Histogram = {
    now: nowText,
    from: iso(from),
    to: iso(to),
    bins: new Array<number>(bins).fill(0),
    before: 0,
    after: 0,
    never: 0,
    oldest: span?.oldest ?? null,
    estimated: false,
    done: false,
  };
  if (window) {
    [result.before = 0, result.after = 0] = await counts([
      [undefined, from],
      [to, undefined],
    ]);
    // From now outwards: the part that is looked at first is right first.
    const middle = (index: number): number => Math.abs(from + (index + 0.5) * width - now);
    const order = Array.from({ length: bins }, (_, index) => index).sort(
      (a, b) => middle(a) - middle(b),
    );
    for (let at = 0; at < bins; at += lot) {
      if (signal.aborted) return;
      const some = order.slice(at, at + lot);
      const found = await counts(some.map((index) => [edge(index), edge(index + 1)]));
      for (const [place, index] of some.entries()) result.bins[index] = found[place] ?? 0;
      yield result;
    }
  }
  if (!signal.aborted) yield { ...result, done: true };
}

/** null: the store has no statistics. */
async function estimator(store: Store): Promise<Counter | null> {
  if (!store.estimates || (await store.estimates([{}])) === null) return null;
  return async (stretches) =>
    (await store.estimates?.(stretches.map(rangeOf))) ?? stretches.map(() => 0);
}

/** A database counts a range on its index. Elsewhere every count would go through all, so the dates are read once. */
async function exactCounter(store: Store, signal: AbortSignal): Promise<Counter> {
  const each =
    (count: (stretch: Stretch) => number | Promise<number>): Counter =>
    async (stretches) => {
      const found: number[] = [];
      for (const stretch of stretches) found.push(signal.aborted ? 0 : await count(stretch));
      return found;
    };
  if (store.kind === "db") return each((stretch) => store.count(rangeOf(stretch), signal));
  const dates: number[] = [];
  for await (const batch of store.scan({ order: "expires", batch: 1000, maxData: 0, signal }))
    for (const { expires } of batch) if (expires !== null) dates.push(Date.parse(expires));
  const sorted = Float64Array.from(dates).sort();
  const below = (at: number): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return each(
    ([from, to]) =>
      (to === undefined ? sorted.length : below(to)) - (from === undefined ? 0 : below(from)),
  );
}

async function chooseWindow(
  now: number,
  oldest: number,
  newest: number,
  counts: Counter,
): Promise<{ from: number; to: number }> {
  const ends = distances.map((far, index) => [distances[index - 1] ?? 0, far] as const);
  const beyond = distances.at(-1) ?? 0;
  const future = reach(
    await counts([
      ...ends.map(([near, far]): Stretch => [now + near, now + far]),
      [now + beyond, undefined],
    ]),
  );
  const past = reach(
    await counts([
      ...ends.map(([near, far]): Stretch => [now - far, now - near]),
      [undefined, now - beyond],
    ]),
  );
  const ahead = future === null ? 0 : Math.min(future, newest - now);
  const widest = Math.max(ahead, day) * (ahead > 0 ? PAST_TO_FUTURE : Number.POSITIVE_INFINITY);
  const behind = past === null ? 0 : Math.min(past, now - oldest, widest);
  // A little air on both sides, so that the outermost sessions and the mark of now stand clear of the edge.
  const air = Math.max((ahead + behind) * 0.02, 60_000);
  return { from: Math.floor(clamp(now - behind - air)), to: Math.ceil(clamp(now + ahead + air)) };
}

/**
 * The nearest distance beyond which at most 2 % of the side lie; null for an empty side. Every session is counted in
 * one ring only, so that a large store is gone through once.
 */
function reach(rings: readonly number[]): number | null {
  const side = rings.reduce((sum, count) => sum + count, 0);
  if (side === 0) return null;
  let beyond = side;
  for (const [index, count] of rings.entries()) {
    beyond -= count;
    if (beyond <= side * LEFT_OUT) return distances[index] ?? Number.POSITIVE_INFINITY;
  }
  return null;
}

const clamp = (at: number): number => Math.min(Math.max(at, -62135596800000), 253402300799999);
const iso = (at: number): string => isoMicros(BigInt(at) * 1000n);

const rangeOf = ([from, to]: Stretch): ExpiryRange => ({
  ...(from === undefined ? {} : { from: iso(clamp(Math.round(from))) }),
  ...(to === undefined ? {} : { to: iso(clamp(Math.round(to))) }),
});
