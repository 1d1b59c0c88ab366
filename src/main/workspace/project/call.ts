/** Calls: of what is known of Python and of the packages settings are made with, and of the project's own functions. */
import type { SyntaxNode } from "@lezer/common";
import { readVariable } from "./environ.ts";
import { evaluate, spoilt, unreadable, whyOf } from "./expression.ts";
import { method } from "./methods.ts";
import { natives } from "./natives.ts";
import { mostDepth, Raised, type Scope } from "./reader.ts";
import { Returned, runBlock } from "./statement.ts";
import { argumentsOf, children, operands, source } from "./tree.ts";
import { Bound, EnvReader, Func, Native, PyDict, PyList, Unknown, type Value } from "./value.ts";

export interface Given {
  positional: Value[];
  named: Map<string, Value>;
}

/** The argument by name or by place; undefined where it was not given. */
export const argument = (given: Given, name: string, place: number): Value | undefined =>
  given.named.get(name) ?? given.positional[place];

export function call(scope: Scope, node: SyntaxNode): Value {
  const [target, list] = children(node);
  if (!target || list?.name !== "ArgList") return unreadable(scope, node);
  const callee = evaluate(scope, target);
  const given: Given = { positional: [], named: new Map() };
  for (const { name, star, node: part } of argumentsOf(scope, list)) {
    const value = evaluate(scope, part);
    if (name !== null) given.named.set(name, value);
    else if (star === "") given.positional.push(value);
    else if (value.data instanceof PyList) given.positional.push(...value.data.items);
    else if (value.data instanceof PyDict)
      for (const [key, item] of value.data.items) given.named.set(key, item);
    else return spoilt(scope, node, value);
  }
  return apply(scope, node, callee, given);
}

export function apply(scope: Scope, node: SyntaxNode, callee: Value, given: Given): Value {
  const { data } = callee;
  if (data instanceof Native) {
    const known = Object.hasOwn(natives.functions, data.name)
      ? natives.functions[data.name]
      : undefined;
    if (known) return known(scope, node, given);
    return scope.reader.unknown(scope.module, node, `${data.name}() is not evaluated.`);
  }
  if (data instanceof Bound) return method(scope, node, data, given);
  if (data instanceof EnvReader) return readVariable(scope, node, data, "", given);
  if (data instanceof Func) return ownFunction(scope, node, data, given);
  return data instanceof Unknown
    ? scope.reader.unknown(scope.module, node, whyOf(callee), data.variable)
    : unreadable(scope, node);
}

/** The body is read with the arguments in place, in the module that defines it. */
function ownFunction(
  { reader, module }: Scope,
  node: SyntaxNode,
  { node: definition, module: home }: Func,
  given: Given,
): Value {
  const name = definition.getChild("VariableName");
  const list = definition.getChild("ParamList");
  const body = definition.getChild("Body");
  const expression = definition.name === "LambdaExpression" ? definition.lastChild : null;
  const label = name ? `${home.text.slice(name.from, name.to)}()` : "A function";
  const cannot = (why: string, variable: string | null = null) =>
    reader.unknown(module, node, why, variable);
  if (!(expression ?? (list && body)) || reader.depth > mostDepth / 2)
    return cannot(`${label} is not evaluated.`);
  const scope: Scope = { reader, module: home, names: new Map() };
  const parameters = list ? operands(list) : [];
  let place = 0;
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index];
    if (parameter?.name !== "VariableName") return cannot(`${label} is not evaluated.`);
    const key = source(scope, parameter);
    let fallback: SyntaxNode | undefined;
    if (parameters[index + 1]?.name === "TypeDef") index++;
    if (parameters[index + 1]?.name === "AssignOp") {
      fallback = parameters[index + 2];
      index += 2;
    }
    const value = argument(given, key, place++) ?? (fallback && evaluate(scope, fallback));
    if (!value) return cannot(`${label} is called without ${key}.`);
    scope.names.set(key, value);
  }
  reader.depth += 3;
  try {
    if (expression) return evaluate(scope, expression);
    if (body) runBlock(scope, body, true);
    return reader.made(module, node, null, `${label} returns nothing`);
  } catch (error) {
    if (error instanceof Returned) return error.value;
    if (!(error instanceof Raised) || reader.catches(error.kind)) throw error;
    return cannot(error.message, error.variable);
  } finally {
    reader.depth -= 3;
  }
}
