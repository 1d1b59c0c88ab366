/** Operators of Python on values that are known; anything else is unknown. */
import type { SyntaxNode } from "@lezer/common";
import { derived, keyOf, spoilt } from "./expression.ts";
import type { Scope } from "./reader.ts";
import {
  type Data,
  Native,
  PyDelta,
  PyDict,
  PyFloat,
  PyList,
  PyPath,
  textOf,
  Unknown,
  type Value,
} from "./value.ts";

const mostText = 100_000;
const mostItems = 10_000;

const numeric = (data: Data): number | null =>
  typeof data === "number"
    ? data
    : typeof data === "boolean"
      ? Number(data)
      : data instanceof PyFloat
        ? data.value
        : null;

/** `+ - * / // % **` and `|` of dicts. */
export function computed(
  scope: Scope,
  node: SyntaxNode,
  left: Value,
  op: string,
  right: Value,
): Value {
  const data = result(left, op, right);
  const how =
    left.origin.how === right.origin.how
      ? left.origin.how
      : `${left.origin.how}; ${right.origin.how}`;
  return data === undefined
    ? spoilt(scope, node, left, right)
    : derived(scope, node, data, how.length > 200 ? "computed" : how, left, right);
}

function result({ data: left }: Value, op: string, right: Value): Data | undefined {
  const [a, b] = [numeric(left), numeric(right.data)];
  if (a !== null && b !== null) {
    const value = arithmetic(a, op, b);
    if (value === undefined || !Number.isFinite(value)) return undefined;
    const isFloat = left instanceof PyFloat || right.data instanceof PyFloat || op === "/";
    if (isFloat) return new PyFloat(value);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  if (left instanceof PyDelta && b !== null && op === "*") return new PyDelta(left.seconds * b);
  if (left instanceof PyDelta && right.data instanceof PyDelta && op === "+")
    return new PyDelta(left.seconds + right.data.seconds);
  if (typeof left === "string" && op === "%") return percent(left, right);
  if (typeof left === "string" && typeof right.data === "string" && op === "+")
    return left.length + right.data.length > mostText ? undefined : left + right.data;
  if (typeof left === "string" && b !== null && op === "*")
    return left.length * b > mostText ? undefined : left.repeat(Math.max(0, b));
  if (left instanceof PyList && right.data instanceof PyList && op === "+")
    return left.items.length + right.data.items.length > mostItems
      ? undefined
      : new PyList([...left.items, ...right.data.items], left.kind);
  if (left instanceof PyDict && right.data instanceof PyDict && op === "|")
    return new PyDict(new Map([...left.items, ...right.data.items]));
  return undefined;
}

function arithmetic(a: number, op: string, b: number): number | undefined {
  if (op === "+") return a + b;
  if (op === "-") return a - b;
  if (op === "*") return a * b;
  if (op === "**") return a ** b;
  if (b === 0) return undefined;
  if (op === "/") return a / b;
  if (op === "//") return Math.floor(a / b);
  return op === "%" ? a - b * Math.floor(a / b) : undefined;
}

/** "%s:%d" % (host, port) and "%(name)s" % {...}; other forms are not evaluated. */
function percent(format: string, right: Value): string | undefined {
  const list = right.data instanceof PyList ? [...right.data.items] : [right];
  let failed = false;
  const text = format.replace(
    /%(?:\((\w+)\))?(.?)/gs,
    (_, name: string | undefined, kind: string) => {
      if (kind === "%") return "%";
      if (!"sd".includes(kind || "?")) failed = true;
      const value =
        name === undefined
          ? list.shift()
          : right.data instanceof PyDict
            ? right.data.items.get(name)
            : undefined;
      const plain = value ? textOf(value) : null;
      if (plain === null) failed = true;
      return plain ?? "";
    },
  );
  return failed || text.length > mostText ? undefined : text;
}

/** `== != < > <= >= in, not in, is, is not`; null where the operator is no comparison. */
export function compared(
  scope: Scope,
  node: SyntaxNode,
  left: Value,
  op: string,
  right: Value,
): Value | null {
  const known = comparison(left, op, right);
  if (known === null) return null;
  if (known === undefined) return spoilt(scope, node, left, right);
  return derived(
    scope,
    node,
    known,
    `${left.origin.how} ${op} ${right.origin.how}`.slice(0, 200),
    left,
    right,
  );
}

function comparison(left: Value, op: string, right: Value): boolean | undefined | null {
  const not = (known: boolean | undefined) => (known === undefined ? undefined : !known);
  switch (op) {
    case "==":
    case "is":
      return same(left, right);
    case "!=":
    case "is not":
      return not(same(left, right));
    case "in":
      return within(left, right);
    case "not in":
      return not(within(left, right));
    case "<":
    case ">":
    case "<=":
    case ">=": {
      const order = ordered(left, right);
      if (order === undefined) return undefined;
      if (op === "<") return order < 0;
      if (op === ">") return order > 0;
      return op === "<=" ? order <= 0 : order >= 0;
    }
    default:
      return null;
  }
}

function ordered(left: Value, right: Value): number | undefined {
  const [a, b] = [numeric(left.data), numeric(right.data)];
  if (a !== null && b !== null) return a - b;
  if (typeof left.data === "string" && typeof right.data === "string")
    return left.data < right.data ? -1 : left.data > right.data ? 1 : 0;
  return left.data instanceof PyList && right.data instanceof PyList
    ? orderedLists(left.data.items, right.data.items)
    : undefined;
}

/** sys.version_info >= (3, 8) and the like. */
function orderedLists(left: Value[], right: Value[]): number | undefined {
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (!other) return 1;
    const order = ordered(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function same(left: Value, right: Value): boolean | undefined {
  if ([left.data, right.data].some((data) => data instanceof Unknown || data instanceof Native))
    return undefined;
  const [a, b] = [numeric(left.data), numeric(right.data)];
  if (a !== null && b !== null) return a === b;
  if (left.data instanceof PyPath && right.data instanceof PyPath)
    return left.data.path === right.data.path;
  if (left.data instanceof PyList && right.data instanceof PyList) {
    const [one, other] = [left.data.items, right.data.items];
    return one.length === other.length && orderedLists(one, other) === 0;
  }
  if (left.data instanceof PyDict && right.data instanceof PyDict)
    return left.data.items.size === 0 && right.data.items.size === 0 ? true : undefined;
  return left.data === right.data;
}

function within(left: Value, { data }: Value): boolean | undefined {
  if (left.data instanceof Unknown) return undefined;
  if (data instanceof PyDict) return data.items.has(keyOf(left));
  if (typeof data === "string")
    return typeof left.data === "string" ? data.includes(left.data) : undefined;
  if (!(data instanceof PyList)) return undefined;
  const found = data.items.map((item) => same(left, item));
  return found.includes(true) ? true : found.includes(undefined) ? undefined : false;
}
