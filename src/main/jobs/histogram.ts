/**
 * The strip of expiry dates: sessions per bin of equal width over a window around now.
 *
 * The window is chosen from a coarse count at distances from now (an hour, a day, ... years). Each side reaches as far
 * as the nearest distance that leaves at most 2 % of that side's sessions out; the past reaches at most twice as far
 * as the future, or years of expired rows would press the living into one bin. What lies outside is counted apart.
 */
import type { Histogram } from "../../shared/session.ts";
import { isoMicros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import type { ExpiryRange, Store } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import type { Task, TaskRunner } from "./task.ts";

/** Partial results while counting, the last with `done`. unsupported where the store has no expiry dates. */
export async function* histogram(
  { store, recipe }: StoreContext,
  runner: TaskRunner,
  bins: number,
  signal?: AbortSignal,
): AsyncGenerator<Histogram, void> {
  if (!store.capabilities.histogram)
    throw problem("unsupported", "This store does not say when its sessions expire.");
  const task = runner.run<Histogram>("histogram", recipe, { bins });
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

/** Counts [from, to) in ms since the epoch; an absent bound is open. */
type Counter = (from?: number, to?: number) => Promise<number>;

export const histogramTask: Task<{ bins: number }, Histogram> = async function* (
  { store },
  { bins },
  { signal },
) {
  const nowText = await store.now();
  const now = Date.parse(nowText);
  const span = await store.span();
  const total = await store.count({}, signal);
  if (signal.aborted) return;
  const counts = await counter(store, signal);
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
    done: false,
  };
  if (window) {
    result.before = await counts(undefined, from);
    result.after = await counts(to, undefined);
    let told = performance.now();
    // From now outwards: the part that is looked at first is right first.
    const middle = (index: number): number => Math.abs(from + (index + 0.5) * width - now);
    const order = Array.from({ length: bins }, (_, index) => index).sort(
      (a, b) => middle(a) - middle(b),
    );
    for (const index of order) {
      if (signal.aborted) return;
      result.bins[index] = await counts(edge(index), edge(index + 1));
      if (performance.now() - told < TELL_MS) continue;
      yield { ...result, bins: [...result.bins] };
      told = performance.now();
    }
  }
  const dated = result.bins.reduce((sum, count) => sum + count, result.before + result.after);
  // Counted while others write: never less than none.
  result.never = Math.max(0, total - dated);
  if (!signal.aborted) yield { ...result, done: true };
};

/** A database counts a range on its index. Elsewhere every count would go through all, so the dates are read once. */
async function counter(store: Store, signal: AbortSignal): Promise<Counter> {
  if (store.kind === "db") {
    return (from, to) => store.count(rangeOf(from, to), signal);
  }
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
  return async (from, to) =>
    (to === undefined ? sorted.length : below(to)) - (from === undefined ? 0 : below(from));
}

async function chooseWindow(
  now: number,
  oldest: number,
  newest: number,
  counts: Counter,
): Promise<{ from: number; to: number }> {
  const future = await reach((near, far) =>
    counts(now + near, far === null ? undefined : now + far),
  );
  const past = await reach((near, far) => counts(far === null ? undefined : now - far, now - near));
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
async function reach(
  ring: (near: number, far: number | null) => Promise<number>,
): Promise<number | null> {
  const rings: number[] = [];
  for (let index = 0; index <= distances.length; index++)
    rings.push(await ring(distances[index - 1] ?? 0, distances[index] ?? null));
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

const rangeOf = (from?: number, to?: number): ExpiryRange => ({
  ...(from === undefined ? {} : { from: iso(clamp(Math.round(from))) }),
  ...(to === undefined ? {} : { to: iso(clamp(Math.round(to))) }),
});
