/** Chance that comes out the same every time, so that the demo store looks the same everywhere. */
export interface Chance {
  /** 0 <= x < 1 */
  next(): number;
  /** 0 <= n < below */
  int(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Characters of an alphabet. */
  text(alphabet: string, length: number): string;
}

/** mulberry32: 32 bits of state are plenty for a few thousand sessions. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    pick(items) {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error("Nothing to pick from.");
      return item;
    },
    text: (alphabet, length) =>
      Array.from({ length }, () => alphabet.charAt(int(alphabet.length))).join(""),
  };
}
