/**
 * Reads modules of a project in the order Python would import them, keeping the names they define.
 * Bounded in files, steps and depth; a module that imports itself in a circle finds what is there so far.
 */
import { dirname, join } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import type { Problem } from "../../../shared/problem.ts";
import { ProblemError, problem } from "../../problem.ts";
import type { Variables } from "./dotenv.ts";
import type { Sources } from "./source.ts";
import { runBlock } from "./statement.ts";
import { type Data, Module, type Origin, Unknown, type Value } from "./value.ts";

const mostSteps = 200_000;
export const mostDepth = 150;
const mostImports = 30;
const mostProblems = 100;

/** Where a statement is read: the module, and its names or a function's own. */
export interface Scope {
  reader: Reader;
  module: Module;
  names: Map<string, Value>;
}

/** What Python would raise here: caught by the `except` of the text, or by the statement it stands in. */
export class Raised extends Error {
  readonly kind: string;
  readonly variable: string | null;
  constructor(kind: string, why: string, variable: string | null = null) {
    super(why);
    this.kind = kind;
    this.variable = variable;
  }
}

export class Reader {
  readonly sources: Sources;
  readonly variables: Variables;
  readonly problems: Problem[] = [];
  /** Names of exceptions that an `except` around the current statement takes, innermost last. */
  readonly handlers: string[][] = [];
  /** What the branch that is being read assumes. */
  assuming: string | undefined;
  depth = 0;
  readonly #modules = new Map<string, Module>();
  readonly #path: string[];
  #steps = 0;
  #importing = 0;

  /** `path`: folders that modules are looked up in, as sys.path. */
  constructor(sources: Sources, variables: Variables, path: string[]) {
    this.sources = sources;
    this.variables = variables;
    this.#path = path;
  }

  step(): void {
    if (++this.#steps > mostSteps)
      throw problem("too_large", `The settings take more than ${mostSteps} steps to read.`);
  }

  note(error: Problem): void {
    if (this.problems.length < mostProblems) this.problems.push(error);
  }

  /** A folder the settings add to sys.path. */
  addPath(folder: string): void {
    if (this.#path.length < 20 && !this.#path.includes(folder)) this.#path.push(folder);
  }

  catches(kind: string): boolean {
    const parents = exceptions[kind] ?? [];
    return this.handlers.some((names) =>
      names.some(
        (name) =>
          name === kind ||
          name === "Exception" ||
          name === "BaseException" ||
          parents.includes(name),
      ),
    );
  }

  /** The module of a dotted name, read; null where the project has none. */
  module(dotted: string): Module | null {
    for (const folder of this.#path) {
      const file = this.sources.moduleFile(folder, dotted);
      if (file !== null) return this.read(file, dotted);
    }
    return null;
  }

  /** Whether the first part of a dotted name is a module or package of the project. */
  owns(dotted: string): boolean {
    const [first = ""] = dotted.split(".");
    return this.#path.some(
      (folder) =>
        this.sources.moduleFile(folder, first) !== null ||
        (first !== "" && this.sources.exists(join(folder, first)) === true && dotted.includes(".")),
    );
  }

  /** Name of the module that `dots` and `rest` mean within a module. */
  relative(from: Module, dots: number, rest: string): string | null {
    const parts = from.name === "" ? [] : from.name.split(".");
    if (!/[/\\]__init__\.py$/.test(from.path)) parts.pop();
    for (let up = 1; up < dots; up++) if (parts.pop() === undefined) return null;
    return [...parts, ...rest.split(".").filter((part) => part !== "")].join(".");
  }

  /** Reads a file as a module. Its own problems are noted, and what was read until then stays. */
  read(file: string, name: string, shared?: Map<string, Value>): Module {
    const known = this.#modules.get(file);
    if (known) return known;
    if (this.#importing >= mostImports)
      throw problem("too_deep", `More than ${mostImports} modules import each other.`);
    const empty = new Module(name, file, "");
    this.#modules.set(file, empty);
    this.#importing++;
    try {
      const text = this.sources.text(file);
      const module = new Module(name, file, text);
      for (const [key, value] of shared ?? []) module.names.set(key, value);
      module.names.set("__file__", this.made(module, null, file, "the file's own path"));
      module.names.set("__name__", this.made(module, null, name, "the module's own name"));
      this.#modules.set(file, module);
      const tree = this.sources.parse(text, this.sources.shown(file));
      runBlock({ reader: this, module, names: module.names }, tree.topNode);
      return module;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.note(error.problem);
      return this.#modules.get(file) ?? empty;
    } finally {
      this.#importing--;
    }
  }

  made(module: Module, node: SyntaxNode | null, data: Data, how: string): Value {
    const origin = this.origin(module, node, how);
    return { data, origin, ...(this.assuming !== undefined && { assumed: this.assuming }) };
  }

  origin(module: Module, node: SyntaxNode | null, how: string): Origin {
    const file = this.sources.shown(module.path);
    return { file, line: node ? lineOf(module, node.from) : 1, how };
  }

  unknown(
    module: Module,
    node: SyntaxNode | null,
    why: string,
    variable: string | null = null,
  ): Value {
    return this.made(module, node, new Unknown(why, variable), why);
  }
}

/** Parents in Python's hierarchy that settings files name. */
const exceptions: Record<string, string[]> = {
  ModuleNotFoundError: ["ImportError"],
  ImportError: ["ModuleNotFoundError"],
  KeyError: ["LookupError", "ImproperlyConfigured", "UndefinedValueError"],
  FileNotFoundError: ["OSError", "IOError", "EnvironmentError"],
};

const starts = new WeakMap<Module, number[]>();

function lineOf(module: Module, offset: number): number {
  let lines = starts.get(module);
  if (!lines) {
    lines = [0];
    for (let at = module.text.indexOf("\n"); at >= 0; at = module.text.indexOf("\n", at + 1))
      lines.push(at + 1);
    starts.set(module, lines);
  }
  let low = 0;
  let high = lines.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

export const folderOf = (module: Module): string => dirname(module.path);
