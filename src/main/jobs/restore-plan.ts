/**
 * How an image of the bin is put back: which write in which store, or why none. A session of a table with a cache in
 * front is put back half by half, each into its own store as it was, and only where neither half was changed since.
 */
import type { Entry, Half, Store, StoreChange } from "../stores/driver.ts";
import { contentMark } from "./bin-space.ts";
import type { BeforeImage } from "./context.ts";

/** An image as it lies in the bin. */
export interface KeptImage {
  sequence: number;
  entry: Entry;
  after: string | null;
  afterCopy: string | null;
  restoredAt: string | null;
}

export interface Step {
  /** null: the store as a whole. */
  half: Half | null;
  change: StoreChange;
  /** It has ended by now: a store which keeps nothing that has ended may refuse it. */
  ended: boolean;
}

export interface Plan {
  sequence: number;
  key: string;
  /** The row before the copy, so that a failure in between leaves a session that lives as Django leaves it. */
  steps: Step[];
  /** What is overwritten; null: the key is free. */
  kept: BeforeImage | null;
}

const reasons = {
  restored: "It has been put back before.",
  notKept: "Its data was not kept.",
  lives: "A session with this key lives.",
  same: "It is as it was.",
  changed: "It changed since, so the newer version stays.",
  noCache: "It was in the cache in front of the table, which this connection is without.",
};

/** A text is the reason why it is not put back. `now` is the store's clock. */
export function planOf(
  image: KeptImage,
  current: Entry | null,
  { halves }: Pick<Store, "halves">,
  now: string,
): Plan | string {
  if (image.restoredAt !== null) return reasons.restored;
  if (image.entry.halves) return halves ? ofPair(image, current, now) : ofRow(image, current, now);
  const step = stepOf(null, image.entry, current, image.after, now);
  if (typeof step === "string") return step;
  return planned(image, [step], current && { entry: current, ...marks([step]) });
}

/** Into a connection of the table alone: what was in the cache as well would be lost by it. */
function ofRow(image: KeptImage, current: Entry | null, now: string): Plan | string {
  const { entry, after } = image;
  if (!entry.halves?.row || entry.pair === "different") return reasons.noCache;
  const step = stepOf(null, entry.halves.row, current, after, now);
  if (typeof step === "string") return step;
  return planned(image, [step], current && { entry: current, ...marks([step]) });
}

function ofPair(image: KeptImage, current: Entry | null, now: string): Plan | string {
  const was = image.entry.halves ?? { row: null, copy: null };
  const is = current?.halves ?? { row: null, copy: null };
  if (!was.row && is.row) return reasons.lives;
  const steps: Step[] = [];
  const marked = { row: image.after, copy: was.row ? image.afterCopy : image.after };
  for (const half of ["row", "copy"] as const) {
    const entry = was[half];
    if (!entry) continue;
    const step = stepOf(half, entry, is[half], marked[half], now);
    if (typeof step !== "string") steps.push(step);
    else if (step !== reasons.same) return step;
  }
  if (steps.length === 0) return reasons.same;
  // The site made it from the row since, and would go on serving it.
  if (!was.copy && is.copy) {
    if (current?.pair !== "same") return reasons.changed;
    const { key, token } = is.copy;
    steps.push({
      half: "copy",
      change: { op: "delete", key, expected: token },
      ended: false,
    });
  }
  return planned(image, steps, current && { entry: current, ...marks(steps) });
}

const planned = (image: KeptImage, steps: Step[], kept: BeforeImage | null): Plan => ({
  ...{ sequence: image.sequence, key: image.entry.key, steps },
  kept: kept,
});

/** What the steps write over it; null where they leave it as it is. */
function marks(steps: readonly Step[]): Omit<BeforeImage, "entry"> {
  const mark = (half: Half) => {
    const step = steps.find((one) => one.half === half || one.half === null);
    return step?.change.op === "write" ? contentMark(step.change.data) : null;
  };
  const row = mark("row");
  return row === null ? { after: mark("copy") } : { after: row, afterCopy: mark("copy") };
}

function stepOf(
  half: Half | null,
  { key, data, expires, writtenAt, token }: Entry,
  current: Entry | null,
  after: string | null,
  now: string,
): Step | string {
  if (data === null) return reasons.notKept;
  if (current) {
    // The halves of a pair may be back one by one.
    if (current.token === token && (half !== null || after !== null)) return reasons.same;
    if (after === null) return reasons.lives;
    const isOurs =
      current.token === after || (current.data !== null && contentMark(current.data) === after);
    if (!isOurs) return reasons.changed;
  }
  const times = { expires, ...(writtenAt === null ? {} : { writtenAt }) };
  const expected = current?.token ?? null;
  return {
    half,
    change: { op: "write", key, data, ...times, expected },
    ended: expires !== null && expires <= now,
  };
}
