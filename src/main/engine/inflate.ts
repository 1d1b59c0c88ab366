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
import { Codes, longCode } from "./huffman.ts";

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

const KEEP = 64 * 1024;
const AHEAD = 16;

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

const fixedLiterals = new Codes();
for (let symbol = 0; symbol < 288; symbol++)
  fixedLiterals.add(symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
fixedLiterals.build(false);
const fixedDistances = new Codes();
for (let symbol = 0; symbol < 32; symbol++) fixedDistances.add(symbol, 5);
fixedDistances.build(false);

const dynamicLiterals = new Codes();
const dynamicDistances = new Codes();
const lengthCodes = new Codes();
const lengths = new Uint8Array(19);

// State of the one stream being read; nothing here is re-entrant, and nothing here waits.
/** The input and some zero bytes after it, so that reading ahead needs no question. */
let data: Uint8Array = new Uint8Array(KEEP);
let dataEnd = 0;
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

function run(input: Uint8Array, maxBytes: number): number {
  if (out.length > KEEP) out = Buffer.allocUnsafeSlow(KEEP);
  dataEnd = input.length;
  if (dataEnd + AHEAD > data.length || data.length > KEEP)
    data = new Uint8Array(Math.max(KEEP, dataEnd + AHEAD));
  data.set(input);
  data.fill(0, dataEnd, dataEnd + AHEAD);
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
  if (position + 4 > dataEnd) throw truncated();
  const sum =
    (((data[position] as number) << 24) |
      ((data[position + 1] as number) << 16) |
      ((data[position + 2] as number) << 8) |
      (data[position + 3] as number)) >>>
    0;
  if (sum !== adler32(out, written)) throw fail("incorrect data check");
  return written;
}

function header(): void {
  if (dataEnd < 2) throw truncated();
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
    if (position >= dataEnd) throw truncated();
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
  if (position + 4 > dataEnd) throw truncated();
  const length = (data[position] as number) | ((data[position + 1] as number) << 8);
  const check = (data[position + 2] as number) | ((data[position + 3] as number) << 8);
  if ((length ^ 0xffff) !== check) throw fail("invalid stored block lengths");
  position += 4;
  if (position + length > dataEnd) throw truncated();
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
  lengths.fill(0);
  for (let index = 0; index < count; index++) lengths[LENGTHS_ORDER[index] as number] = bits(3);
  lengthCodes.clear();
  for (let symbol = 0; symbol < 19; symbol++)
    if (lengths[symbol]) lengthCodes.add(symbol, lengths[symbol] as number);
  if (!lengthCodes.build(false)) throw fail("invalid code lengths set");
  readLengths(literals, distances);
  if (!dynamicLiterals.build(true)) throw fail("invalid literal/lengths set");
  if (!dynamicDistances.build(true)) throw fail("invalid distances set");
}

function readLengths(literals: number, distances: number): void {
  const input = data;
  const end = dataEnd;
  const { table, look } = lengthCodes;
  const mask = (1 << look) - 1;
  const total = literals + distances;
  let at = position;
  let bits = hold;
  let count = held;
  let last = 0;
  let ends = false;
  dynamicLiterals.clear();
  dynamicDistances.clear();
  for (let index = 0; index < total; ) {
    // A code takes up to 7 bits, what follows it as many.
    if (count < 14) {
      bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
      at += 2;
      count += 16;
    }
    const entry = table[bits & mask] as number;
    if (entry === 0) throw at >= end ? truncated() : fail("invalid code lengths set");
    bits >>= entry & 15;
    count -= entry & 15;
    const symbol = entry >> 4;
    let repeat = 1;
    if (symbol < 16) last = symbol;
    else {
      if (symbol === 16 && index === 0) throw fail("invalid bit length repeat");
      if (symbol > 16) last = 0;
      const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      repeat = (symbol === 18 ? 11 : 3) + (bits & ((1 << extra) - 1));
      bits >>= extra;
      count -= extra;
      if (index + repeat > total) throw fail("invalid bit length repeat");
    }
    if (at - (count >> 3) > end) throw truncated();
    if (last !== 0)
      for (let stop = index + repeat; index < stop; index++) {
        if (index === 256) ends = true;
        if (index < literals) dynamicLiterals.add(index, last);
        else dynamicDistances.add(index - literals, last);
      }
    else index += repeat;
  }
  if (!ends) throw fail("invalid code -- missing end-of-block");
  position = at;
  hold = bits;
  held = count;
}

/**
 * The symbols of a block. Everything it touches is a local: variables of the module live in memory, and
 * that doubles the time. Past the end of the input it reads zero bits, and looks after each symbol
 * whether it used any.
 */
function codes(literals: Codes, distances: Codes): void {
  const input = data;
  const end = dataEnd;
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
      bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
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
      bits |= (input[at] as number) << count;
      at++;
      count += 8;
    }
    const length = (LENGTH_BASE[symbol] as number) + (bits & ((1 << extra) - 1));
    bits >>= extra;
    count -= extra;
    if (count < 15) {
      bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
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
      bits |= (input[at] as number) << count;
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
