/** A table with a cache in front, in words. */
import type { Pair } from "../../shared/session.ts";

/** What a row and the cache in front of it hold, in a word. */
export const pairWords: Record<Pair, string> = {
  same: "same",
  different: "differs",
  rowOnly: "row only",
  cacheOnly: "cached only",
};
