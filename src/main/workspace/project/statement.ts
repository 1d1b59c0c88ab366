/**
 * Statements, one after the other, as Python would run them: assignments, imports, branches whose condition is known.
 * Where a condition is not known, every name its branches set is not known either.
 */
import type { SyntaxNode } from "@lezer/common";
import { computed } from "./arithmetic.ts";
import { assign, doubt, forget } from "./assign.ts";
import { evaluate, whyOf } from "./expression.ts";
import { executes, importing } from "./import.ts";
import { mostDepth, Raised, type Scope } from "./reader.ts";
import { children, operands, source } from "./tree.ts";
import { Func, truth, Unknown, type Value } from "./value.ts";

/** `return` of a function of the project, on its way up. */
export class Returned extends Error {
  readonly value: Value;
  constructor(value: Value) {
    super("return");
    this.value = value;
  }
}

export function runBlock(scope: Scope, block: SyntaxNode, inFunction = false): void {
  for (const node of children(block)) {
    if (node.name === ":") continue;
    try {
      runStatement(scope, node);
    } catch (error) {
      if (!(error instanceof Raised) || inFunction || scope.reader.catches(error.kind)) throw error;
      forget(scope, node, error.message, error.variable);
    }
  }
}

function runStatement(scope: Scope, node: SyntaxNode): void {
  const { reader } = scope;
  reader.step();
  if (reader.depth >= mostDepth)
    return void forget(scope, node, "The statements are nested too deeply.");
  reader.depth++;
  try {
    statement(scope, node);
  } finally {
    reader.depth--;
  }
}

function statement(scope: Scope, node: SyntaxNode): void {
  const { reader, module } = scope;
  switch (node.name) {
    case "AssignStatement":
      assign(scope, node);
      return;
    case "UpdateStatement": {
      const [target, op, value] = operands(node);
      if (!target || !op || !value) return;
      const result = computed(
        scope,
        node,
        evaluate(scope, target),
        source(scope, op).slice(0, -1),
        evaluate(scope, value),
      );
      assign(scope, node, result);
      return;
    }
    case "ExpressionStatement": {
      const [expression] = operands(node);
      if (expression && executes(scope, expression)) return;
      if (expression) evaluate(scope, expression);
      const text = /^(globals|locals|vars|exec|setattr)\(/.exec(source(scope, node))?.[1];
      if (text) doubt(scope, node, `${text}() may set any name, and is not evaluated.`);
      return;
    }
    case "ImportStatement":
      importing(scope, node);
      return;
    case "IfStatement":
      branch(scope, node);
      return;
    case "TryStatement":
      attempt(scope, node);
      return;
    case "WithStatement": {
      const parts = children(node);
      const as = parts.findIndex(({ name }) => name === "as");
      const [, opened] = parts;
      const target = parts[as + 1];
      if (opened && as > 0 && target)
        scope.names.set(source(scope, target), evaluate(scope, opened));
      const body = node.getChild("Body");
      if (body) runBlock(scope, body, true);
      return;
    }
    case "FunctionDefinition": {
      const name = node.getChild("VariableName");
      if (name)
        scope.names.set(
          source(scope, name),
          reader.made(module, node, new Func(node, module), "function"),
        );
      return;
    }
    case "ClassDefinition": {
      const name = node.getChild("VariableName");
      const text = name ? source(scope, name) : "";
      const why = `The class ${text} is not evaluated.`;
      scope.names.set(text, reader.unknown(module, node, why));
      // django-configurations: the settings are a class's attributes.
      const bases = node.getChild("ArgList");
      if (bases && /\bConfiguration\b/.test(source(scope, bases)))
        doubt(scope, node, `Settings in classes are not read: ${text}.`);
      return;
    }
    case "ForStatement":
    case "WhileStatement":
    case "MatchStatement":
      return void forget(
        scope,
        node,
        `It is set in a ${node.name.replace("Statement", "").toLowerCase()} statement.`,
      );
    case "ReturnStatement": {
      const [, value] = children(node);
      throw new Returned(
        value ? evaluate(scope, value) : reader.made(module, node, null, "literal"),
      );
    }
    case "RaiseStatement":
      throw new Raised("raise", `${source(scope, node).slice(0, 100)} stands here.`);
    case "DeleteStatement":
      for (const part of operands(node)) scope.names.delete(source(scope, part));
      return;
  }
}

function branch(scope: Scope, node: SyntaxNode): void {
  const { reader } = scope;
  const parts = children(node);
  const before = reader.assuming;
  try {
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index];
      if (part?.name === "else") {
        const body = parts[index + 1];
        if (body) runBlock(scope, body, true);
        return;
      }
      if (part?.name !== "if" && part?.name !== "elif") continue;
      const [condition, body] = [parts[index + 1], parts[index + 2]];
      if (!condition || body?.name !== "Body") return;
      const asked = evaluate(scope, condition);
      const known = truth(asked);
      if (known === undefined) {
        const variable = asked.data instanceof Unknown ? asked.data.variable : null;
        const text = source(scope, condition).slice(0, 80);
        return void forget(
          scope,
          node,
          `It depends on "${text}", which is not known: ${whyOf(asked)}`,
          variable,
        );
      }
      reader.assuming ??= asked.assumed;
      if (known) {
        runBlock(scope, body, true);
        return;
      }
      index += 2;
    }
  } finally {
    reader.assuming = before;
  }
}

/** try: the first clause that fits what is raised; `raise` in a clause passes the first reason on. */
function attempt(scope: Scope, node: SyntaxNode): void {
  const { reader } = scope;
  const parts = children(node);
  const clauses: { names: string[]; body: SyntaxNode }[] = [];
  let main: SyntaxNode | undefined;
  let otherwise: SyntaxNode | undefined;
  let last: SyntaxNode | undefined;
  for (const [index, part] of parts.entries()) {
    const body = parts.slice(index + 1).find(({ name }) => name === "Body");
    if (!body) continue;
    if (part.name === "try") main = body;
    if (part.name === "else") otherwise = body;
    if (part.name === "finally") last = body;
    if (part.name === "except") {
      const named = parts[index + 1];
      const text = named && named !== body ? source(scope, named) : "BaseException";
      clauses.push({ names: text.match(/\w+/g) ?? [], body });
    }
  }
  if (!main) return;
  reader.handlers.push(clauses.flatMap(({ names }) => names));
  let raised: Raised | null = null;
  try {
    runBlock(scope, main, true);
  } catch (error) {
    if (!(error instanceof Raised)) throw error;
    raised = error;
  } finally {
    reader.handlers.pop();
  }
  if (!raised) {
    if (otherwise) runBlock(scope, otherwise, true);
  } else {
    const found = clauses.find(({ names }) => fits(scope, raised.kind, names));
    if (!found) throw raised;
    const before = reader.assuming;
    reader.assuming ??= raised.message;
    try {
      runBlock(scope, found.body, true);
    } catch (error) {
      if (error instanceof Raised && error.kind === "raise") throw raised;
      throw error;
    } finally {
      reader.assuming = before;
    }
  }
  if (last) runBlock(scope, last, true);
}

function fits({ reader }: Scope, kind: string, names: string[]): boolean {
  reader.handlers.push(names);
  const known = reader.handlers.splice(0, reader.handlers.length - 1);
  const found = reader.catches(kind);
  reader.handlers.splice(0, reader.handlers.length, ...known);
  return found;
}
