/** Reads the tagged text of `tagged-write.ts` back: what somebody typed becomes a value. */
import { problem } from "../problem.ts";
import { dateText, datetimeText, parseIso, timeText } from "./datetime.ts";
import { isHashable, keyOf } from "./equal.ts";
import { graft } from "./graft.ts";
import { JsonReader, JsonSyntaxError } from "./json-read.ts";
import { recursiveMark } from "./tagged-write.ts";
import {
  PyByteArray,
  PyComplex,
  PyDate,
  PyDatetime,
  PyDecimal,
  type PyDict,
  PyFloat,
  PyObject,
  PySet,
  PyTime,
  PyTimedelta,
  PyTuple,
  PyUuid,
  type PyValue,
} from "./value.ts";

/**
 * The value a tagged text stands for. Parts equal to `original` at the same place become its own objects;
 * an `object` tag can only be read so. Throws problems: `bad_json` with detail offset (UTF-16 units from
 * 0), line and column (from 1); `too_deep`; `too_large`.
 */
export function readTagged(text: string, { original }: { original?: PyValue } = {}): PyValue {
  const standIns = new Map<PyObject, number>();
  const refuse = (message: string, offset: number): JsonSyntaxError =>
    new JsonSyntaxError(message, text, offset);
  try {
    const value = new JsonReader(text, { maxIntDigits: 100_000 }, (dict, offset) => {
      if (!dict.has("$type")) return dict;
      const made = untag(dict, (message) => refuse(message, offset));
      if (made instanceof PyObject) standIns.set(made, offset);
      return made;
    }).read();
    if (standIns.size === 0 && original === undefined) return value;
    return graft(value, original, (standIn, why) => refuse(why, standIns.get(standIn) ?? 0));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { message, offset, line, column } = error;
    throw problem("bad_json", `${message} (line ${line}, column ${column}).`, undefined, {
      offset,
      line,
      column,
    });
  }
}

type Refuse = (message: string) => Error;

function untag(dict: PyDict, refuse: Refuse): PyValue {
  const type = dict.get("$type");
  const value = dict.get("value");
  const allowed =
    type === "object"
      ? objectMembers
      : type === "datetime" || type === "time"
        ? momentMembers
        : plainMembers;
  for (const key of dict.keys())
    if (typeof key !== "string" || !allowed.includes(key))
      throw refuse(`The tag "${String(type)}" has no member ${JSON.stringify(key)}`);
  switch (type) {
    case "tuple":
      return new PyTuple(items(type, value, refuse));
    case "set":
    case "frozenset":
      return setOf(items(type, value, refuse), type === "frozenset", refuse);
    case "bytes":
      return bytes(value, refuse);
    case "bytearray":
      return new PyByteArray(bytes(value, refuse));
    case "dict":
      return dictOf(items(type, value, refuse), refuse);
    case "float":
      if (value === "nan") return new PyFloat(Number.NaN);
      if (value === "inf") return new PyFloat(Infinity);
      if (value === "-inf") return new PyFloat(-Infinity);
      throw refuse('A tagged float is "nan", "inf" or "-inf"');
    case "datetime":
    case "date":
    case "time":
      return moment(type, dict, refuse);
    case "timedelta":
      return timedelta(value, refuse);
    case "decimal":
      if (typeof value === "string" && decimal.test(value)) return new PyDecimal(value);
      throw refuse('A decimal is a text such as "9.90"');
    case "uuid":
      return uuid(value, refuse);
    case "complex":
      return complex(value, refuse);
    case "object":
      return standIn(dict, refuse);
    case "recursive":
      return new PyObject(recursiveMark, "tagged");
    default:
      throw refuse(
        typeof type === "string"
          ? `The tag ${JSON.stringify(type)} is not known`
          : '"$type" has to be a text; a dict with such a key is written with the tag "dict"',
      );
  }
}

const plainMembers = ["$type", "value"];
const momentMembers = ["$type", "value", "fold", "zone"];
const objectMembers = ["$type", "class", "state", "args", "items", "entries"];

function items(type: string, value: PyValue | undefined, refuse: Refuse): PyValue[] {
  if (Array.isArray(value)) return value;
  throw refuse(`The value of a ${type} is a list`);
}

function setOf(list: PyValue[], frozen: boolean, refuse: Refuse): PySet {
  const members = new Map<string, PyValue>();
  for (const item of list) {
    if (!isHashable(item)) throw refuse("A list, dict, set or bytearray cannot be in a set");
    const key = keyOf(item);
    if (!members.has(key)) members.set(key, item);
  }
  return new PySet([...members.values()], frozen);
}

function dictOf(list: PyValue[], refuse: Refuse): PyDict {
  const dict: PyDict = new Map();
  const keys = new Map<string, PyValue>();
  for (const pair of list) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw refuse("The value of a dict is a list of [key, value] pairs");
    const [key = null, value = null] = pair;
    if (!isHashable(key)) throw refuse("A list, dict, set or bytearray cannot be a key");
    const text = keyOf(key);
    const first = keys.get(text);
    if (first === undefined) keys.set(text, key);
    dict.set(first === undefined ? key : first, value);
  }
  return dict;
}

function bytes(value: PyValue | undefined, refuse: Refuse): Uint8Array {
  if (
    typeof value !== "string" ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
  )
    throw refuse("The value of bytes is base64 with padding");
  return Uint8Array.from(Buffer.from(value, "base64"));
}

function moment(
  type: "datetime" | "date" | "time",
  dict: PyDict,
  refuse: Refuse,
): PyDatetime | PyDate | PyTime {
  const value = dict.get("value");
  const fields = typeof value === "string" ? parseIso(type, value) : undefined;
  if (fields === undefined)
    throw refuse(
      `A ${type} is ISO 8601: ${{ datetime: "2026-01-31T23:59:59.000001+01:00", date: "2026-01-31", time: "23:59:59" }[type]}`,
    );
  if (type === "date") return new PyDate(dateText(fields));
  const foldValue = dict.get("fold") ?? 0;
  if (foldValue !== 0 && foldValue !== 1) throw refuse("fold is 0 or 1");
  const zone = dict.get("zone");
  return type === "datetime"
    ? new PyDatetime(datetimeText(fields), zone, foldValue)
    : new PyTime(timeText(fields), zone, foldValue);
}

function timedelta(value: PyValue | undefined, refuse: Refuse): PyTimedelta {
  const text =
    value instanceof PyFloat
      ? value.value.toFixed(6)
      : typeof value === "number" || typeof value === "string"
        ? String(value)
        : "";
  const match = /^(-?)(\d{1,14})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) throw refuse("A timedelta is a number of seconds, to the microsecond");
  const size = BigInt(match[2] ?? 0) * 1_000_000n + BigInt((match[3] ?? "").padEnd(6, "0"));
  const all = match[1] === "-" ? -size : size;
  const day = 86_400_000_000n;
  const days = all >= 0n ? all / day : -((-all + day - 1n) / day);
  if (days > 999_999_999n || days < -999_999_999n)
    throw refuse("A timedelta holds at most 999999999 days");
  const rest = Number(all - days * day);
  return new PyTimedelta(Number(days), Math.floor(rest / 1e6), rest % 1e6);
}

const decimal = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d+)?|Inf(?:inity)?|s?NaN\d*)$/i;

function uuid(value: PyValue | undefined, refuse: Refuse): PyUuid {
  const hex = typeof value === "string" ? value.toLowerCase().replaceAll("-", "") : "";
  if (!/^[0-9a-f]{32}$/.test(hex)) throw refuse("A uuid has 32 hexadecimal digits");
  return new PyUuid(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
}

const unsigned = "(?:(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:e[+-]?\\d+)?|inf|nan)";
const complexPattern = new RegExp(
  `^(?:([+-]?${unsigned})j|\\(([+-]?${unsigned})([+-]${unsigned})j\\))$`,
);

function complex(value: PyValue | undefined, refuse: Refuse): PyComplex {
  const match = typeof value === "string" ? complexPattern.exec(value) : null;
  if (match === null) throw refuse('A complex is a text such as "(1+2j)" or "2j"');
  const part = (text: string): number =>
    Number(
      text
        .replace("inf", "Infinity")
        .replace("nan", "NaN")
        .replace(/^[+-](?=N)/, ""),
    );
  return new PyComplex(part(match[2] ?? "0"), part(match[1] ?? match[3] ?? ""));
}

function standIn(dict: PyDict, refuse: Refuse): PyObject {
  const className = dict.get("class");
  if (typeof className !== "string") throw refuse('The "class" of an object is a text');
  const object = new PyObject(className, "tagged", dict.get("args") ?? null);
  object.state = dict.get("state");
  object.items = items("object", dict.get("items") ?? [], refuse);
  for (const pair of items("object", dict.get("entries") ?? [], refuse)) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw refuse("The entries of an object are [key, value] pairs");
    object.entries.push([pair[0] ?? null, pair[1] ?? null]);
  }
  return object;
}
