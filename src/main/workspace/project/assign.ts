/** Assignments: names, chains, unpacking, items of dicts; and forgetting what cannot be known. */
import type { SyntaxNode } from "@lezer/common";
import { evaluate, keyOf } from "./expression.ts";
import type { Scope } from "./reader.ts";
import { children, operands, source } from "./tree.ts";
import { PyDict, PyList, Unknown, type Value } from "./value.ts";

/** `result` in place of the right side, for `+=`. */
export function assign(scope: Scope, node: SyntaxNode, result?: Value): void {
  const groups: SyntaxNode[][] = [[]];
  for (const part of children(node)) {
    if (part.name === "AssignOp" || part.name === "UpdateOp") groups.push([]);
    else if (part.name !== "TypeDef" && part.name !== ",") groups.at(-1)?.push(part);
  }
  if (groups.length < 2) return;
  const right = groups.pop() ?? [];
  const value = result ?? rightSide(scope, node, right);
  for (const targets of groups) {
    const [only] = targets;
    if (targets.length === 1 && only) bind(scope, only, value);
    else unpack(scope, targets, value);
  }
}

function rightSide(scope: Scope, node: SyntaxNode, parts: SyntaxNode[]): Value {
  const [only] = parts;
  if (parts.length === 1 && only) return evaluate(scope, only);
  const items = parts.map((part) => evaluate(scope, part));
  return scope.reader.made(scope.module, node, new PyList(items, "tuple"), "literal");
}

function unpack(scope: Scope, targets: SyntaxNode[], value: Value): void {
  const items = value.data instanceof PyList ? value.data.items : null;
  const fits = items?.length === targets.length;
  for (const [index, target] of targets.entries()) {
    const item = fits ? items[index] : undefined;
    bind(
      scope,
      target,
      item ?? scope.reader.unknown(scope.module, target, "It is unpacked from what is not known."),
    );
  }
}

function bind(scope: Scope, target: SyntaxNode, value: Value): void {
  if (target.name === "VariableName") {
    scope.names.set(source(scope, target), value);
    return;
  }
  if (target.name === "TupleExpression" || target.name === "ArrayExpression") {
    unpack(scope, operands(target), value);
    return;
  }
  if (target.name !== "MemberExpression" || !target.getChild("[")) return;
  const parts = operands(target);
  const [holder, index] = parts;
  if (!holder || !index || parts.length !== 2) return;
  const dict = evaluate(scope, holder);
  const key = evaluate(scope, index);
  if (dict.data instanceof PyDict && !(key.data instanceof Unknown))
    dict.data.items.set(keyOf(key), value);
  else if (dict.data instanceof PyDict || dict.data instanceof Unknown) {
    // Which item is set is not known, so the whole is not.
    let base: SyntaxNode | null = holder;
    while (base?.name === "MemberExpression") base = base.firstChild;
    const why = "An item of it is set, and which one is not known.";
    if (base?.name === "VariableName")
      scope.names.set(source(scope, base), scope.reader.unknown(scope.module, target, why));
  }
}

/** Any name may be set here, by something that is not seen: those that are set are assumed to stay as they are. */
export function doubt(scope: Scope, node: SyntaxNode, why: string): void {
  for (const [name, value] of scope.names)
    if (!name.startsWith("__") && value.assumed === undefined)
      scope.names.set(name, { ...value, assumed: why });
  scope.names.set("*", scope.reader.unknown(scope.module, node, why));
}

/** Every name a statement may set, in all of its branches, is unknown from here on. */
export function forget(
  scope: Scope,
  node: SyntaxNode,
  why: string,
  variable: string | null = null,
): void {
  const unknown = (at: SyntaxNode) => scope.reader.unknown(scope.module, at, why, variable);
  node.cursor().iterate((inner) => {
    scope.reader.step();
    if (inner.name === "ImportStatement") {
      if (inner.node.getChild("*")) doubt(scope, inner.node, why);
      return false;
    }
    if (inner.name === "FunctionDefinition" || inner.name === "ClassDefinition") return false;
    // DATABASES["default"].update(…)
    if (inner.name === "ExpressionStatement") {
      const method = inner.node.firstChild?.getChild("MemberExpression");
      const receiver = method?.getChild("PropertyName") ? method.firstChild : null;
      if (receiver) bind(scope, receiver, unknown(inner.node));
      return false;
    }
    if (inner.name === "AssignStatement" || inner.name === "UpdateStatement") {
      for (const target of children(inner.node)) {
        if (target.name === "AssignOp" || target.name === "UpdateOp") break;
        bind(scope, target, unknown(inner.node));
      }
      return false;
    }
    return true;
  });
}
