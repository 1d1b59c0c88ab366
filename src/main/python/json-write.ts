/**
 * The JSON writer: the very bytes of Django's JSONSerializer, json.dumps(value, separators=(",", ":")).
 *
 *   {1: "é\x7f", "t": (1.0, None)}   ->   {"1":"\u00e9\u007f","t":[1.0,null]}
 *
 * Everything outside U+0020..U+007E is escaped. A tuple becomes a list, as in Python; keys that are
 * int, float, bool or None become text, two that then collide are both written. What json.dumps answers
 * with a TypeError or ValueError is a problem here.
 */
import { problem } from "../problem.ts";
import { jsonFloatText } from "./float.ts";
import { typeName } from "./type-name.ts";
import { Unwritable } from "./unwritable.ts";
import { maxDepth, type PyDict, PyFloat, PyObject, PyTuple, type PyValue } from "./value.ts";

/** Characters of output, for values that share children and grow when written. */
const maxOutput = 1 << 26;

const dictClasses = new Set([
  "collections.OrderedDict",
  "collections.defaultdict",
  "collections.Counter",
  "django.utils.datastructures.SortedDict",
]);

/**
 * Throws problems: `not_writable` with detail path and class; `too_deep`, a recursive value included;
 * `too_large` beyond `maxLength` characters, give or take 64 KiB.
 */
export function writeJson(value: PyValue, maxLength = maxOutput): string {
  const writer = new JsonWriter(maxLength);
  try {
    writer.write(value, 0);
  } catch (error) {
    throw error instanceof Unwritable ? error.problem(value) : error;
  }
  return writer.text();
}

class JsonWriter {
  private out = "";
  private readonly done: string[] = [];
  private length = 0;
  private readonly max: number;
  constructor(max: number) {
    this.max = max;
  }

  text(): string {
    return this.done.length === 0 ? this.out : this.done.join("") + this.out;
  }

  write(value: PyValue, depth: number): void {
    if (typeof value === "string") this.out += jsonString(value);
    else if (typeof value === "number") this.out += value;
    else if (value === null) this.out += "null";
    else if (typeof value === "boolean") this.out += value ? "true" : "false";
    else if (value instanceof PyFloat) this.out += jsonFloatText(value.value);
    else if (value instanceof Map) this.dict(value, depth + 1);
    else if (Array.isArray(value)) this.list(value, depth + 1);
    else if (value instanceof PyTuple) this.list(value.items, depth + 1);
    else if (typeof value === "bigint") this.out += bigText(value);
    else if (value instanceof PyObject && dictClasses.has(value.className) && value.entries.length)
      this.dict(value.entries, depth + 1);
    else
      throw new Unwritable(
        value,
        `Object of type ${typeName(value).replace(/^.*\./, "")} is not JSON serializable`,
      );
  }

  private enter(depth: number): void {
    if (depth > maxDepth)
      throw problem(
        "too_deep",
        `The value is nested deeper than ${maxDepth} levels, or contains itself.`,
      );
    if (this.out.length > 1 << 16) this.settle();
  }

  /** Pieces of a long text are made flat: as a rope they take far more memory than characters. */
  private settle(): void {
    this.out.charCodeAt(0);
    this.done.push(this.out);
    this.length += this.out.length;
    this.out = "";
    if (this.length > this.max)
      throw problem("too_large", `The value as JSON is longer than ${this.max} characters.`);
  }

  private list(items: readonly PyValue[], depth: number): void {
    this.enter(depth);
    if (items.length === 0) {
      this.out += "[]";
      return;
    }
    let before = "[";
    for (const item of items) {
      this.out += before;
      this.write(item, depth);
      before = ",";
    }
    this.out += "]";
  }

  private dict(dict: PyDict | [PyValue, PyValue][], depth: number): void {
    this.enter(depth);
    let before = "{";
    for (const [key, item] of dict) {
      this.out += `${before}${jsonString(typeof key === "string" ? key : keyText(key))}:`;
      this.write(item, depth);
      before = ",";
    }
    this.out += before === "{" ? "{}" : "}";
  }
}

/** What a key that is no string becomes. */
function keyText(key: PyValue): string {
  if (typeof key === "number") return String(key);
  if (typeof key === "bigint") return bigText(key);
  if (typeof key === "boolean") return key ? "true" : "false";
  if (key === null) return "null";
  if (key instanceof PyFloat) return jsonFloatText(key.value);
  throw new Unwritable(
    key,
    `keys must be str, int, float, bool or None, not ${typeName(key).replace(/^.*\./, "")}`,
  );
}

/** Python 3.11 and later write no int of more than 4300 digits. */
function bigText(value: bigint): string {
  const text = value.toString();
  if (text.length > 4300 && text.length - (text[0] === "-" ? 1 : 0) > 4300)
    throw new Unwritable(value, "An int of more than 4300 digits is not JSON serializable");
  return text;
}

const special = /[^ !#-[\]-~]/;
const specials = /[^ !#-[\]-~]/g;
const short: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A JSON string in pure ASCII, as ensure_ascii writes it. */
function jsonString(text: string): string {
  if (!special.test(text)) return `"${text}"`;
  return `"${text.replace(specials, (c) => short[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}
