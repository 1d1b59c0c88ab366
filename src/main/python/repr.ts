/**
 * repr() of a value, cut at a length: `{'a': 1, 'b': (1.0, b'x')}`. For people, in lists and diffs.
 *
 * Objects that are not understood show as `<module.Name>`; a value that contains itself shows `...`
 * there. Work is bounded by the length asked for, whatever the value.
 */
import { pyFloatText } from "./float.ts";
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

/** At most `maxLength` characters, the last of them "…" where something was left out. */
export function pyRepr(value: PyValue, maxLength = 200): string {
  const writer = new ReprWriter(maxLength);
  writer.write(value, 0);
  return writer.out.length > maxLength ? `${writer.out.slice(0, maxLength - 1)}…` : writer.out;
}

class ReprWriter {
  out = "";
  private readonly max: number;
  private readonly open = new Set<PyValue>();
  constructor(max: number) {
    this.max = max;
  }

  write(value: PyValue, depth: number): void {
    if (this.out.length > this.max) return;
    if (typeof value === "object" && value !== null) {
      if (this.open.has(value) || depth > maxDepth) {
        this.out += "...";
        return;
      }
      this.open.add(value);
      this.object(value, depth + 1);
      this.open.delete(value);
    } else if (typeof value === "string") this.out += reprString(value, this.max);
    else if (value === null) this.out += "None";
    else if (typeof value === "boolean") this.out += value ? "True" : "False";
    else this.out += value;
  }

  private object(
    value: Exclude<PyValue, null | string | number | bigint | boolean>,
    depth: number,
  ) {
    if (Array.isArray(value)) this.items("[", value, "]", depth);
    else if (value instanceof Map) this.entries("{", value, "}", depth);
    else if (value instanceof PyFloat) this.out += pyFloatText(value.value);
    else if (value instanceof PyTuple)
      this.items("(", value.items, value.items.length === 1 ? ",)" : ")", depth);
    else if (value instanceof PySet) {
      if (value.frozen || value.items.length === 0)
        this.out += value.frozen ? "frozenset(" : "set(";
      if (value.items.length > 0) this.items("{", value.items, "}", depth);
      if (value.frozen || value.items.length === 0) this.out += ")";
    } else if (value instanceof Uint8Array) this.out += reprBytes(value, this.max);
    else if (value instanceof PyByteArray)
      this.out += `bytearray(${reprBytes(value.bytes, this.max)})`;
    else if (value instanceof PyDatetime) this.out += `datetime(${value.iso})`;
    else if (value instanceof PyDate) this.out += `date(${value.iso})`;
    else if (value instanceof PyTime) this.out += `time(${value.iso})`;
    else if (value instanceof PyTimedelta) this.out += `timedelta(${timedeltaText(value)})`;
    else if (value instanceof PyDecimal) this.out += `Decimal('${value.text}')`;
    else if (value instanceof PyUuid) this.out += `UUID('${value.text}')`;
    else if (value instanceof PyComplex) this.out += complexText(value);
    else if (value instanceof PyObject) this.pyObject(value, depth);
    else value satisfies never;
  }

  private pyObject(value: PyObject, depth: number): void {
    this.out += `<${value.className}`;
    if (value.args instanceof PyTuple && value.args.items.length > 0) {
      this.out += " ";
      this.write(value.args, depth);
    }
    if (value.state !== undefined && value.state !== null) {
      this.out += " ";
      this.write(value.state, depth);
    }
    if (value.items.length > 0) this.items(" [", value.items, "]", depth);
    if (value.entries.length > 0) this.entries(" {", value.entries, "}", depth);
    this.out += ">";
  }

  private items(before: string, items: readonly PyValue[], after: string, depth: number): void {
    this.out += before;
    let first = true;
    for (const item of items) {
      if (this.out.length > this.max) return;
      if (!first) this.out += ", ";
      first = false;
      this.write(item, depth);
    }
    this.out += after;
  }

  private entries(
    before: string,
    entries: Iterable<[PyValue, PyValue]>,
    after: string,
    depth: number,
  ): void {
    this.out += before;
    let first = true;
    for (const [key, item] of entries) {
      if (this.out.length > this.max) return;
      if (!first) this.out += ", ";
      first = false;
      this.write(key, depth);
      this.out += ": ";
      this.write(item, depth);
    }
    this.out += after;
  }
}

/** str(complex): `(1+2j)`, `2j`, `(-0-1j)`. */
export function complexText({ real, imag }: PyComplex): string {
  const imaginary = shortFloat(imag);
  if (real === 0 && !Object.is(real, -0)) return `${imaginary}j`;
  return `(${shortFloat(real)}${imaginary[0] === "-" ? "" : "+"}${imaginary}j)`;
}

/** Inside a complex Python writes floats without a bare ".0". */
const shortFloat = (n: number): string => pyFloatText(n).replace(/\.0$/, "");

/** `1 day, 2:03:04.000005`, as str(timedelta) gives. */
function timedeltaText({ days, seconds, microseconds }: PyTimedelta): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const part = microseconds === 0 ? "" : `.${String(microseconds).padStart(6, "0")}`;
  const day = days === 0 ? "" : `${days} day${Math.abs(days) === 1 ? "" : "s"}, `;
  return day + clock + part;
}

/** total_seconds() without loss: `90.0`, `-0.000001`. */
export function secondsText({ days, seconds, microseconds }: PyTimedelta): string {
  const all = (BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(microseconds);
  const size = all < 0n ? -all : all;
  const part = (size % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "") || "0";
  return `${all < 0n ? "-" : ""}${size / 1_000_000n}.${part}`;
}

function reprString(text: string, max: number): string {
  const shown = text.length > max ? text.slice(0, max + 1) : text;
  const quote = shown.includes("'") && !shown.includes('"') ? '"' : "'";
  const body = shown.replace(
    /[\\'"]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
    (c) => {
      if (c === "\\") return "\\\\";
      if (c === "'" || c === '"') return c === quote ? `\\${c}` : c;
      if (c === "\n") return "\\n";
      if (c === "\r") return "\\r";
      if (c === "\t") return "\\t";
      const code = c.codePointAt(0) ?? 0;
      if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
      if (code < 65536) return `\\u${code.toString(16).padStart(4, "0")}`;
      return `\\U${code.toString(16).padStart(8, "0")}`;
    },
  );
  return quote + body + quote;
}

function reprBytes(bytes: Uint8Array, max: number): string {
  let body = "";
  for (const byte of bytes.subarray(0, max + 1))
    if (byte === 92 || byte === 39) body += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 32 && byte < 127) body += String.fromCharCode(byte);
    else if (byte === 10) body += "\\n";
    else if (byte === 13) body += "\\r";
    else if (byte === 9) body += "\\t";
    else body += `\\x${byte.toString(16).padStart(2, "0")}`;
  return `b'${body}'`;
}
