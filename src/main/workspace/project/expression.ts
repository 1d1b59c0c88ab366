/** Expressions: what each comes to, or why that is not known. An unknown part makes the whole unknown. */
import { join } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { compared, computed } from "./arithmetic.ts";
import { call } from "./call.ts";
import { environmentHolds, isEnvironment } from "./environment.ts";
import { formatted } from "./format-string.ts";
import { numberLiteral, stringLiteral } from "./literal.ts";
import { member } from "./member.ts";
import { mostDepth, type Scope } from "./reader.ts";
import { subscript } from "./subscript.ts";
import { children, operands, source } from "./tree.ts";
import {
  type Data,
  Func,
  Native,
  PyDict,
  PyFloat,
  PyList,
  PyPath,
  truth,
  Unknown,
  type Value,
} from "./value.ts";

export function evaluate(scope: Scope, node: SyntaxNode): Value {
  const { reader, module } = scope;
  reader.step();
  if (reader.depth >= mostDepth)
    return reader.unknown(module, node, "The expression is nested too deeply.");
  reader.depth++;
  try {
    return expression(scope, node);
  } finally {
    reader.depth--;
  }
}

function expression(scope: Scope, node: SyntaxNode): Value {
  const { reader, module } = scope;
  const made = (data: Data) => reader.made(module, node, data, "literal");
  switch (node.name) {
    case "String": {
      const data = stringLiteral(source(scope, node));
      return data === null ? unreadable(scope, node) : made(data);
    }
    case "FormatString":
      return formatted(scope, node);
    case "ContinuedString":
      return operands(node)
        .map((part) => evaluate(scope, part))
        .reduce((left, right) => computed(scope, node, left, "+", right));
    case "Number": {
      const data = numberLiteral(source(scope, node));
      return data === null ? unreadable(scope, node) : made(data);
    }
    case "Boolean":
      return made(source(scope, node) === "True");
    case "None":
      return made(null);
    case "VariableName":
      return named(scope, node);
    case "ParenthesizedExpression": {
      const [inner] = operands(node);
      return inner ? evaluate(scope, inner) : unreadable(scope, node);
    }
    case "ArrayExpression":
      return made(new PyList(listItems(scope, node), "list"));
    case "TupleExpression":
      return made(new PyList(listItems(scope, node), "tuple"));
    case "SetExpression":
      return made(new PyList(listItems(scope, node), "set"));
    case "DictionaryExpression":
      return dictionary(scope, node);
    case "UnaryExpression":
      return unary(scope, node);
    case "BinaryExpression":
      return binary(scope, node);
    case "ConditionalExpression":
      return conditional(scope, node);
    case "MemberExpression":
      return node.getChild("[") ? subscript(scope, node) : member(scope, node);
    case "CallExpression":
      return call(scope, node);
    case "LambdaExpression":
      return reader.made(module, node, new Func(node, module), "lambda");
    case "NamedExpression": {
      const [target, , value] = operands(node);
      if (!target || !value) return unreadable(scope, node);
      const given = evaluate(scope, value);
      scope.names.set(source(scope, target), given);
      return given;
    }
    default:
      return unreadable(scope, node);
  }
}

export const unreadable = ({ reader, module }: Scope, node: SyntaxNode): Value =>
  reader.unknown(module, node, `${kinds[node.name] ?? "This expression"} is not evaluated.`);

const kinds: Record<string, string> = {
  ArrayComprehensionExpression: "A comprehension",
  DictionaryComprehensionExpression: "A comprehension",
  SetComprehensionExpression: "A comprehension",
  ComprehensionExpression: "A generator",
  AwaitExpression: "await",
  YieldExpression: "yield",
  "⚠": "Text that is no Python",
};

const builtins = new Set(
  "str int float bool len list tuple dict set open print range sorted any all isinstance getattr hasattr bytes".split(
    " ",
  ),
);

function named(scope: Scope, node: SyntaxNode): Value {
  const name = source(scope, node);
  const found = scope.names.get(name) ?? scope.module.names.get(name);
  // Where it was set is worth more than where it is named.
  if (found) return assuming(scope, found);
  if (builtins.has(name)) return scope.reader.made(scope.module, node, new Native(name), "Python");
  return scope.reader.unknown(scope.module, node, `The name ${name} is not known.`);
}

const assuming = ({ reader }: Scope, value: Value): Value =>
  reader.assuming === undefined || value.assumed !== undefined
    ? value
    : { ...value, assumed: reader.assuming };

function listItems(scope: Scope, node: SyntaxNode): Value[] {
  const items: Value[] = [];
  const parts = operands(node);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (!part) break;
    if (part.name !== "*") {
      items.push(evaluate(scope, part));
      continue;
    }
    const next = parts[++index];
    if (!next) break;
    const spread = evaluate(scope, next);
    if (spread.data instanceof PyList) items.push(...spread.data.items);
    else items.push(spread);
  }
  return items;
}

function dictionary(scope: Scope, node: SyntaxNode): Value {
  const items = new Map<string, Value>();
  const parts = operands(node);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    const next = parts[++index];
    if (!part || !next) break;
    if (part.name === "**") {
      const spread = evaluate(scope, next);
      if (!(spread.data instanceof PyDict)) return { ...spread, data: new Unknown(whyOf(spread)) };
      for (const [key, value] of spread.data.items) items.set(key, value);
      continue;
    }
    const key = evaluate(scope, part);
    const value = evaluate(scope, next);
    items.set(keyOf(key), value);
  }
  return scope.reader.made(scope.module, node, new PyDict(items), "literal");
}

/** As PyDict holds it. */
export const keyOf = ({ data }: Value): string =>
  typeof data === "string" ? data : typeof data === "number" ? `#${data}` : "#?";

export const whyOf = ({ data }: Value): string =>
  data instanceof Unknown
    ? data.why
    : data instanceof Native
      ? `${data.name} is not evaluated.`
      : "This is not evaluated.";

/** An unknown value, for a reason that lies in one of the operands. */
export function spoilt(scope: Scope, node: SyntaxNode, ...operands: Value[]): Value {
  const bad =
    operands.find(({ data }) => data instanceof Unknown) ??
    operands.find(({ data }) => data instanceof Native);
  const variable = bad?.data instanceof Unknown ? bad.data.variable : null;
  return scope.reader.unknown(
    scope.module,
    node,
    bad ? whyOf(bad) : `${source(scope, node).slice(0, 60)} is not evaluated.`,
    variable,
  );
}

/** The result of operands, with what they assumed; where one alone tells where it comes from, that is kept. */
export function derived(
  scope: Scope,
  node: SyntaxNode,
  data: Data,
  how: string,
  ...from: Value[]
): Value {
  const made = scope.reader.made(scope.module, node, data, how);
  const assumed = from.find((one) => one.assumed !== undefined)?.assumed ?? made.assumed;
  return { ...made, ...(assumed !== undefined && { assumed }) };
}

function unary(scope: Scope, node: SyntaxNode): Value {
  const [sign, operand] = children(node);
  if (!sign || !operand) return unreadable(scope, node);
  const value = evaluate(scope, operand);
  const { data } = value;
  const done = (result: Data) => derived(scope, node, result, value.origin.how, value);
  if (sign.name === "not") {
    const known = truth(value);
    return known === undefined ? spoilt(scope, node, value) : done(!known);
  }
  const number =
    data instanceof PyFloat ? data.value : typeof data === "boolean" ? Number(data) : data;
  if (typeof number !== "number") return spoilt(scope, node, value);
  const op = source(scope, sign);
  const result = op === "-" ? -number : op === "~" ? ~number : number;
  return done(data instanceof PyFloat ? new PyFloat(result) : result);
}

const comparisons = /^([<>]=?|[!=]=|in|not in|is|is not)$/;

const operator = (scope: Scope, node: SyntaxNode): string =>
  children(node)
    .slice(1, -1)
    .map((part) => source(scope, part))
    .join(" ");

function binary(scope: Scope, node: SyntaxNode): Value {
  const parts = children(node);
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last || parts.length < 3) return unreadable(scope, node);
  const op = operator(scope, node);
  const left = evaluate(scope, first);
  if (op === "and" || op === "or") {
    const known = truth(left);
    if (known === undefined) return spoilt(scope, node, left);
    if (known === (op === "or")) return left;
    const right = evaluate(scope, last);
    return left.assumed === undefined ? right : { ...right, assumed: left.assumed };
  }
  const right = evaluate(scope, last);
  if (/^(not )?in$/.test(op) && isEnvironment(right))
    return environmentHolds(scope, node, left, op === "not in");
  // a < b <= c: both have to hold.
  const middle = first.name === "BinaryExpression" && comparisons.test(op) ? first.lastChild : null;
  if (middle && comparisons.test(operator(scope, first))) {
    const known = truth(left);
    if (known === undefined) return spoilt(scope, node, left);
    return known ? (compared(scope, node, evaluate(scope, middle), op, right) ?? left) : left;
  }
  if (left.data instanceof PyPath && op === "/") {
    const tail = right.data instanceof PyPath ? right.data.path : right.data;
    if (typeof tail !== "string") return spoilt(scope, node, right);
    const path = tail.startsWith("/") ? tail : join(left.data.path, tail);
    return derived(scope, node, new PyPath(path), "path", left, right);
  }
  return compared(scope, node, left, op, right) ?? computed(scope, node, left, op, right);
}

function conditional(scope: Scope, node: SyntaxNode): Value {
  const [yes, , condition, , no] = children(node);
  if (!yes || !condition || !no) return unreadable(scope, node);
  const asked = evaluate(scope, condition);
  const known = truth(asked);
  if (known === undefined) return spoilt(scope, node, asked);
  const value = evaluate(scope, known ? yes : no);
  return asked.assumed === undefined ? value : { ...value, assumed: asked.assumed };
}
