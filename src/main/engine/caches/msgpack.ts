/**
 * MessagePack as django-redis' MSGPackSerializer has it: str as UTF-8 text, bytes as bin, floats in eight bytes.
 *
 *     {"a": 1}   81 a1 61 01        fixmap(1) fixstr(1) "a" fixint 1
 *
 * A tuple is written as an array. Python reads no map whose keys are not text or bytes, this reader does, so that
 * the entry can be shown; extension types are refused.
 */
import { problem } from "../../problem.ts";
import { typeName } from "../../python/type-name.ts";
import { PyFloat, PyTuple, type PyValue, pyInt } from "../../python/value.ts";

const maxDepth = 1000;
const corrupt = (what: string, offset: number) =>
  problem("corrupt", `No MessagePack: ${what} (byte ${offset}).`, undefined, { offset });

/** One value that fills the bytes. Problems: corrupt with detail offset, too_deep, unsupported. */
export function readMsgpack(bytes: Uint8Array): PyValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw corrupt("data after its end", reader.at);
  return value;
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #take(count: number): number {
    const start = this.at;
    if (start + count > this.#bytes.length) throw corrupt("it ends early", start);
    this.at += count;
    return start;
  }

  #uint(width: 1 | 2 | 4): number {
    const at = this.#take(width);
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  value(depth: number): PyValue {
    if (depth > maxDepth)
      throw problem("too_deep", `The value is nested more than ${maxDepth} deep.`);
    const code = this.#uint(1);
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 15, depth);
    if (code < 0xa0) return this.#array(code & 15, depth);
    if (code < 0xc0) return this.#string(code & 31);
    if (code >= 0xe0) return code - 256;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#raw(this.#uint(1)).slice();
      case 0xc5:
        return this.#raw(this.#uint(2)).slice();
      case 0xc6:
        return this.#raw(this.#uint(4)).slice();
      case 0xca:
        return new PyFloat(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return new PyFloat(this.#view.getFloat64(this.#take(8)));
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xcf:
        return pyInt(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return pyInt(this.#view.getBigInt64(this.#take(8)));
      case 0xd9:
        return this.#string(this.#uint(1));
      case 0xda:
        return this.#string(this.#uint(2));
      case 0xdb:
        return this.#string(this.#uint(4));
      case 0xdc:
        return this.#array(this.#uint(2), depth);
      case 0xdd:
        return this.#array(this.#uint(4), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      case 0xdf:
        return this.#map(this.#uint(4), depth);
      case 0xc1:
        throw corrupt("an unused code", this.at - 1);
      default:
        throw problem("unsupported", "The value holds a MessagePack extension type.");
    }
  }

  #raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #string(length: number): string {
    const start = this.at;
    const raw = this.#raw(length);
    try {
      return this.#text.decode(raw);
    } catch {
      throw corrupt("text that is not UTF-8", start);
    }
  }

  #array(length: number, depth: number): PyValue[] {
    const items: PyValue[] = [];
    for (let index = 0; index < length; index++) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): PyValue {
    const entries = new Map<PyValue, PyValue>();
    for (let index = 0; index < length; index++) {
      const key = this.value(depth + 1);
      entries.set(key, this.value(depth + 1));
    }
    return entries;
  }
}

/** Problems: not_writable with detail class for what MessagePack cannot hold, too_deep. */
export function writeMsgpack(value: PyValue): Uint8Array {
  const parts: Buffer[] = [];
  write(value, parts, 0);
  return Buffer.concat(parts);
}

/** A head whose length is in the code itself below `fix`, else in 1 (where there is one), 2 or 4 bytes. */
function head(length: number, fixCode: number, fix: number, codes: readonly number[]): Buffer {
  if (length < fix) return Buffer.of(fixCode | length);
  const [one, two, four] = codes.length === 3 ? codes : [undefined, ...codes];
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  if (one !== undefined && length < 0x100) return Buffer.of(one, length);
  if (length < 0x10000) return Buffer.from([two ?? 0, ...bytes.subarray(3)]);
  bytes[0] = four ?? 0;
  return bytes;
}

function write(value: PyValue, parts: Buffer[], depth: number): void {
  if (depth > maxDepth)
    throw problem("too_deep", `The value is nested more than ${maxDepth} deep.`);
  if (value === null) parts.push(Buffer.of(0xc0));
  else if (typeof value === "boolean") parts.push(Buffer.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number" || typeof value === "bigint")
    parts.push(integer(BigInt(value)));
  else if (value instanceof PyFloat) {
    const bytes = Buffer.alloc(9, 0xcb);
    bytes.writeDoubleBE(value.value, 1);
    parts.push(bytes);
  } else if (typeof value === "string") {
    if (!value.isWellFormed()) throw unwritable("a lone surrogate", "str");
    const bytes = Buffer.from(value);
    parts.push(head(bytes.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), bytes);
  } else if (value instanceof Uint8Array)
    parts.push(head(value.length, 0, 0, [0xc4, 0xc5, 0xc6]), Buffer.from(value));
  else if (Array.isArray(value) || value instanceof PyTuple) {
    const items = Array.isArray(value) ? value : value.items;
    parts.push(head(items.length, 0x90, 16, [0xdc, 0xdd]));
    for (const item of items) write(item, parts, depth + 1);
  } else if (value instanceof Map) {
    parts.push(head(value.size, 0x80, 16, [0xde, 0xdf]));
    for (const [key, item] of value) {
      write(key, parts, depth + 1);
      write(item, parts, depth + 1);
    }
  } else throw unwritable(`a value of class ${typeName(value)}`, typeName(value));
}

const unwritable = (what: string, className: string) =>
  problem("not_writable", `MessagePack cannot hold ${what}.`, undefined, { class: className });

/** The shortest form, as msgpack-python picks it. */
function integer(value: bigint): Buffer {
  if (value >= -32n && value < 128n) return Buffer.of(Number(value) & 255);
  const forms: readonly [number, number, boolean][] =
    value >= 0n
      ? [
          [0xcc, 1, false],
          [0xcd, 2, false],
          [0xce, 4, false],
          [0xcf, 8, false],
        ]
      : [
          [0xd0, 1, true],
          [0xd1, 2, true],
          [0xd2, 4, true],
          [0xd3, 8, true],
        ];
  for (const [code, width, signed] of forms) {
    const bits = width * 8;
    const fitted = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
    if (fitted !== value) continue;
    const bytes = Buffer.alloc(9);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 1);
    const tail = bytes.subarray(9 - width);
    return Buffer.concat([Buffer.of(code), tail]);
  }
  throw unwritable("an int of more than 64 bits", "int");
}
