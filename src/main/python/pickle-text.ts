/**
 * The texts inside pickles: UTF-8 that may hold surrogates, raw-unicode-escape, Python 2's quoted
 * strings, integers as bytes. Each throws a RangeError where the bytes are none; the machine maps it.
 */
import { Buffer } from "node:buffer";
import { pyInt } from "./value.ts";

/** UTF-8 as Python's "surrogatepass" reads it. */
export function utf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  // A replacement character is either really there or stands for what Buffer could not decode.
  if (!text.includes("\ufffd")) return text;
  let out = "";
  for (let i = start; i < end; ) {
    const a = bytes[i] ?? 0;
    const size =
      a < 0x80
        ? 1
        : a >= 0xc2 && a < 0xe0
          ? 2
          : a >= 0xe0 && a < 0xf0
            ? 3
            : a >= 0xf0 && a < 0xf5
              ? 4
              : 0;
    if (size === 0 || i + size > end) throw new RangeError("a str is not UTF-8");
    let code = size === 1 ? a : a & (0xff >> (size + 1));
    for (let k = i + 1; k < i + size; k++) {
      const b = bytes[k] ?? 0;
      if ((b & 0xc0) !== 0x80) throw new RangeError("a str is not UTF-8");
      code = code * 64 + (b & 63);
    }
    if ((size === 3 && code < 0x800) || (size === 4 && (code < 0x10000 || code > 0x10ffff)))
      throw new RangeError("a str is not UTF-8");
    out += String.fromCodePoint(code);
    i += size;
  }
  return out;
}

/** The opposite: lone surrogates become three bytes each. */
export function toUtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    parts.push(
      code >= 0xd800 && code < 0xe000
        ? Buffer.from([0xed, 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)])
        : Buffer.from(char, "utf8"),
    );
  }
  return Buffer.concat(parts);
}

/** Protocol 0's str: latin-1 with \uXXXX and \UXXXXXXXX. */
export function rawUnicode(line: string): string {
  if (!line.includes("\\")) return line;
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs, (all, four, eight) => {
    const hex: string | undefined = four ?? eight;
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) throw new RangeError("a str holds no Unicode");
      return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
    }
    if (all === "\\u" || all === "\\U") throw new RangeError("a str holds a cut escape");
    return all;
  });
}

const escapes: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

/** Python 2's str of protocol 0, quotes included; bytes are read as latin-1. */
export function quoted(line: string): string {
  const text = line.trimEnd();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote)
    throw new RangeError("a str has no quotes");
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs, (all, hex, octal, plain) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
      if (plain === "x") throw new RangeError("a str holds a cut escape");
      return escapes[plain] ?? all;
    });
}

/** A decimal int; Python 3.11 and later read no more than 4300 digits. */
export function decimalInt(line: string): number | bigint {
  const text = line.trim();
  if (!/^[+-]?\d{1,4300}$/.test(text)) throw new RangeError("an int is no number");
  return text.length <= 15 ? Number(text) + 0 : pyInt(BigInt(text.replace(/^\+/, "")));
}

export function decimalFloat(line: string): number {
  const text = line.trim();
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) return /nan/i.test(text) ? Number.NaN : word[1] === "-" ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new RangeError("a float is no number");
  return Number(text);
}

/** Little-endian two's complement. */
export function bytesInt(bytes: Buffer, start: number, end: number): number | bigint {
  const size = end - start;
  if (size === 0) return 0;
  if (size <= 6) return bytes.readIntLE(start, size);
  const hex = Buffer.from(bytes.subarray(start, end)).reverse().toString("hex");
  return pyInt(BigInt.asIntN(size * 8, BigInt(`0x${hex}`)));
}

/** The fewest bytes of little-endian two's complement, as LONG1 and LONG4 hold; none for 0. */
export function intBytes(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const size = value < 0n ? ~value : value;
  const bits = size === 0n ? 0 : (size.toString(16).length - 1) * 4 + topBits(size);
  const length = Math.floor(bits / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(hex, "hex").reverse();
}

const topBits = (size: bigint): number =>
  32 - Math.clz32(Number.parseInt(size.toString(16)[0] ?? "0", 16));
