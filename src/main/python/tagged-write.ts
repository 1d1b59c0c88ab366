/**
 * Values as JSON with tags, for people and for other programs: the file format of "Values beyond JSON".
 *
 *   1  1.0  "x"  null  true  [..]  {"key": ..}    as they are; ints of any size, floats with their point
 *   {"$type": "float", "value": "nan"}            also inf, -inf
 *   {"$type": "tuple", "value": [1, 2]}           also set, frozenset
 *   {"$type": "bytes", "value": "aGk="}           base64; also bytearray
 *   {"$type": "datetime", "value": "2023-11-14T22:13:20+01:00"}   also date, time; "fold": 1 where it is,
 *                                                 "zone" where tzinfo is another class than timezone
 *   {"$type": "timedelta", "value": 90.5}         seconds; text beyond 15 digits
 *   {"$type": "decimal", "value": "9.90"}         also uuid, complex ("(1+2j)")
 *   {"$type": "dict", "value": [[key, value]]}    where a key is no string, or is "$type" itself
 *   {"$type": "object", "class": "module.Name", "state": ..}      with "args", "items", "entries" where any
 *   {"$type": "recursive"}                        a value that contains itself, at the inner place
 *
 * A value used in several places is written out in each of them.
 */
import { problem } from "../problem.ts";
import { pyFloatText } from "./float.ts";
import { complexText, secondsText } from "./repr.ts";
import {
  maxDepth,
  PyByteArray,
  PyComplex,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFloat,
  PyObject,
  PySet,
  PyTime,
  PyTimedelta,
  PyTuple,
  PyUuid,
  type PyValue,
} from "./value.ts";

export type TaggedOptions = {
  /** Spaces per level; 0, the default, writes one line. */
  indent?: number;
  /** Characters, `too_large` beyond, give or take 64 KiB; shared values can grow without end. */
  maxLength?: number;
};

/** Throws problems `too_deep` and `too_large` only. */
export function writeTagged(value: PyValue, options: TaggedOptions = {}): string {
  const writer = new TaggedWriter(options);
  writer.write(value, 0);
  return writer.text();
}

/** The class name a reader gives the stand-in of a recursive reference. */
export const recursiveMark = "recursive";

class TaggedWriter {
  private out = "";
  private readonly done: string[] = [];
  private length = 0;
  private readonly indent: number;
  private readonly max: number;
  private readonly open = new Set<PyValue>();
  constructor(options: TaggedOptions) {
    this.indent = options.indent ?? 0;
    this.max = options.maxLength ?? 1 << 26;
  }

  text(): string {
    return this.done.length === 0 ? this.out : this.done.join("") + this.out;
  }

  /** As in the JSON writer: a long rope would take far more memory than its characters. */
  private settle(): void {
    this.out.charCodeAt(0);
    this.done.push(this.out);
    this.length += this.out.length;
    this.out = "";
    if (this.length > this.max)
      throw problem("too_large", `The value as text is longer than ${this.max} characters.`);
  }

  write(value: PyValue, depth: number): void {
    if (value === null || typeof value !== "object")
      this.out += typeof value === "string" ? JSON.stringify(value) : String(value);
    else if (value instanceof PyFloat) this.float(value.value);
    else if (this.open.has(value)) this.tag("recursive");
    else {
      if (depth > maxDepth)
        throw problem("too_deep", `The value is nested deeper than ${maxDepth} levels.`);
      if (this.out.length > 1 << 16) this.settle();
      this.open.add(value);
      this.object(value, depth);
      this.open.delete(value);
    }
  }

  private float(n: number): void {
    const text = pyFloatText(n);
    if (Number.isFinite(n)) this.out += text;
    else this.tag("float", JSON.stringify(text));
  }

  private object(
    value: Exclude<PyValue, null | string | number | bigint | boolean | PyFloat>,
    depth: number,
  ): void {
    if (Array.isArray(value)) this.list(value, depth);
    else if (value instanceof Map) this.dict(value, depth);
    else if (value instanceof PyTuple) this.group("tuple", value.items, depth);
    else if (value instanceof PySet)
      this.group(value.frozen ? "frozenset" : "set", value.items, depth);
    else if (value instanceof Uint8Array) this.tag("bytes", base64(value));
    else if (value instanceof PyByteArray) this.tag("bytearray", base64(value.bytes));
    else if (value instanceof PyDatetime) this.moment("datetime", value, depth);
    else if (value instanceof PyTime) this.moment("time", value, depth);
    else if (value instanceof PyDate) this.tag("date", JSON.stringify(value.iso));
    else if (value instanceof PyTimedelta) this.tag("timedelta", secondsLiteral(value));
    else if (value instanceof PyDecimal) this.tag("decimal", JSON.stringify(value.text));
    else if (value instanceof PyUuid) this.tag("uuid", JSON.stringify(value.text));
    else if (value instanceof PyComplex) this.tag("complex", JSON.stringify(complexText(value)));
    else if (value instanceof PyObject) this.pyObject(value, depth);
    else value satisfies never;
  }

  private tag(type: string, value?: string): void {
    const gap = this.indent > 0 ? " " : "";
    const body = value === undefined ? "" : `,${gap}"value":${gap}${value}`;
    this.out += `{"$type":${gap}"${type}"${body}}`;
  }

  private break(depth: number): void {
    if (this.indent > 0) this.out += `\n${" ".repeat(this.indent * depth)}`;
  }

  private list(items: Iterable<PyValue>, depth: number): void {
    let before = "[";
    for (const item of items) {
      this.out += before;
      this.break(depth + 1);
      this.write(item, depth + 1);
      before = ",";
    }
    if (before === "[") this.out += "[]";
    else {
      this.break(depth);
      this.out += "]";
    }
  }

  /** A JSON object whose members are written by `members`, each through `member`. */
  private members(depth: number, members: Iterable<[string, () => void]>): void {
    let before = "{";
    for (const [name, write] of members) {
      this.out += before;
      this.break(depth + 1);
      this.out += `${JSON.stringify(name)}:${this.indent > 0 ? " " : ""}`;
      write();
      before = ",";
    }
    if (before === "{") this.out += "{}";
    else {
      this.break(depth);
      this.out += "}";
    }
  }

  private type(name: string): [string, () => void] {
    return ["$type", () => this.write(name, 0)];
  }

  private group(type: string, items: readonly PyValue[], depth: number): void {
    this.members(depth, [this.type(type), ["value", () => this.list(items, depth + 1)]]);
  }

  private dict(dict: Map<PyValue, PyValue>, depth: number): void {
    let plain = !dict.has("$type");
    for (const key of dict.keys()) plain &&= typeof key === "string";
    if (!plain) {
      this.members(depth, [this.type("dict"), ["value", () => this.pairs(dict, depth + 1)]]);
      return;
    }
    let before = "{";
    for (const [key, item] of dict) {
      this.out += before;
      this.break(depth + 1);
      this.out += `${JSON.stringify(key)}:${this.indent > 0 ? " " : ""}`;
      this.write(item, depth + 1);
      before = ",";
    }
    if (before === "{") this.out += "{}";
    else {
      this.break(depth);
      this.out += "}";
    }
  }

  private pairs(entries: Iterable<[PyValue, PyValue]>, depth: number): void {
    let before = "[";
    for (const pair of entries) {
      this.out += before;
      this.break(depth + 1);
      this.list(pair, depth + 1);
      before = ",";
    }
    if (before === "[") this.out += "[]";
    else {
      this.break(depth);
      this.out += "]";
    }
  }

  private moment(type: string, value: PyDatetime | PyTime, depth: number): void {
    const { iso, fold, zone } = value;
    if (fold === 0 && zone === undefined) this.tag(type, JSON.stringify(iso));
    else
      this.members(depth, [
        this.type(type),
        ["value", () => this.write(iso, 0)],
        ...(fold === 1 ? ([["fold", () => this.write(1, 0)]] as [string, () => void][]) : []),
        ...(zone !== undefined
          ? ([["zone", () => this.write(zone, depth + 1)]] as [string, () => void][])
          : []),
      ]);
  }

  private pyObject(value: PyObject, depth: number): void {
    if (value.how === "tagged" && value.className === recursiveMark) {
      this.tag("recursive");
      return;
    }
    const { args, state, items, entries } = value;
    const members: [string, () => void][] = [
      this.type("object"),
      ["class", () => this.write(value.className, 0)],
      ["state", () => this.write(state ?? null, depth + 1)],
    ];
    if (args !== null && !(args instanceof PyTuple && args.items.length === 0))
      members.push(["args", () => this.write(args, depth + 1)]);
    if (items.length > 0) members.push(["items", () => this.list(items, depth + 1)]);
    if (entries.length > 0) members.push(["entries", () => this.pairs(entries, depth + 1)]);
    this.members(depth, members);
  }
}

const base64 = (bytes: Uint8Array): string =>
  `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}"`;

/** A number; a quoted text beyond 15 digits, which a double may not give back. */
function secondsLiteral(value: PyTimedelta): string {
  const text = secondsText(value);
  return text.replace(/\D/g, "").length <= 15 ? text : `"${text}"`;
}
