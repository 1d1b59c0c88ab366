/**
 * zlib streams (RFC 1950 and 1951) out, with a bound.
 *
 *     78 9c   header: deflate, 32 KiB window          ab 56 4a ...  blocks
 *     last four bytes: Adler-32 of the output, big-endian. What follows is ignored, as Python does.
 *
 * A session inflates to some hundred bytes. For so few, Node's zlib spends most of a call on making and
 * collecting a stream, and pako five times that; this one keeps its tables and buffers.
 * Errors are those of Python's zlib.decompress, type `error`.
 */
import { Buffer } from "node:buffer";
import { problem } from "../problem.ts";
import { PythonError } from "./errors.ts";
import { Codes, END, INVALID, longCode, MATCH } from "./huffman.ts";

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

/**
 * The start of the text, where `enough` is content with it: it is asked once, when about `length` characters
 * are known. Else, and of shorter texts, all of it. What comes after the start is not checked.
 */
export function inflateZlibStart(
  input: Uint8Array,
  length: number,
  enough: (start: string) => boolean,
): string {
  stop = length;
  isEnough = enough;
  try {
    return inflateZlibText(input);
  } finally {
    stop = NEVER;
  }
}

const NEVER = Number.MAX_SAFE_INTEGER;
const KEEP = 64 * 1024;
const AHEAD = 16;

/** Entries of symbols that stand for runs of bases, `step` of them for each number of extra bits. */
function runs(base: number, count: number, step: number): number[] {
  const entries: number[] = [];
  for (let index = 0, next = base; index < count; index++) {
    const extra = Math.max(0, Math.floor(index / step) - 1);
    entries.push(MATCH | (next << 8) | (extra << 4));
    next += 1 << extra;
  }
  return entries;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte << 8);
// Lengths 3 to 257 in 28 symbols, and one of its own for 258.
const LENGTHS = [...runs(3, 28, 4), MATCH | (258 << 8)];
const LITERALS = Int32Array.of(...BYTES, END, ...LENGTHS, INVALID, INVALID);
const DISTANCES = Int32Array.of(...runs(1, 30, 2), INVALID, INVALID);
const PLAIN = Int32Array.from({ length: 19 }, (_, symbol) => symbol << 8);
const LENGTHS_ORDER = Uint8Array.of(
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
);

const fixedLiterals = new Codes(LITERALS);
for (let symbol = 0; symbol < 288; symbol++)
  fixedLiterals.add(symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
fixedLiterals.build(false);
const fixedDistances = new Codes(DISTANCES);
for (let symbol = 0; symbol < 32; symbol++) fixedDistances.add(symbol, 5);
fixedDistances.build(false);

const dynamicLiterals = new Codes(LITERALS);
const dynamicDistances = new Codes(DISTANCES);
const lengthCodes = new Codes(PLAIN);
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
/** How much output to stop at and ask `isEnough`. */
let stop = NEVER;
let stopped = false;
let isEnough: (start: string) => boolean = () => false;

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
  stopped = false;
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
    if (stopped) return written;
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

/** Whether enough is known, asked when the bound of the output is met. */
function halts(): boolean {
  if (stop === NEVER) return false;
  stop = NEVER;
  stopped = isEnough(out.toString("latin1", 0, written));
  return stopped;
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
    const symbol = entry >> 8;
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
 * that doubles the time. Past the end of the input it reads zero bits, a few at most, and looks whether it
 * did where something is wrong and at the end of the block.
 */
function codes(literals: Codes, distances: Codes): void {
  const input = data;
  const end = dataEnd;
  const litTable = literals.table;
  const litMask = (1 << literals.look) - 1;
  const distTable = distances.table;
  const distMask = (1 << distances.look) - 1;
  let target = out;
  let bound = Math.min(target.length, limit, stop);
  let at = position;
  let bits = hold;
  let count = held;
  let to = written;
  for (;;) {
    if (count < 15) {
      if (at > end + 2) throw truncated();
      // Never more than 14 + 16 bits, which leaves the sign alone.
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
    if (entry < MATCH) {
      if (to >= bound) {
        written = to;
        if (halts()) return;
        room(1);
        target = out;
        bound = Math.min(target.length, limit);
      }
      target[to++] = entry >> 8;
      continue;
    }
    if (entry >= END) {
      if (at - (count >> 3) > end) throw truncated();
      if (entry >= INVALID) throw fail("invalid literal/length code");
      break;
    }
    let extra = (entry >> 4) & 15;
    if (count < extra) {
      bits |= (input[at++] as number) << count;
      count += 8;
    }
    const length = ((entry >> 8) & 0x7fff) + (bits & ((1 << extra) - 1));
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
    extra = (entry >> 4) & 15;
    if (count < extra) {
      bits |= ((input[at] as number) | ((input[at + 1] as number) << 8)) << count;
      at += 2;
      count += 16;
    }
    const distance = ((entry >> 8) & 0x7fff) + (bits & ((1 << extra) - 1));
    bits >>= extra;
    count -= extra;
    if (entry >= INVALID || distance > to) {
      if (at - (count >> 3) > end) throw truncated();
      throw fail(entry >= INVALID ? "invalid distance code" : "invalid distance too far back");
    }
    if (to + length > bound) {
      written = to;
      if (halts()) return;
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
