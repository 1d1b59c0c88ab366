/** Attributes: of modules, paths, and what an installed package is known by. */
import { basename, dirname, extname } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { evaluate, spoilt, unreadable } from "./expression.ts";
import { natives } from "./natives.ts";
import type { Scope } from "./reader.ts";
import { operands, source } from "./tree.ts";
import { Bound, Func, Module, Native, PyPath, Unknown, type Value } from "./value.ts";

export function member(scope: Scope, node: SyntaxNode): Value {
  const [target, property] = operands(node);
  if (!target || property?.name !== "PropertyName") return unreadable(scope, node);
  return attribute(scope, node, evaluate(scope, target), source(scope, property));
}

export function attribute(scope: Scope, node: SyntaxNode, value: Value, name: string): Value {
  const { data } = value;
  if (data instanceof Native) {
    const dotted = `${data.name}.${name}`;
    return natives.constants[dotted]?.(scope, node) ?? { ...value, data: new Native(dotted) };
  }
  if (data instanceof Module) {
    const found = data.names.get(name) ?? submodule(scope, data, name);
    return found ?? scope.reader.unknown(scope.module, node, `${data.name} has no name ${name}.`);
  }
  if (data instanceof PyPath) {
    const parts: Record<string, string> = {
      name: basename(data.path),
      suffix: extname(data.path),
      stem: basename(data.path, extname(data.path)),
    };
    if (name === "parent") return { ...value, data: new PyPath(dirname(data.path)) };
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part !== undefined) return { ...value, data: part };
  }
  if (data instanceof Unknown) return spoilt(scope, node, value);
  if (data instanceof Func) return unreadable(scope, node);
  return { ...value, data: new Bound(value, name) };
}

function submodule(scope: Scope, parent: Module, name: string): Value | null {
  const found = scope.reader.module(parent.name === "" ? name : `${parent.name}.${name}`);
  return found ? scope.reader.made(scope.module, null, found, "module") : null;
}
