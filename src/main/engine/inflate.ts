/**
 * zlib streams (RFC 1950 and 1951) out, with a bound.
 *
 *     78 9c   header: deflate, 32 KiB window          ab 56 4a ...  blocks
 *     last four bytes: Adler-32 of the output, big-endian. What follows is ignored, as Python does.
 *
 * A session inflates to some hundred bytes, and Node's zlib costs about 10 us a call before the first of
 * them; pako allocates its state and window each time. This one keeps its tables and its output buffer.
 * Errors are those of Python's zlib.decompress, type `error`.
 */
import { Buffer } from "node:buffer";
import { problem } from "../problem.ts";
import { PythonError } from "./errors.ts";

/** Output bound where the caller states none: 64 MiB. */
export const MAX_INFLATED = 64 * 1024 * 1024;

/** Inflates; too_large (a problem) above `maxBytes` of output. */
export function inflateZlib(input: Uint8Array, maxBytes = MAX_INFLATED): Buffer {
  const length = run(input, maxBytes);
  return Buffer.from(out.subarray(0, length));
}

/** Inflates to text, a character a byte. Saves the copy that inflateZlib makes. */
export function inflateZlibText(input: Uint8Array, maxBytes = MAX_INFLATED): string {
  const length = run(input, maxBytes);
  return out.toString("latin1", 0, length);
}

/** Code lengths resolved in one look; longer codes, rare in short streams, go bit by bit. */
const LOOK = 10;
const KEEP = 64 * 1024;

const LENGTH_BASE = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  ],
  ...[163, 195, 227, 258],
);
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const DISTANCE_BASE = Uint16Array.of(
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537],
  ...[2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577],
);
const DISTANCE_EXTRA = Uint8Array.of(
  ...[
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ],
);
const LENGTHS_ORDER = Uint8Array.of(
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
);

const REVERSED = new Uint16Array(1 << LOOK);
for (let code = 0; code < REVERSED.length; code++)
  for (let bit = 0; bit < LOOK; bit++)
    if (code & (1 << bit)) REVERSED[code] = (REVERSED[code] ?? 0) | (1 << (LOOK - 1 - bit));

class Codes {
  /** By the next `look` bits: symbol << 4 | length, or 0 for a longer or unknown code. */
  readonly table = new Uint16Array(1 << LOOK);
  look = 0;
  readonly counts = new Uint16Array(16);
  readonly sorted = new Uint16Array(288);
  private readonly offsets = new Uint16Array(16);
  private readonly next = new Uint16Array(16);

  /** False where the lengths over-subscribe the code, or leave a gap that zlib does not allow. */
  build(lengths: Uint8Array, from: number, count: number, gapAllowed: boolean): boolean {
    const { counts, next, offsets, table, sorted } = this;
    counts.fill(0);
    for (let index = from; index < from + count; index++) {
      const length = lengths[index] as number;
      counts[length] = (counts[length] as number) + 1;
    }
    let longest = 15;
    while (longest > 0 && counts[longest] === 0) longest--;
    let left = 1;
    let code = 0;
    offsets[1] = 0;
    for (let length = 1; length <= 15; length++) {
      const of = counts[length] as number;
      left = left * 2 - of;
      if (left < 0) return false;
      next[length] = code;
      code = (code + of) << 1;
      if (length < 15) offsets[length + 1] = (offsets[length] as number) + of;
    }
    if (left > 0 && longest > 0 && !(gapAllowed && longest === 1)) return false;
    counts[0] = 0;
    const look = longest > LOOK ? LOOK : longest || 1;
    this.look = look;
    const size = 1 << look;
    if (left > 0 || longest > LOOK || longest === 0) table.fill(0, 0, size);
    for (let symbol = 0; symbol < count; symbol++) {
      const length = lengths[from + symbol] as number;
      if (length === 0) continue;
      if (longest > LOOK) {
        const at = offsets[length] as number;
        offsets[length] = at + 1;
        sorted[at] = symbol;
      }
      const mine = next[length] as number;
      next[length] = mine + 1;
      if (length > look) continue;
      const entry = (symbol << 4) | length;
      const step = 1 << length;
      for (let at = (REVERSED[mine] as number) >> (LOOK - length); at < size; at += step)
        table[at] = entry;
    }
    return true;
  }
}

const fixedLengths = new Uint8Array(288 + 30).fill(8, 0, 144).fill(9, 144, 256);
fixedLengths.fill(7, 256, 280).fill(8, 280, 288).fill(5, 288);
const fixedLiterals = new Codes();
fixedLiterals.build(fixedLengths, 0, 288, true);
const fixedDistances = new Codes();
// The fixed distance code has 32 codes of five bits, of which the last two are never valid.
fixedDistances.build(new Uint8Array(32).fill(5), 0, 32, true);

const dynamicLiterals = new Codes();
const dynamicDistances = new Codes();
const lengthCodes = new Codes();
const lengths = new Uint8Array(320);

// State of the one stream being read; nothing here is re-entrant, and nothing here waits.
let data: Uint8Array = new Uint8Array(0);
let position = 0;
let hold = 0;
let held = 0;
let out: Buffer = Buffer.allocUnsafeSlow(KEEP);
let written = 0;
let limit = 0;

const fail = (message: string): PythonError =>
  new PythonError("error", `Error -3 while decompressing data: ${message}`);
const truncated = (): PythonError =>
  new PythonError("error", "Error -5 while decompressing data: incomplete or truncated stream");
/** No such code; unless the bits ran out, when it is not known which code it was. */
const noCode = (kind: string): PythonError =>
  position >= data.length ? truncated() : fail(`invalid ${kind}`);

function run(input: Uint8Array, maxBytes: number): number {
  if (out.length > KEEP) out = Buffer.allocUnsafeSlow(KEEP);
  data = input;
  position = 2;
  hold = 0;
  held = 0;
  written = 0;
  limit = maxBytes;
  header();
  for (let last = false; !last; ) {
    last = bits(1) === 1;
    const kind = bits(2);
    if (kind === 0) stored();
    else if (kind === 1) codes(fixedLiterals, fixedDistances);
    else if (kind === 2) {
      readCodes();
      codes(dynamicLiterals, dynamicDistances);
    } else throw fail("invalid block type");
  }
  position -= held >> 3;
  if (position + 4 > data.length) throw truncated();
  const sum =
    (((data[position] as number) << 24) |
      ((data[position + 1] as number) << 16) |
      ((data[position + 2] as number) << 8) |
      (data[position + 3] as number)) >>>
    0;
  data = input.subarray(0, 0);
  if (sum !== adler32(out, written)) throw fail("incorrect data check");
  return written;
}

function header(): void {
  if (data.length < 2) throw truncated();
  const method = data[0] as number;
  const flags = data[1] as number;
  if ((method * 256 + flags) % 31 !== 0) throw fail("incorrect header check");
  if ((method & 15) !== 8) throw fail("unknown compression method");
  if (method >> 4 > 7) throw fail("invalid window size");
  if (flags & 32) throw new PythonError("error", "Error 2 while decompressing data");
}

/** Up to 16 bits. */
function bits(count: number): number {
  while (held < count) {
    if (position >= data.length) throw truncated();
    hold |= (data[position++] as number) << held;
    held += 8;
  }
  const value = hold & ((1 << count) - 1);
  hold >>= count;
  held -= count;
  return value;
}

function room(more: number): void {
  if (written + more > limit)
    throw problem("too_large", `The value inflates to more than ${limit} bytes.`, undefined, {
      maxBytes: limit,
    });
  if (written + more <= out.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(written + more, Math.min(out.length * 2, limit)));
  grown.set(out.subarray(0, written));
  out = grown;
}

function stored(): void {
  position -= held >> 3;
  hold = 0;
  held = 0;
  if (position + 4 > data.length) throw truncated();
  const length = (data[position] as number) | ((data[position + 1] as number) << 8);
  const check = (data[position + 2] as number) | ((data[position + 3] as number) << 8);
  if ((length ^ 0xffff) !== check) throw fail("invalid stored block lengths");
  position += 4;
  if (position + length > data.length) throw truncated();
  room(length);
  out.set(data.subarray(position, position + length), written);
  position += length;
  written += length;
}

function readCodes(): void {
  const literals = bits(5) + 257;
  const distances = bits(5) + 1;
  const count = bits(4) + 4;
  if (literals > 286 || distances > 30) throw fail("too many length or distance symbols");
  lengths.fill(0, 0, 19);
  for (let index = 0; index < count; index++) lengths[LENGTHS_ORDER[index] as number] = bits(3);
  if (!lengthCodes.build(lengths, 0, 19, false)) throw fail("invalid code lengths set");
  const { table, look } = lengthCodes;
  const mask = (1 << look) - 1;
  const total = literals + distances;
  for (let index = 0; index < total; ) {
    while (held < 7) {
      // Past the end there is nothing but zero bits; what was really there decides below.
      hold |= (position < data.length ? (data[position] as number) : 0) << held;
      position++;
      held += 8;
    }
    const entry = table[hold & mask] as number;
    const length = entry & 15;
    if (length === 0) throw noCode("code lengths set");
    hold >>= length;
    held -= length;
    if (position - (held >> 3) > data.length) throw truncated();
    const symbol = entry >> 4;
    if (symbol < 16) {
      lengths[index++] = symbol;
      continue;
    }
    if (symbol === 16 && index === 0) throw fail("invalid bit length repeat");
    const value = symbol === 16 ? (lengths[index - 1] as number) : 0;
    const repeat = symbol === 16 ? 3 + bits(2) : symbol === 17 ? 3 + bits(3) : 11 + bits(7);
    if (index + repeat > total) throw fail("invalid bit length repeat");
    for (let again = 0; again < repeat; again++) lengths[index++] = value;
  }
  if (lengths[256] === 0) throw fail("invalid code -- missing end-of-block");
  if (!dynamicLiterals.build(lengths, 0, literals, true)) throw fail("invalid literal/lengths set");
  if (!dynamicDistances.build(lengths, literals, distances, true))
    throw fail("invalid distances set");
}

/** A code longer than the table looks, or none at all (-1): canonical decoding, a bit at a time. */
function longCode(codes: Codes, bits: number): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= 15; length++) {
    code |= (bits >> (length - 1)) & 1;
    const count = codes.counts[length] as number;
    if (length > codes.look && code - count < first)
      return ((codes.sorted[index + (code - first)] as number) << 4) | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return -1;
}

/**
 * The symbols of a block. Everything it touches is a local: variables of the module live in memory, and
 * that doubles the time. Past the end of the input it reads zero bits, and looks after each symbol
 * whether it used any.
 */
function codes(literals: Codes, distances: Codes): void {
  const input = data;
  const end = input.length;
  const litTable = literals.table;
  const litMask = (1 << literals.look) - 1;
  const distTable = distances.table;
  const distMask = (1 << distances.look) - 1;
  let target = out;
  let bound = Math.min(target.length, limit);
  let at = position;
  let bits = hold;
  let count = held;
  let to = written;
  for (;;) {
    if (count < 15) {
      // Two bytes: a code and its extra bits (20) then fit, and 15 + 16 stay below 32.
      if (at + 1 < end) bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
      else if (at < end) bits |= (input[at] as number) << count;
      at += 2;
      count += 16;
    }
    let entry = litTable[bits & litMask] as number;
    if (entry === 0) {
      entry = longCode(literals, bits);
      if (entry < 0) throw at >= end ? truncated() : fail("invalid literal/length code");
    }
    bits >>= entry & 15;
    count -= entry & 15;
    let symbol = entry >> 4;
    if (symbol < 256) {
      if (to >= bound) {
        written = to;
        room(1);
        target = out;
        bound = Math.min(target.length, limit);
      }
      target[to++] = symbol;
      // At most one symbol too many is written before this is seen: it costs no room.
      if (at - (count >> 3) > end) throw truncated();
      continue;
    }
    if (at - (count >> 3) > end) throw truncated();
    if (symbol === 256) break;
    symbol -= 257;
    if (symbol > 28) throw fail("invalid literal/length code");
    let extra = LENGTH_EXTRA[symbol] as number;
    while (count < extra) {
      if (at < end) bits |= (input[at] as number) << count;
      at++;
      count += 8;
    }
    const length = (LENGTH_BASE[symbol] as number) + (bits & ((1 << extra) - 1));
    bits >>= extra;
    count -= extra;
    if (count < 15) {
      if (at + 1 < end) bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
      else if (at < end) bits |= (input[at] as number) << count;
      at += 2;
      count += 16;
    }
    entry = distTable[bits & distMask] as number;
    if (entry === 0) {
      entry = longCode(distances, bits);
      if (entry < 0) throw at >= end ? truncated() : fail("invalid distance code");
    }
    bits >>= entry & 15;
    count -= entry & 15;
    symbol = entry >> 4;
    if (symbol > 29) throw fail("invalid distance code");
    extra = DISTANCE_EXTRA[symbol] as number;
    while (count < extra) {
      if (at < end) bits |= (input[at] as number) << count;
      at++;
      count += 8;
    }
    const distance = (DISTANCE_BASE[symbol] as number) + (bits & ((1 << extra) - 1));
    bits >>= extra;
    count -= extra;
    if (at - (count >> 3) > end) throw truncated();
    if (distance > to) throw fail("invalid distance too far back");
    if (to + length > bound) {
      written = to;
      room(length);
      target = out;
      bound = Math.min(target.length, limit);
    }
    for (const stop = to + length; to < stop; to++) target[to] = target[to - distance] as number;
  }
  position = at;
  hold = bits;
  held = count;
  written = to;
}

function adler32(bytes: Uint8Array, length: number): number {
  let a = 1;
  let b = 0;
  for (let index = 0; index < length; ) {
    // 3800 sums of bytes cannot pass 2^31.
    const stop = Math.min(index + 3800, length);
    for (; index < stop; index++) {
      a += bytes[index] as number;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
