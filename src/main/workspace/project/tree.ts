/** Walking Lezer's tree of Python: children, their text, the parts of an argument list. */
import type { SyntaxNode } from "@lezer/common";
import type { Scope } from "./reader.ts";

/** Children without comments. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== "Comment") found.push(child);
  return found;
}

export const source = (scope: Pick<Scope, "module">, node: SyntaxNode): string =>
  scope.module.text.slice(node.from, node.to);

const marks = new Set(["(", ")", "[", "]", "{", "}", ",", ":", ";", "."]);

/** Children that are no punctuation. */
export const operands = (node: SyntaxNode): SyntaxNode[] =>
  children(node).filter(({ name }) => !marks.has(name));

export interface Argument {
  name: string | null;
  /** "*" or "**" for unpacking, else "". */
  star: string;
  node: SyntaxNode;
}

/** The arguments of a call. */
export function argumentsOf(scope: Scope, list: SyntaxNode): Argument[] {
  const found: Argument[] = [];
  const parts = operands(list);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    const next = parts[index + 1];
    if (!part) break;
    if (part.name === "*" || part.name === "**") {
      if (next) found.push({ name: null, star: part.name, node: next });
      index++;
    } else if (next?.name === "AssignOp") {
      const value = parts[index + 2];
      if (value) found.push({ name: source(scope, part), star: "", node: value });
      index += 2;
    } else found.push({ name: null, star: "", node: part });
  }
  return found;
}
