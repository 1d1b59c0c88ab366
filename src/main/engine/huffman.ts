/**
 * Canonical Huffman codes of deflate (RFC 1951, 3.2.2): a symbol's code follows from the lengths of all.
 *
 *     lengths A 2, B 1, C 3, D 3   give   B 0, A 10, C 110, D 111, read bit by bit from the low end
 *
 * A table entry says all about a symbol at once: kind << 24 | base << 8 | extra bits << 4 | length of its code.
 */

/** Kinds: the byte `base`; `base` plus extra bits, of a match's length or distance; end of block; never valid. */
export const MATCH = 1 << 24;
export const END = 2 << 24;
export const INVALID = 3 << 24;

/** Code lengths resolved in one look; longer codes, rare in short streams, go bit by bit. */
const LOOK = 10;
const REVERSED = new Uint16Array(1 << LOOK);
for (let code = 0; code < REVERSED.length; code++)
  for (let bit = 0; bit < LOOK; bit++)
    if (code & (1 << bit)) REVERSED[code] = (REVERSED[code] ?? 0) | (1 << (LOOK - 1 - bit));

/**
 * A Huffman code. Lengths are added symbol by symbol, only those that are not zero: of 286 a session uses
 * some sixty, and building is half of the work on a short stream.
 */
export class Codes {
  /** By the next `look` bits; 0 for a longer or unknown code. */
  readonly table = new Int32Array(1 << LOOK);
  look = 0;
  readonly counts = new Uint16Array(16);
  /** The entries in the order of their codes; only where some are longer than `look`. */
  readonly sorted = new Int32Array(288);
  private readonly added = new Int32Array(288);
  /** By symbol: its entry without a length. */
  private readonly meanings: Int32Array;
  private readonly next = new Uint16Array(16);
  private readonly offsets = new Uint16Array(16);
  private size = 0;

  constructor(meanings: Int32Array) {
    this.meanings = meanings;
  }

  clear(): void {
    this.size = 0;
    this.counts.fill(0);
  }

  add(symbol: number, length: number): void {
    this.added[this.size++] = (this.meanings[symbol] as number) | length;
    this.counts[length] = (this.counts[length] as number) + 1;
  }

  /** False where the lengths over-subscribe the code, or leave a gap that zlib does not allow. */
  build(gapAllowed: boolean): boolean {
    const { counts, next, table, added, size } = this;
    let longest = 15;
    while (longest > 0 && counts[longest] === 0) longest--;
    let left = 1;
    let code = 0;
    for (let length = 1; length <= longest; length++) {
      const count = counts[length] as number;
      left = left * 2 - count;
      if (left < 0) return false;
      next[length] = code;
      code = (code + count) << 1;
    }
    if (left > 0 && longest > 0 && !(gapAllowed && longest === 1)) return false;
    const look = longest > LOOK ? LOOK : longest || 1;
    this.look = look;
    const end = 1 << look;
    if (left > 0 || longest > LOOK) table.fill(0, 0, end);
    for (let index = 0; index < size; index++) {
      const entry = added[index] as number;
      const length = entry & 15;
      const mine = next[length] as number;
      next[length] = mine + 1;
      if (length > look) continue;
      const step = 1 << length;
      for (let at = (REVERSED[mine] as number) >> (LOOK - length); at < end; at += step)
        table[at] = entry;
    }
    if (longest > LOOK) this.sort(longest);
    return true;
  }

  private sort(longest: number): void {
    const { offsets } = this;
    offsets[1] = 0;
    for (let length = 1; length < longest; length++)
      offsets[length + 1] = (offsets[length] as number) + (this.counts[length] as number);
    for (let index = 0; index < this.size; index++) {
      const entry = this.added[index] as number;
      const at = offsets[entry & 15] as number;
      offsets[entry & 15] = at + 1;
      this.sorted[at] = entry;
    }
  }
}

/** A code longer than the table looks, or none at all (-1): canonical decoding, a bit at a time. */
export function longCode(codes: Codes, bits: number): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= 15; length++) {
    code |= (bits >> (length - 1)) & 1;
    const count = codes.counts[length] as number;
    if (length > codes.look && code - count < first)
      return codes.sorted[index + (code - first)] as number;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return -1;
}
