/**
 * LZMA2 streams out, as the xz container holds them.
 *
 *     chunk   00                          end
 *             01 | 02, size - 1 (2)       stored, 01 with a fresh dictionary
 *             80..ff, …                   LZMA: the unpacked size - 1 in the low 5 bits and 2 more, the packed
 *                                         size - 1 in 2; bits 5-6: 1 resets the state, 2 brings a properties byte
 *                                         too, 3 a fresh dictionary as well
 *
 * LZMA is a range coder over adaptive bits: literals, matches, and matches at one of the last four distances. All of
 * it follows the LZMA specification of the 7-Zip SDK (public domain); names are its own. Broken data is a RangeError.
 */
import { problem } from "../../problem.ts";

const kNumStates = 12;
const kNumLenToPosStates = 4;
const kEndPosModelIndex = 14;
const kNumFullDistances = 1 << (kEndPosModelIndex >> 1);
const kNumAlignBits = 4;
const kMatchMinLen = 2;
const kProbInit = 1024;

const fresh = (count: number): Uint16Array => new Uint16Array(count).fill(kProbInit);
const broken = (what: string): RangeError => new RangeError(`LZMA: ${what}`);

/** Grows up to a bound and gives back what was written some bytes ago. */
export class LzmaOutput {
  #bytes = new Uint8Array(4096);
  length = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  put(byte: number): void {
    if (this.length === this.#bytes.length) {
      if (this.length >= this.#maxBytes)
        throw problem(
          "too_large",
          `The value is larger than ${this.#maxBytes} bytes when decompressed.`,
        );
      const grown = new Uint8Array(Math.min(this.length * 2, this.#maxBytes));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.length++] = byte;
  }

  /** The byte `distance` back, 1 being the last one; 0 before the first. */
  back(distance: number): number {
    return this.#bytes[this.length - distance] ?? 0;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

class RangeDecoder {
  #range = 0xffffffff;
  #code = 0;
  #at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    if (this.#next() !== 0) throw broken("a range coder begins with 0");
    for (let count = 0; count < 4; count++) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  #next(): number {
    if (this.#at >= this.#end) throw broken("it ends early");
    return this.#bytes[this.#at++] ?? 0;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  bit(probs: Uint16Array, index: number): 0 | 1 {
    const prob = probs[index] ?? kProbInit;
    const bound = (this.#range >>> 11) * prob;
    const isZero = this.#code < bound;
    if (isZero) {
      probs[index] = prob + ((2048 - prob) >> 5);
      this.#range = bound;
    } else {
      probs[index] = prob - (prob >> 5);
      this.#code = (this.#code - bound) >>> 0;
      this.#range = (this.#range - bound) >>> 0;
    }
    this.#normalize();
    return isZero ? 0 : 1;
  }

  direct(count: number): number {
    let result = 0;
    for (let left = count; left > 0; left--) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code = (this.#code - this.#range) >>> 0;
      this.#normalize();
      result = result * 2 + bit;
    }
    return result;
  }

  tree(probs: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let left = bits; left > 0; left--) symbol = symbol * 2 + this.bit(probs, base + symbol);
    return symbol - (1 << bits);
  }

  reverseTree(probs: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let result = 0;
    for (let index = 0; index < bits; index++) {
      const bit = this.bit(probs, base + symbol);
      symbol = symbol * 2 + bit;
      result |= bit << index;
    }
    return result;
  }
}

class LengthDecoder {
  readonly #choice = fresh(2);
  readonly #low = fresh(16 * 8);
  readonly #mid = fresh(16 * 8);
  readonly #high = fresh(256);

  decode(coder: RangeDecoder, posState: number): number {
    if (coder.bit(this.#choice, 0) === 0) return coder.tree(this.#low, posState * 8, 3);
    if (coder.bit(this.#choice, 1) === 0) return 8 + coder.tree(this.#mid, posState * 8, 3);
    return 16 + coder.tree(this.#high, 0, 8);
  }
}

/** Everything a state reset makes anew. */
class LzmaState {
  readonly #lc: number;
  readonly #lp: number;
  readonly #pb: number;
  readonly #literals: Uint16Array;
  readonly #isMatch = fresh(kNumStates << 4);
  readonly #isRep = fresh(kNumStates);
  readonly #isRepG0 = fresh(kNumStates);
  readonly #isRepG1 = fresh(kNumStates);
  readonly #isRepG2 = fresh(kNumStates);
  readonly #isRep0Long = fresh(kNumStates << 4);
  readonly #posSlot = fresh(kNumLenToPosStates << 6);
  readonly #pos = fresh(1 + kNumFullDistances - kEndPosModelIndex);
  readonly #align = fresh(1 << kNumAlignBits);
  readonly #length = new LengthDecoder();
  readonly #repLength = new LengthDecoder();
  #state = 0;
  #reps: [number, number, number, number] = [0, 0, 0, 0];

  constructor(properties: number) {
    if (properties >= 225) throw broken("properties nobody writes");
    this.#lc = properties % 9;
    this.#lp = Math.floor(properties / 9) % 5;
    this.#pb = Math.floor(properties / 45);
    if (this.#lc + this.#lp > 4) throw broken("properties LZMA2 does not allow");
    this.#literals = fresh(0x300 << (this.#lc + this.#lp));
  }

  /** Decodes one chunk of `size` bytes. `origin` is where the dictionary begins in the output. */
  decode(coder: RangeDecoder, out: LzmaOutput, origin: number, size: number): void {
    const end = out.length + size;
    while (out.length < end) {
      const posState = (out.length - origin) & ((1 << this.#pb) - 1);
      const at = (this.#state << 4) + posState;
      if (coder.bit(this.#isMatch, at) === 0) {
        this.#literal(coder, out, origin);
        continue;
      }
      const count = this.#match(coder, posState, at);
      // A repeated distance of length 0 is the short match of one byte.
      const length = count === 0 ? 1 : count;
      const distance = this.#reps[0] + 1;
      if (distance > out.length - origin) throw broken("a match before its start");
      if (out.length + length > end) throw broken("a match beyond its chunk");
      for (let left = length; left > 0; left--) out.put(out.back(distance));
    }
  }

  #literal(coder: RangeDecoder, out: LzmaOutput, origin: number): void {
    const previous = out.length > origin ? out.back(1) : 0;
    const position = (out.length - origin) & ((1 << this.#lp) - 1);
    const base = 0x300 * ((position << this.#lc) + (previous >> (8 - this.#lc)));
    let symbol = 1;
    if (this.#state >= 7) {
      let matchByte = out.back(this.#reps[0] + 1);
      while (symbol < 0x100) {
        const matchBit = (matchByte >> 7) & 1;
        matchByte <<= 1;
        const bit = coder.bit(this.#literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(this.#literals, base + symbol);
    out.put(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Sets the distance and gives the length, 0 for the short match. */
  #match(coder: RangeDecoder, posState: number, at: number): number {
    const state = this.#state;
    const [rep0, rep1, rep2, rep3] = this.#reps;
    if (coder.bit(this.#isRep, state) === 0) {
      this.#state = state < 7 ? 7 : 10;
      const length = kMatchMinLen + this.#length.decode(coder, posState);
      this.#reps = [this.#distance(coder, length), rep0, rep1, rep2];
      return length;
    }
    if (coder.bit(this.#isRepG0, state) === 0) {
      if (coder.bit(this.#isRep0Long, at) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 0;
      }
    } else if (coder.bit(this.#isRepG1, state) === 0) this.#reps = [rep1, rep0, rep2, rep3];
    else if (coder.bit(this.#isRepG2, state) === 0) this.#reps = [rep2, rep0, rep1, rep3];
    else this.#reps = [rep3, rep0, rep1, rep2];
    this.#state = state < 7 ? 8 : 11;
    return kMatchMinLen + this.#repLength.decode(coder, posState);
  }

  #distance(coder: RangeDecoder, length: number): number {
    const lengthState = Math.min(length - kMatchMinLen, kNumLenToPosStates - 1);
    const slot = coder.tree(this.#posSlot, lengthState << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) * 2 ** bits;
    if (slot < kEndPosModelIndex) return start + coder.reverseTree(this.#pos, start - slot, bits);
    return (
      start +
      coder.direct(bits - kNumAlignBits) * (1 << kNumAlignBits) +
      coder.reverseTree(this.#align, 0, kNumAlignBits)
    );
  }
}

/** Decodes the chunks from `start`; gives the offset behind their end. too_large (a problem) comes from `out`. */
export function decodeLzma2(bytes: Uint8Array, start: number, out: LzmaOutput): number {
  let at = start;
  let origin = out.length;
  let properties: number | undefined;
  let state: LzmaState | undefined;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw broken("it ends early");
    return value;
  };
  for (;;) {
    const control = byte();
    if (control === 0) return at;
    if (control === 1 || control >= 0xe0) origin = out.length;
    if (control < 0x80) {
      if (control > 2) throw broken("an unknown chunk");
      const size = ((byte() << 8) | byte()) + 1;
      for (let left = size; left > 0; left--) out.put(byte());
      continue;
    }
    const unpacked = (((control & 0x1f) << 16) | (byte() << 8) | byte()) + 1;
    const packed = ((byte() << 8) | byte()) + 1;
    if (control >= 0xc0) properties = byte();
    if (control >= 0xa0 && properties !== undefined) state = new LzmaState(properties);
    if (state === undefined) throw broken("a chunk without its properties");
    state.decode(new RangeDecoder(bytes, at, at + packed), out, origin, unpacked);
    at += packed;
  }
}
