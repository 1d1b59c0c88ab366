/** Imports: modules of the project are read, anything else is known by its dotted name alone. */

import { globSync } from "node:fs";
import { join } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { doubt } from "./assign.ts";
import type { Given } from "./call.ts";
import { evaluate, spoilt } from "./expression.ts";
import { folderOf, Raised, type Scope } from "./reader.ts";
import { argumentsOf, children, source } from "./tree.ts";
import { type Module, Native, PyList, textOf, type Value } from "./value.ts";

export function importing(scope: Scope, node: SyntaxNode): void {
  const parts = children(node);
  if (parts[0]?.name === "from") {
    fromImport(scope, node, parts);
    return;
  }
  // import a.b.c as d, e
  let name = "";
  let alias: string | null = null;
  const done = () => {
    if (name !== "") plainImport(scope, node, name, alias);
    name = "";
    alias = null;
  };
  for (const [index, part] of parts.entries()) {
    if (part.name === "VariableName" && parts[index - 1]?.name === "as")
      alias = source(scope, part);
    else if (part.name === "VariableName" || part.name === ".") name += source(scope, part);
    else if (part.name === ",") done();
  }
  done();
}

function plainImport(scope: Scope, node: SyntaxNode, dotted: string, alias: string | null): void {
  const { reader, module } = scope;
  const [first = dotted] = dotted.split(".");
  if (!reader.owns(dotted) && looksOwn(false, dotted) && reader.catches("ImportError"))
    throw new Raised("ImportError", `The module ${dotted} is not there.`);
  const whole = reader.owns(dotted) ? (reader.module(dotted) ?? reader.module(first)) : null;
  const wanted = alias === null ? (reader.module(first) ?? whole) : whole;
  const data = wanted ?? new Native(alias === null ? first : dotted);
  scope.names.set(alias ?? first, reader.made(module, node, data, `import ${dotted}`));
}

function fromImport(scope: Scope, node: SyntaxNode, parts: SyntaxNode[]): void {
  const { reader, module } = scope;
  const at = parts.findIndex(({ name }) => name === "import");
  const path = parts
    .slice(1, at)
    .map((part) => source(scope, part))
    .join("");
  const dots = /^\.*/.exec(path)?.[0].length ?? 0;
  const rest = path.slice(dots);
  const dotted = dots > 0 ? reader.relative(module, dots, rest) : rest;
  const names = namesOf(scope, parts.slice(at + 1));
  const star = names.length === 0;
  const own = dotted === null || dotted === "" ? null : reader.module(dotted);
  const missing = `The module ${path} is not there.`;
  if (!own && (dots > 0 || reader.owns(dotted ?? "") || looksOwn(star, dotted ?? ""))) {
    // A package without __init__.py still holds modules.
    if (!star && names.every(({ name }) => bindSubmodule(scope, node, dotted ?? "", name))) return;
    if (reader.catches("ImportError")) throw new Raised("ImportError", missing);
    reader.note({
      code: "not_found",
      message: `${missing} What it sets is not known.`,
      detail: { ...reader.origin(module, node, "import") },
    });
    if (star) doubt(scope, node, `${missing} It may set any name.`);
    for (const { name, alias } of names)
      scope.names.set(alias, reader.unknown(module, node, `${missing} It would set ${name}.`));
    return;
  }
  if (star) {
    if (own) takeAll(scope, own);
    return;
  }
  for (const { name, alias } of names) {
    if (!own) {
      scope.names.set(
        alias,
        reader.made(module, node, new Native(`${dotted}.${name}`), `from ${path}`),
      );
      continue;
    }
    const found = own.names.get(name);
    const sub = found ? null : reader.module(`${dotted}.${name}`);
    if (found) scope.names.set(alias, found);
    else if (sub) scope.names.set(alias, reader.made(module, node, sub, "module"));
    else if (reader.catches("ImportError"))
      throw new Raised("ImportError", `${path} has no name ${name}.`);
    else scope.names.set(alias, reader.unknown(module, node, `${path} has no name ${name}.`));
  }
}

/** A star, or a name like local_settings, is a file of the project that is not there, not a package. */
const looksOwn = (star: boolean, dotted: string): boolean =>
  star || /(^|[._])(local|secrets?|settings?)([._]|$)|local_?settings|settings_?local/i.test(dotted)
    ? !/^(django|split_settings|dotenv|environ|decouple|pathlib|os|configurations)\b/.test(dotted)
    : false;

function bindSubmodule(scope: Scope, node: SyntaxNode, parent: string, name: string): boolean {
  const sub = scope.reader.module(parent === "" ? name : `${parent}.${name}`);
  if (sub) scope.names.set(name, scope.reader.made(scope.module, node, sub, "module"));
  return sub !== null;
}

/** Empty for a star. */
function namesOf(scope: Scope, parts: SyntaxNode[]): { name: string; alias: string }[] {
  const found: { name: string; alias: string }[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.name !== "VariableName") continue;
    const text = source(scope, part);
    const last = found.at(-1);
    if (parts[index - 1]?.name === "as" && last) last.alias = text;
    else found.push({ name: text, alias: text });
  }
  return found;
}

/** `from x import *`: __all__, else every name without an underscore. */
function takeAll(scope: Scope, from: Module): void {
  const listed = from.names.get("__all__")?.data;
  const only = listed instanceof PyList ? new Set(listed.items.map(({ data }) => data)) : null;
  for (const [name, value] of from.names)
    if (only ? only.has(name) : !name.startsWith("_")) scope.names.set(name, value);
}

/** exec(open(path).read()), also through compile(): the file's statements, in the names there are. False: none such. */
export function executes(scope: Scope, node: SyntaxNode): boolean {
  const { reader, module } = scope;
  const [target, list] = children(node);
  if (node.name !== "CallExpression" || !target || !list || source(scope, target) !== "exec")
    return false;
  const [given] = argumentsOf(scope, list);
  const inner = given?.node;
  const [compile, parts] = inner ? children(inner) : [];
  const compiled =
    compile && parts?.name === "ArgList" && source(scope, compile) === "compile"
      ? argumentsOf(scope, parts)[0]?.node
      : inner;
  const text = compiled ? evaluate(scope, compiled) : null;
  const file =
    typeof text?.data === "string" && text.origin.how.startsWith("text of ")
      ? reader.sources.find(text.origin.file)
      : null;
  if (file === null) return false;
  const read = reader.read(file, module.name, scope.names);
  for (const [key, one] of read.names) if (!key.startsWith("__")) scope.names.set(key, one);
  return true;
}

/** split_settings' include("base.py", optional("local.py"), "parts/*.py"): the same names go on from file to file. */
export function include(scope: Scope, node: SyntaxNode, given: Given): Value {
  const { reader, module } = scope;
  const folder = folderOf(module);
  for (const value of given.positional) {
    const pattern = textOf(value);
    if (pattern === null || pattern.includes("..")) return spoilt(scope, node, value);
    const files = /[*?[]/.test(pattern)
      ? globSync(pattern, { cwd: folder }).sort().slice(0, 100)
      : [pattern];
    for (const name of files) {
      const file = reader.sources.find(join(folder, name));
      if (file !== null) {
        const read = reader.read(file, module.name, module.names);
        for (const [key, one] of read.names) if (!key.startsWith("__")) module.names.set(key, one);
      } else if (value.origin.how !== "optional")
        reader.note({
          code: "not_found",
          message: `The file ${name} is not there.`,
          detail: { ...reader.origin(module, node, "include") },
        });
    }
  }
  return reader.made(module, node, null, "include");
}
