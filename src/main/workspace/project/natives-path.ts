/** os.path, pathlib and reading text files, inside of the project's folder only. */
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, normalize, resolve } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { ProblemError } from "../../problem.ts";
import { argument, type Given } from "./call.ts";
import { derived, spoilt } from "./expression.ts";
import { Raised, type Scope } from "./reader.ts";
import { type Data, PyPath, TextFile, textOf, type Value } from "./value.ts";

type Known = (scope: Scope, node: SyntaxNode, given: Given) => Value;

const onTexts =
  (work: (texts: string[], scope: Scope) => Data | undefined): Known =>
  (scope, node, given) => {
    const texts = given.positional.map(({ data }) => (data instanceof PyPath ? data.path : data));
    if (texts.length === 0 || !texts.every((text) => typeof text === "string"))
      return spoilt(scope, node, ...given.positional);
    const data = work(texts, scope);
    return data === undefined
      ? spoilt(scope, node, ...given.positional)
      : derived(scope, node, data, "path", ...given.positional);
  };

/** As os.path.join: an absolute part starts anew. */
function joined(parts: string[]): string {
  const from = parts.findLastIndex((part) => isAbsolute(part));
  return parts
    .slice(Math.max(0, from))
    .reduce((left, right) =>
      left === "" || left.endsWith("/") ? left + right : `${left}/${right}`,
    );
}

const path: Known = (scope, node, given) =>
  given.positional.length === 0
    ? derived(scope, node, new PyPath(scope.reader.sources.root), "path")
    : onTexts((texts) => new PyPath(join(...texts)))(scope, node, given);

const exists = onTexts(([one = ""], { reader }) => reader.sources.exists(one) ?? undefined);

/** A text file of the project; a missing one raises FileNotFoundError where the text catches it. */
export function fileText(scope: Scope, node: SyntaxNode, given: string): Value {
  const { reader, module } = scope;
  const found = reader.sources.find(given);
  const shown = reader.sources.shown(resolve(reader.sources.root, given));
  if (found === null) {
    const why = `The file ${shown} is not there, or lies outside of the project.`;
    if (reader.catches("FileNotFoundError")) throw new Raised("FileNotFoundError", why);
    return reader.unknown(module, node, why);
  }
  try {
    const value = reader.made(module, node, reader.sources.text(found), `text of ${shown}`);
    return { ...value, origin: { file: shown, line: 1, how: `text of ${shown}` } };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return reader.unknown(module, node, error.problem.message);
  }
}

export const pathFunctions: Record<string, Known> = {
  "pathlib.Path": path,
  "pathlib.PurePath": path,
  "pathlib.PosixPath": path,
  // django-environ's own kind of path
  "environ.Path": path,
  "os.path.join": onTexts((parts) => joined(parts)),
  "os.path.dirname": onTexts(([one = ""]) => dirname(one)),
  "os.path.basename": onTexts(([one = ""]) => basename(one)),
  "os.path.abspath": onTexts(([one = ""], { reader }) => resolve(reader.sources.root, one)),
  "os.path.realpath": onTexts(([one = ""], { reader }) => resolve(reader.sources.root, one)),
  "os.path.normpath": onTexts(([one = ""]) => normalize(one)),
  "os.path.expanduser": onTexts(([one = ""]) => one.replace(/^~(?=\/|$)/, homedir())),
  "os.path.exists": exists,
  "os.path.isfile": exists,
  "os.path.isdir": exists,
  "os.getcwd": (scope, node) =>
    derived(scope, node, scope.reader.sources.root, "folder of manage.py"),
  "tempfile.gettempdir": (scope, node) => derived(scope, node, "/tmp", "Python"),
  open: (scope, node, given) => {
    const file = argument(given, "file", 0);
    const name = file ? textOf(file) : null;
    if (name === null) return spoilt(scope, node, ...(file ? [file] : []));
    return scope.reader.made(scope.module, node, new TextFile(fileText(scope, node, name)), "file");
  },
};
