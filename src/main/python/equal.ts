/**
 * Equality of values: Python's `==`, or the stricter sameness that writing back without loss needs.
 *
 * Python:  1 == 1.0 == True, [1] != (1,), {1} == frozenset({1}), dicts whatever their order, nan != nan.
 * Strict:  1, 1.0 and True differ, 0.0 and -0.0 too, set and frozenset too; nan is nan. Order of dicts
 *          and sets still does not count. Objects that are not understood are equal where every part is.
 */
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

/** Values may contain themselves; pairs met again count as equal until something else differs. */
export const pyEqual = (
  a: PyValue,
  b: PyValue,
  { strictTypes = false }: { strictTypes?: boolean } = {},
): boolean => new Comparison(strictTypes).same(a, b);

class Comparison {
  private readonly strict: boolean;
  private readonly assumed = new Map<object, Set<object>>();
  constructor(strict: boolean) {
    this.strict = strict;
  }

  same(a: PyValue, b: PyValue): boolean {
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null)
      return this.strict ? a === b : a === b || keyOf(a) === keyOf(b);
    if (a instanceof PyFloat || b instanceof PyFloat)
      return this.strict
        ? a instanceof PyFloat && b instanceof PyFloat && Object.is(a.value, b.value)
        : keyOf(a) === keyOf(b);
    if (a === b) return true;
    const met = this.assumed.get(a);
    if (met?.has(b)) return true;
    if (met === undefined) this.assumed.set(a, new Set([b]));
    else met.add(b);
    return this.objects(a, b);
  }

  private objects(a: object & PyValue, b: object & PyValue): boolean {
    if (Array.isArray(a)) return Array.isArray(b) && this.lists(a, b);
    if (a instanceof Map) return b instanceof Map && this.dicts(a, b);
    if (a instanceof PyTuple) return b instanceof PyTuple && this.lists(a.items, b.items);
    if (a instanceof PySet) return b instanceof PySet && this.sets(a, b);
    if (a instanceof PyObject) return b instanceof PyObject && this.pyObjects(a, b);
    if (a instanceof Uint8Array) return sameBytes(a, b, this.strict);
    if (a instanceof PyByteArray) return sameBytes(a.bytes, b, this.strict, true);
    if (a instanceof PyDatetime || a instanceof PyTime)
      return (
        (b instanceof PyDatetime || b instanceof PyTime) &&
        a.constructor === b.constructor &&
        a.iso === b.iso &&
        (!this.strict || a.fold === b.fold) &&
        this.same(a.zone ?? null, b.zone ?? null)
      );
    return leafText(a) === leafText(b);
  }

  private lists(a: readonly PyValue[], b: readonly PyValue[]): boolean {
    return a.length === b.length && a.every((item, i) => this.same(item, b[i] ?? null));
  }

  private dicts(a: PyDict, b: PyDict): boolean {
    if (a.size !== b.size) return false;
    let index: Map<string, PyValue> | undefined;
    for (const [key, value] of a) {
      if (b.has(key)) {
        if (!this.same(value, b.get(key) ?? null)) return false;
        continue;
      }
      index ??= new Map(Array.from(b.keys(), (other) => [this.key(other), other]));
      const other = index.get(this.key(key));
      if (other === undefined || !this.same(value, b.get(other) ?? null)) return false;
    }
    return true;
  }

  private sets(a: PySet, b: PySet): boolean {
    if (a.items.length !== b.items.length || (this.strict && a.frozen !== b.frozen)) return false;
    const known = new Set(b.items.map((item) => this.key(item)));
    return a.items.every((item) => known.has(this.key(item)));
  }

  private pyObjects(a: PyObject, b: PyObject): boolean {
    return (
      a.className === b.className &&
      a.how === b.how &&
      this.same(a.args, b.args) &&
      (a.state === undefined) === (b.state === undefined) &&
      this.same(a.state ?? null, b.state ?? null) &&
      this.lists(a.items, b.items) &&
      this.lists(a.entries.flat(), b.entries.flat()) &&
      this.same(a.maker, b.maker)
    );
  }

  private key(value: PyValue): string {
    return this.strict ? keyOf(value, true) : keyOf(value);
  }
}

function sameBytes(a: Uint8Array, other: PyValue, strict: boolean, isArray = false): boolean {
  if (strict && other instanceof PyByteArray !== isArray) return false;
  const b = other instanceof PyByteArray ? other.bytes : other;
  return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A text that tells values without children apart. */
function leafText(value: PyValue): string {
  if (value instanceof PyComplex)
    return `complex ${Object.is(value.real, -0) ? "-0" : value.real} ${Object.is(value.imag, -0) ? "-0" : value.imag}`;
  if (value instanceof PyDate) return `date ${value.iso}`;
  if (value instanceof PyTimedelta)
    return `timedelta ${value.days} ${value.seconds} ${value.microseconds}`;
  if (value instanceof PyDecimal) return `decimal ${value.text}`;
  if (value instanceof PyUuid) return `uuid ${value.text}`;
  return keyOf(value);
}

/** Tuples once found hashable; they are not changed after that. */
const hashableTuples = new WeakSet<PyTuple>();

/** Whether Python can use a value as a key or a member of a set: no list, dict, set or bytearray in it. */
export function isHashable(value: PyValue): boolean {
  if (value instanceof PyTuple) {
    if (hashableTuples.has(value)) return true;
    const hashable = value.items.every(isHashable);
    if (hashable) hashableTuples.add(value);
    return hashable;
  }
  return !(
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof PyByteArray ||
    (value instanceof PySet && !value.frozen)
  );
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;
/** Beyond this many characters a key counts by identity: tuples that share children can grow without end. */
const maxKeyText = 1 << 16;

/**
 * A text equal for values that are one key in a Python dict: 1, 1.0 and True give the same one unless
 * `strict`. Values Python cannot hash, nan, and very large tuples count by identity.
 */
export function keyOf(value: PyValue, strict = false): string {
  if (typeof value === "string") return `s${value}`;
  if (typeof value === "number" || typeof value === "bigint") return `n${value}`;
  if (typeof value === "boolean") return strict ? `b${value}` : value ? "n1" : "n0";
  if (value === null) return "N";
  if (value instanceof PyFloat) {
    const n = value.value;
    if (strict) return `f${Object.is(n, -0) ? "-0" : n}`;
    if (Number.isInteger(n)) return `n${BigInt(n)}`;
    if (!Number.isNaN(n)) return `f${n}`;
  } else if (value instanceof Uint8Array) return `y${Buffer.from(value).toString("latin1")}`;
  else if (value instanceof PyTuple || (value instanceof PySet && value.frozen)) {
    const text = groupText(value instanceof PyTuple ? "(" : "{", value.items, strict, 0);
    if (text !== undefined) return text;
  } else if (value instanceof PyDatetime || value instanceof PyTime) {
    if (value.zone === undefined) return `${value.constructor.name} ${value.iso}`;
  } else if (
    value instanceof PyComplex ||
    value instanceof PyDate ||
    value instanceof PyTimedelta ||
    value instanceof PyDecimal ||
    value instanceof PyUuid
  )
    return leafText(value);
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = nextIdentity++;
    identities.set(value, identity);
  }
  return `#${identity}`;
}

function groupText(
  open: string,
  items: readonly PyValue[],
  strict: boolean,
  depth: number,
): string | undefined {
  if (depth > 50) return undefined;
  const parts: string[] = [];
  let size = 0;
  for (const item of items) {
    const part =
      item instanceof PyTuple || (item instanceof PySet && item.frozen)
        ? groupText(item instanceof PyTuple ? "(" : "{", item.items, strict, depth + 1)
        : keyOf(item, strict);
    if (part === undefined) return undefined;
    size += part.length;
    if (size > maxKeyText) return undefined;
    parts.push(`${part.length}:${part}`);
  }
  if (open === "{") parts.sort();
  return open + parts.join(",");
}
