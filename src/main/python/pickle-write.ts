/**
 * The pickle writer, protocols 0 to 5, in the bytes CPython's own pickler gives for fresh values.
 *
 *   Map { "a" => 1 }, protocol 5    80 05 95 0a00000000000000 7d 94 8c 01 61 94 4b 01 73 2e
 *
 * Lists, dicts and sets go in batches of 1000; everything that can be met twice is memoized, and met
 * again fetched. Equal strings count as one object, as they are where they come from one literal or are
 * interned; CPython repeats those that merely are equal, which reads back the same. Objects that were
 * read are written as the same calls they were read from: nothing has to be understood for that.
 */
import { problem } from "../problem.ts";
import { pyFloatText } from "./float.ts";
import { PickleOut } from "./pickle-out.ts";
import { knownCall, memoKey } from "./pickle-reduce.ts";
import { intBytes, toUtf8 } from "./pickle-text.ts";
import { Unwritable } from "./unwritable.ts";
import {
  maxDepth,
  PyByteArray,
  type PyDict,
  PyFloat,
  PyObject,
  PySet,
  PyTuple,
  type PyValue,
} from "./value.ts";

const batch = 1000;

/**
 * Throws problems: `not_writable` with detail path and class where a node cannot be reproduced (in this
 * protocol); `too_deep`.
 */
export function dumpPickle(value: PyValue, protocol: number): Uint8Array {
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > 5)
    throw new RangeError(`There is no pickle protocol ${protocol}`);
  const pickler = new Pickler(protocol);
  try {
    pickler.save(value);
  } catch (error) {
    throw error instanceof Unwritable ? error.problem(value) : error;
  }
  return pickler.out.finish();
}

class Pickler {
  readonly out: PickleOut;
  private readonly protocol: number;
  private depth = 0;
  /** What the memo knows a class by: module and name are no str of the value. */
  private readonly classes = new Map<string, symbol>();

  constructor(protocol: number) {
    this.protocol = protocol;
    this.out = new PickleOut(protocol);
  }

  save(value: PyValue): void {
    const { out } = this;
    out.boundary();
    if (typeof value === "string") this.string(value, value);
    else if (typeof value === "number") this.int(value);
    else if (value === null) out.byte(0x4e);
    else if (typeof value === "boolean") {
      if (this.protocol >= 2) out.byte(value ? 0x88 : 0x89);
      else out.line("I", value ? "01" : "00");
    } else if (typeof value === "bigint") this.bigint(value);
    else if (value instanceof PyFloat) {
      if (this.protocol > 0) out.double(value.value);
      else out.line("F", pyFloatText(value.value));
    } else if (!out.fetch(memoKey(value))) {
      if (++this.depth > maxDepth + 8)
        throw problem("too_deep", `The value is nested deeper than ${maxDepth} levels.`);
      this.object(value);
      this.depth--;
    }
  }

  private object(value: object & PyValue): void {
    if (value instanceof Map) this.dict(value);
    else if (Array.isArray(value)) this.list(value);
    else if (value instanceof PyTuple) this.tuple(value);
    else if (value instanceof Uint8Array && this.protocol >= 3) this.bytes(value);
    else if (value instanceof PySet && this.protocol >= 4) this.set(value);
    else if (value instanceof PyByteArray && this.protocol === 5) {
      this.out.data(0x96, 8, value.bytes);
      this.out.put(value);
    } else if (value instanceof PyObject) this.pyObject(value);
    else this.reduce(knownCall(value, this.protocol), memoKey(value));
  }

  private string(text: string, key: unknown): void {
    const { out } = this;
    if (out.fetch(key)) return;
    const short = this.protocol >= 4;
    if (this.protocol === 0) out.line("V", rawUnicodeEscape(text));
    else if (!out.ascii(short ? 0x8c : 0x58, short ? 1 : 4, text)) {
      const data = toUtf8(text);
      if (data.length < 256 && short) out.data(0x8c, 1, data);
      else out.data(0x58, 4, data);
    }
    out.put(key);
  }

  private int(value: number): void {
    const { out } = this;
    if (value !== (value | 0)) this.bigint(BigInt(value));
    else if (this.protocol === 0) out.line("I", String(value));
    else if (value < 0 || value > 65535) out.int32(value);
    else if (value > 255) out.sized(0x4d, value, 2);
    else out.bytes(0x4b, value);
  }

  private bigint(value: bigint): void {
    if (this.protocol < 2) {
      const text = value.toString();
      if (text.length > 4300)
        throw new Unwritable(
          value,
          `An int of more than 4300 digits is not written in protocol ${this.protocol}`,
        );
      this.out.line("L", `${text}L`);
      return;
    }
    const data = intBytes(value);
    if (data.length < 256) this.out.data(0x8a, 1, data);
    else this.out.data(0x8b, 4, data);
  }

  private bytes(value: Uint8Array): void {
    if (value.length < 256) this.out.data(0x43, 1, value);
    else this.out.data(0x42, 4, value);
    this.out.put(memoKey(value));
  }

  private list(list: PyValue[]): void {
    const { out } = this;
    if (this.protocol > 0) out.byte(0x5d);
    else out.bytes(0x28, 0x6c);
    out.put(list);
    if (list.length === 1 || this.protocol === 0) this.items(list);
    else
      for (let start = 0; start < list.length; start += batch) {
        out.byte(0x28);
        for (const item of list.slice(start, start + batch)) this.save(item);
        out.byte(0x65);
      }
  }

  private dict(dict: PyDict): void {
    const { out } = this;
    if (this.protocol > 0) out.byte(0x7d);
    else out.bytes(0x28, 0x64);
    out.put(dict);
    if (dict.size === 0) return;
    if (dict.size === 1 || this.protocol === 0) {
      this.entries([...dict]);
      return;
    }
    // CPython finds the end only by an incomplete batch: 1000 keys give an empty second one.
    let left = 0;
    out.byte(0x28);
    for (const [key, value] of dict) {
      if (left === batch) {
        out.bytes(0x75, 0x28);
        left = 0;
      }
      this.save(key);
      this.save(value);
      left++;
    }
    out.byte(0x75);
    if (left === batch) out.bytes(0x28, 0x75);
  }

  private set(value: PySet): void {
    const { items, frozen } = value;
    const { out } = this;
    if (frozen) {
      out.byte(0x28);
      for (const item of items) this.save(item);
      if (out.isMemoized(value)) {
        out.byte(0x31);
        out.fetch(value);
        return;
      }
      out.byte(0x91);
      out.put(value);
      return;
    }
    out.byte(0x8f);
    out.put(value);
    if (items.length === 0) return;
    for (let start = 0; start <= items.length; start += batch) {
      out.byte(0x28);
      for (const item of items.slice(start, start + batch)) this.save(item);
      out.byte(0x90);
    }
  }

  private tuple(tuple: PyTuple): void {
    const { out, protocol } = this;
    const { items } = tuple;
    if (items.length === 0) {
      if (protocol > 0) out.byte(0x29);
      else out.bytes(0x28, 0x74);
      return;
    }
    const short = items.length <= 3 && protocol >= 2;
    if (!short) out.byte(0x28);
    for (const item of items) this.save(item);
    if (out.isMemoized(tuple)) {
      // It contains itself, and was finished on the way: what was piled up goes.
      if (!short && protocol > 0) out.byte(0x31);
      else for (let n = items.length + (short ? 0 : 1); n > 0; n--) out.byte(0x30);
      out.fetch(tuple);
      return;
    }
    out.byte(short ? 0x84 + items.length : 0x74);
    out.put(tuple);
  }

  /** Items of a list subclass, or of a list in protocol 0. */
  private items(items: readonly PyValue[]): void {
    const { out } = this;
    const size = this.protocol === 0 ? 1 : batch;
    for (let start = 0; start < items.length; start += size) {
      const some = items.slice(start, start + size);
      if (some.length > 1) out.byte(0x28);
      for (const item of some) this.save(item);
      out.byte(some.length > 1 ? 0x65 : 0x61);
    }
  }

  /** Entries of a dict subclass, or of a dict in protocol 0. */
  private entries(entries: readonly [PyValue, PyValue][]): void {
    const { out } = this;
    const size = this.protocol === 0 ? 1 : batch;
    for (let start = 0; start < entries.length; start += size) {
      const some = entries.slice(start, start + size);
      if (some.length > 1) out.byte(0x28);
      for (const [key, value] of some) {
        this.save(key);
        this.save(value);
      }
      out.byte(some.length > 1 ? 0x75 : 0x73);
    }
  }

  /** A class or function by name; Python 2's module names up to protocol 2. */
  private global(object: PyObject): void {
    const { out, protocol } = this;
    const module = moduleName(object.module, protocol);
    const name = object.className.slice(object.module.length + 1);
    const path = `${module}\n${name}`;
    let key = this.classes.get(path);
    if (key === undefined) {
      key = Symbol(path);
      this.classes.set(path, key);
    }
    if (out.fetch(key)) return;
    if (protocol >= 4) {
      this.string(module, module);
      out.boundary();
      // The class's own name is a string of its own, never one met before.
      this.string(name, Symbol(name));
      out.byte(0x93);
    } else {
      if (/[^\0-\x7f]|\n/.test(module + name))
        throw new Unwritable(object, `${object.className} is not written in protocol ${protocol}`);
      out.line("c", `${module}\n${name}`);
    }
    out.put(key);
  }

  private pyObject(object: PyObject): void {
    const { out, protocol } = this;
    const { how, maker, args } = object;
    switch (how) {
      case "global":
        this.global(object);
        return;
      case "persid":
        if (protocol === 0 && typeof args === "string" && !args.includes("\n")) out.line("P", args);
        else {
          this.save(args);
          out.byte(0x51);
        }
        return;
      case "ext": {
        const code = typeof args === "number" ? args : 0;
        if (code < 256) out.sized(0x82, code, 1);
        else out.sized(code < 65536 ? 0x83 : 0x84, code, code < 65536 ? 2 : 4);
        return;
      }
      case "reduce":
      case "newobj":
      case "newobj_ex":
        if (maker === null || !(args instanceof PyTuple)) break;
        if (protocol < (how === "reduce" ? 0 : how === "newobj" ? 2 : 4)) break;
        this.reduce(object, object);
        return;
      case "inst":
      case "obj":
        if (maker === null || !(args instanceof PyTuple)) break;
        out.byte(0x28);
        if (how === "obj") this.save(maker);
        for (const item of args.items) this.save(item);
        if (how === "obj") out.byte(0x6f);
        else out.line("i", `${maker.module}\n${maker.className.slice(maker.module.length + 1)}`);
        this.finish(object, object);
        return;
      case "tagged":
    }
    throw new Unwritable(
      object,
      `An object of class ${object.className} is not written in protocol ${protocol}`,
    );
  }

  /** A call; `key` is what the memo will know its result by. */
  private reduce(object: PyObject, key: unknown): void {
    const { out } = this;
    this.save(object.maker);
    if (object.how === "newobj_ex" && object.args instanceof PyTuple)
      for (const part of object.args.items) this.save(part);
    else this.save(object.args);
    out.byte(object.how === "reduce" ? 0x52 : object.how === "newobj" ? 0x81 : 0x92);
    if (out.isMemoized(key)) {
      out.byte(0x30);
      out.fetch(key);
      return;
    }
    this.finish(object, key);
  }

  private finish(object: PyObject, key: unknown): void {
    this.out.put(key);
    this.items(object.items);
    this.entries(object.entries);
    if (object.state !== undefined) {
      this.save(object.state);
      this.out.byte(0x62);
    }
  }
}

const python2Modules = new Map([
  ["builtins", "__builtin__"],
  ["copyreg", "copy_reg"],
]);
const python3Modules = new Map(Array.from(python2Modules, ([three, two]) => [two, three]));

const moduleName = (name: string, protocol: number): string =>
  (protocol < 3 ? python2Modules : python3Modules).get(name) ?? name;

function rawUnicodeEscape(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: CPython escapes Ctrl-Z, which ends files on Windows
  return text.replace(/[\0\n\r\x1a\\]|[^\0-\xff]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
