/**
 * The two text encodings of signed values.
 *
 *     base62(1700000000n)            = "1r31eq"     digits, upper case, lower case; "-" before a negative one
 *     base64Url(utf8('{"a":1}'))     = "eyJhIjoxfQ" RFC 4648 with "-" and "_", padding removed
 *
 * Decoding is as lenient as Python's: padding is added by length, "+" and "/" count as "-" and "_",
 * other characters are skipped, and complete padding ends the data.
 */
import { Buffer } from "node:buffer";
import { PythonError } from "./errors.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** django.core.signing.b62_encode. */
export function base62(value: bigint): string {
  if (value < 0n) return `-${base62(-value)}`;
  let text = "";
  let rest = value;
  do {
    text = BASE62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  } while (rest > 0n);
  return text;
}

/** django.core.signing.b62_decode: IndexError for an empty text, ValueError for an unknown character. */
export function fromBase62(text: string): bigint {
  if (text === "0") return 0n;
  if (text === "") throw new PythonError("IndexError", "string index out of range");
  const negative = text.charCodeAt(0) === MINUS;
  let value = 0n;
  let few = 0;
  for (let index = negative ? 1 : 0; index < text.length; index++) {
    const digit = DIGITS[text.charCodeAt(index)] ?? -1;
    if (digit < 0) throw new PythonError("ValueError", "substring not found");
    // Times have six digits: numbers serve, and cost a tenth of bigints.
    if (index < 8) few = few * 62 + digit;
    else value = (index === 8 ? BigInt(few) : value) * 62n + BigInt(digit);
  }
  const size = text.length > 8 ? value : BigInt(few);
  return negative ? -size : size;
}

const MINUS = 45;
const DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 62; digit++) DIGITS[BASE62.charCodeAt(digit)] = digit;

export const base64Url = (bytes: Uint8Array): string => asBuffer(bytes).toString("base64url");

/** The same memory as a Buffer. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** django.core.signing.b64_decode. Throws binascii's `Error` for data that does not add up. */
export function fromBase64Url(text: string): Buffer {
  // Node skips what it does not know, so a result of full length had nothing to skip. It also takes
  // only the low byte of wide characters, hence the second test.
  const bytes = Buffer.from(text, "base64url");
  if (
    text.length % 4 !== 1 &&
    bytes.length === (text.length * 3) >> 2 &&
    Buffer.byteLength(text) === text.length
  )
    return bytes;
  const raw = Buffer.from(text);
  return decodeBase64(raw, (4 - (raw.length % 4)) % 4, URL_SAFE);
}

/** base64.b64decode(data): binascii.a2b_base64 in its lenient mode, for a text with its own padding. */
export function fromBase64(data: string | Uint8Array): Buffer {
  if (typeof data === "string" && data.length % 4 === 0 && !/[-_]/.test(data)) {
    const bytes = Buffer.from(data, "base64");
    const pads = data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0;
    if (bytes.length === (data.length / 4) * 3 - pads && Buffer.byteLength(data) === data.length)
      return bytes;
  }
  return decodeBase64(typeof data === "string" ? Buffer.from(data) : data, 0, STANDARD);
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function digits(last: string): Int8Array {
  const values = new Int8Array(256).fill(-1);
  for (let index = 0; index < 62; index++) values[LETTERS.charCodeAt(index)] = index;
  for (let index = 0; index < last.length; index++)
    values[last.charCodeAt(index)] = 62 + (index % 2);
  return values;
}

const STANDARD = digits("+/");
const URL_SAFE = digits("+/-_");
const PAD = 61;

function decodeBase64(data: Uint8Array, addedPads: number, values: Int8Array): Buffer {
  const out = Buffer.allocUnsafe(Math.ceil((data.length * 3) / 4));
  let length = 0;
  let inQuad = 0;
  let last = 0;
  let pads = 0;
  for (let index = 0; index < data.length + addedPads; index++) {
    const char = index < data.length ? (data[index] ?? 0) : PAD;
    if (char === PAD) {
      if (inQuad >= 2 && inQuad + ++pads >= 4) return out.subarray(0, length);
      continue;
    }
    const value = values[char] ?? -1;
    if (value < 0) continue;
    pads = 0;
    if (inQuad > 0) out[length++] = ((last << 6) | value) >> (6 - 2 * inQuad);
    last = value;
    inQuad = (inQuad + 1) % 4;
  }
  if (inQuad === 1)
    throw new PythonError(
      "Error",
      `Invalid base64-encoded string: number of data characters (${(length / 3) * 4 + 1}) cannot be 1 more than a multiple of 4`,
    );
  if (inQuad !== 0) throw new PythonError("Error", "Incorrect padding");
  return out.subarray(0, length);
}
