/** `a[b]` and slices `a[b:c]` of texts and lists. */

import { dirname } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { iniSection } from "./config-parser.ts";
import { environmentItem } from "./environment.ts";
import { evaluate, keyOf, spoilt, unreadable } from "./expression.ts";
import { Raised, type Scope } from "./reader.ts";
import { children, source } from "./tree.ts";
import { Bound, IniReader, Native, PyDict, PyList, PyPath, type Value } from "./value.ts";

export function subscript(scope: Scope, node: SyntaxNode): Value {
  const parts = children(node);
  const [target, , ...rest] = parts;
  if (!target) return unreadable(scope, node);
  const value = evaluate(scope, target);
  const inner = rest.slice(0, -1);
  if (inner.some(({ name }) => name === ":")) return slice(scope, node, value, inner);
  const [index] = inner;
  if (!index || inner.length > 1) return unreadable(scope, node);
  return item(scope, node, value, evaluate(scope, index), source(scope, index));
}

function item(scope: Scope, node: SyntaxNode, value: Value, index: Value, text: string): Value {
  const { data } = value;
  if (data instanceof Native && data.name === "os.environ")
    return environmentItem(scope, node, index);
  if (data instanceof PyDict) {
    const found = data.items.get(keyOf(index));
    if (found) return found;
    if (scope.reader.catches("KeyError")) throw new Raised("KeyError", `There is no ${text} here.`);
    return spoilt(scope, node, index);
  }
  if (data instanceof IniReader && typeof index.data === "string")
    return iniSection(scope, node, data, index.data);
  if (typeof index.data !== "number") return spoilt(scope, node, value, index);
  // BASE.parents[1]
  if (data instanceof Bound && data.name === "parents" && data.target.data instanceof PyPath) {
    let path = data.target.data.path;
    for (let up = 0; up <= index.data; up++) path = dirname(path);
    return { ...value, data: new PyPath(path) };
  }
  if (typeof data === "string") {
    const character = data.at(index.data);
    return character === undefined ? spoilt(scope, node) : { ...value, data: character };
  }
  if (data instanceof PyList) return data.items.at(index.data) ?? spoilt(scope, node);
  return spoilt(scope, node, value);
}

function slice(scope: Scope, node: SyntaxNode, value: Value, inner: SyntaxNode[]): Value {
  const bounds: (number | undefined)[] = [undefined, undefined];
  let place = 0;
  for (const part of inner) {
    if (part.name === ":") {
      if (++place > 1) return unreadable(scope, node);
      continue;
    }
    const { data } = evaluate(scope, part);
    if (typeof data !== "number") return unreadable(scope, node);
    bounds[place] = data;
  }
  const [from, to] = bounds;
  const { data } = value;
  if (typeof data === "string") return { ...value, data: data.slice(from, to) };
  if (data instanceof PyList)
    return { ...value, data: new PyList(data.items.slice(from, to), data.kind) };
  return spoilt(scope, node, value);
}
