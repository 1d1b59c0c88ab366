/**
 * The JSON reader, as lenient and as strict as Python's json.loads.
 *
 * One pass over the text; objects become Maps, so that no key is special and the order stays. A number
 * with a point or an exponent is a float, any other an int: `1` -> 1, `1.0` -> PyFloat(1), `-0` -> 0,
 * `9007199254740993` -> 9007199254740993n. `NaN`, `Infinity` and `-Infinity` are floats. White space is
 * space, tab, CR, LF. Of equal keys the last value wins at the first one's place. Refused: control
 * characters in strings, leading zeros, trailing commas, anything after the value.
 *
 * JSON.parse does not serve: it cannot tell 1 from 1.0, and its source-text reviver is slower than this.
 */
import { problem } from "../problem.ts";
import { maxDepth, type PyDict, PyFloat, type PyValue } from "./value.ts";

/** Where and why a text is no JSON. `offset` counts UTF-16 units from 0; `line` and `column` from 1. */
export class JsonSyntaxError extends Error {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  constructor(message: string, text: string, offset: number) {
    super(message);
    this.name = "JsonSyntaxError";
    this.offset = offset;
    const before = text.lastIndexOf("\n", offset - 1);
    this.column = offset - (offset === 0 ? -1 : before);
    let line = 1;
    for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1))
      line++;
    this.line = line;
  }
}

export type JsonLimits = {
  /** Nesting, `too_deep` beyond. */
  maxDepth?: number;
  /** Digits of an int; Python 3.11 and later refuse more than 4300. */
  maxIntDigits?: number;
  /** Lists and dicts in all, `too_large` beyond. */
  maxContainers?: number;
};

/** May replace a finished dict by another value; `offset` is where its brace stands. */
export type DictHook = (dict: PyDict, offset: number) => PyValue;

const isDigit = (c: number): boolean => c >= 48 && c <= 57;

export class JsonReader {
  private readonly text: string;
  private readonly hook: DictHook | undefined;
  private readonly deepest: number;
  private readonly intDigits: number;
  private pos = 0;
  private depth = 0;
  private room: number;

  constructor(text: string, limits: JsonLimits | undefined, hook?: DictHook) {
    this.text = text;
    this.hook = hook;
    this.deepest = limits?.maxDepth ?? maxDepth;
    this.intDigits = limits?.maxIntDigits ?? 4300;
    this.room = limits?.maxContainers ?? 2_000_000;
  }

  /** The whole text as one value; throws JsonSyntaxError, or a problem `too_deep` or `too_large`. */
  read(): PyValue {
    const value = this.value(this.space(0));
    const end = this.space(this.pos);
    if (end < this.text.length) throw this.error("Text after the end of the value", end);
    return value;
  }

  private error(message: string, offset: number): JsonSyntaxError {
    return new JsonSyntaxError(
      offset >= this.text.length ? "The text ends inside a value" : message,
      this.text,
      Math.min(offset, this.text.length),
    );
  }

  private space(start: number): number {
    let i = start;
    for (;;) {
      const c = this.text.charCodeAt(i);
      if (c === 32 || c === 10 || c === 13 || c === 9) i++;
      else return i;
    }
  }

  /** Reads the value at `i` and leaves `pos` after it. */
  private value(i: number): PyValue {
    const c = this.text.charCodeAt(i);
    if (c === 34) return this.string(i + 1);
    if (c === 123) return this.dict(i);
    if (c === 91) return this.list(i);
    if (isDigit(c) || c === 45) return this.number(i, c);
    if (c === 116 && this.text.startsWith("true", i)) {
      this.pos = i + 4;
      return true;
    }
    if (c === 102 && this.text.startsWith("false", i)) {
      this.pos = i + 5;
      return false;
    }
    if (c === 110 && this.text.startsWith("null", i)) {
      this.pos = i + 4;
      return null;
    }
    if (c === 78 && this.text.startsWith("NaN", i)) {
      this.pos = i + 3;
      return new PyFloat(Number.NaN);
    }
    if (c === 73 && this.text.startsWith("Infinity", i)) {
      this.pos = i + 8;
      return new PyFloat(Infinity);
    }
    throw this.error("A value is expected", i);
  }

  private enter(at: number): void {
    if (++this.depth > this.deepest)
      throw problem(
        "too_deep",
        `The value is nested deeper than ${this.deepest} levels.`,
        undefined,
        { offset: at },
      );
    if (--this.room < 0) throw problem("too_large", "The value holds too many lists and dicts.");
  }

  private dict(start: number): PyValue {
    this.enter(start);
    const text = this.text;
    const dict: PyDict = new Map();
    let i = this.space(start + 1);
    if (text.charCodeAt(i) === 125) this.pos = i + 1;
    else
      for (;;) {
        if (text.charCodeAt(i) !== 34) throw this.error("A key in double quotes is expected", i);
        const key = this.string(i + 1);
        i = this.pos;
        if (text.charCodeAt(i) !== 58) {
          i = this.space(i);
          if (text.charCodeAt(i) !== 58) throw this.error("A colon is expected", i);
        }
        i = this.space(i + 1);
        dict.set(key, this.value(i));
        i = this.space(this.pos);
        const c = text.charCodeAt(i);
        if (c === 44) {
          i = this.space(i + 1);
          continue;
        }
        if (c !== 125) throw this.error("A comma or a closing brace is expected", i);
        this.pos = i + 1;
        break;
      }
    this.depth--;
    return this.hook === undefined ? dict : this.hook(dict, start);
  }

  private list(start: number): PyValue[] {
    this.enter(start);
    const text = this.text;
    const list: PyValue[] = [];
    let i = this.space(start + 1);
    if (text.charCodeAt(i) === 93) this.pos = i + 1;
    else
      for (;;) {
        list.push(this.value(i));
        i = this.space(this.pos);
        const c = text.charCodeAt(i);
        if (c === 44) {
          i = this.space(i + 1);
          continue;
        }
        if (c !== 93) throw this.error("A comma or a closing bracket is expected", i);
        this.pos = i + 1;
        break;
      }
    this.depth--;
    return list;
  }

  private string(start: number): string {
    const text = this.text;
    let i = start;
    for (;;) {
      const c = text.charCodeAt(i);
      if (c === 34) {
        this.pos = i + 1;
        return text.slice(start, i);
      }
      if (c === 92) return this.escaped(start, i);
      if (c >= 32) i++;
      else throw this.error("A control character stands in a string; it has to be escaped", i);
    }
  }

  /** A string with escapes, the first of them at `first`. */
  private escaped(start: number, first: number): string {
    const text = this.text;
    let out = "";
    let run = start;
    let i = first;
    for (;;) {
      const c = text.charCodeAt(i);
      if (c === 34) {
        this.pos = i + 1;
        return out + text.slice(run, i);
      }
      if (c !== 92) {
        if (c >= 32) i++;
        else throw this.error("A control character stands in a string; it has to be escaped", i);
        continue;
      }
      out += text.slice(run, i);
      const e = text.charCodeAt(i + 1);
      if (e === 117) {
        out += String.fromCharCode(this.hex4(i + 2));
        i += 6;
      } else {
        const plain = escapes[e];
        if (plain === undefined) throw this.error("An unknown escape stands in a string", i);
        out += plain;
        i += 2;
      }
      run = i;
    }
  }

  private hex4(start: number): number {
    let code = 0;
    for (let i = start; i < start + 4; i++) {
      const c = this.text.charCodeAt(i);
      const lower = c | 32;
      if (isDigit(c)) code = code * 16 + c - 48;
      else if (lower >= 97 && lower <= 102) code = code * 16 + lower - 87;
      else throw this.error("\\u needs four hexadecimal digits", i);
    }
    return code;
  }

  private number(start: number, first: number): PyValue {
    const text = this.text;
    let i = start;
    let c = first;
    if (c === 45) {
      c = text.charCodeAt(++i);
      if (c === 73 && text.startsWith("Infinity", i)) {
        this.pos = i + 8;
        return new PyFloat(-Infinity);
      }
      if (!isDigit(c)) throw this.error("A digit is expected", i);
    }
    const digits = i;
    let small = 0;
    if (c === 48) c = text.charCodeAt(++i);
    else
      while (isDigit(c)) {
        small = small * 10 + c - 48;
        c = text.charCodeAt(++i);
      }
    const end = i;
    let float = false;
    if (c === 46 && isDigit(text.charCodeAt(i + 1))) {
      float = true;
      i += 2;
      while (isDigit(text.charCodeAt(i))) i++;
      c = text.charCodeAt(i);
    }
    if (c === 101 || c === 69) {
      const sign = text.charCodeAt(i + 1);
      const power = sign === 43 || sign === 45 ? i + 2 : i + 1;
      if (isDigit(text.charCodeAt(power))) {
        float = true;
        i = power + 1;
        while (isDigit(text.charCodeAt(i))) i++;
      }
    }
    this.pos = i;
    if (float) return new PyFloat(Number(text.slice(start, i)));
    if (end - digits <= 15) return first === 45 && small !== 0 ? -small : small;
    if (end - digits > this.intDigits)
      throw new JsonSyntaxError(
        `An int of more than ${this.intDigits} digits, which Python refuses`,
        text,
        start,
      );
    const exact = Number(text.slice(start, end));
    return Number.isSafeInteger(exact) ? exact : BigInt(text.slice(start, end));
  }
}

/** What follows a backslash, by character code; \u is apart. */
const escapes: (string | undefined)[] = [];
escapes[34] = '"';
escapes[92] = "\\";
escapes[47] = "/";
escapes[98] = "\b";
escapes[102] = "\f";
escapes[110] = "\n";
escapes[114] = "\r";
escapes[116] = "\t";
