/**
 * What an expression of a settings file comes to, as far as its text says: a value with the place it
 * comes from, or the reason why it is not known. Nothing of the project is ever run.
 */
import type { SyntaxNode } from "@lezer/common";

/** `file` is relative to the project's folder; `how` says it in words: "literal", "variable DB_HOST in .env". */
export interface Origin {
  file: string;
  line: number;
  how: string;
}

export interface Value {
  data: Data;
  origin: Origin;
  /** What had to be assumed on the way: a variable that is not set anywhere, so that a default counts. */
  assumed?: string;
}

export type Data =
  | null
  | boolean
  | number
  | string
  | PyFloat
  | PyBytes
  | PyPath
  | PyDelta
  | PyList
  | PyDict
  | Unknown
  | Native
  | Bound
  | Func
  | Module
  | EnvReader
  | IniReader
  | TextFile;

export class PyFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export class PyBytes {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export class PyPath {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}
/** datetime.timedelta */
export class PyDelta {
  readonly seconds: number;
  constructor(seconds: number) {
    this.seconds = seconds;
  }
}
export class PyList {
  readonly items: Value[];
  readonly kind: "list" | "tuple" | "set";
  constructor(items: Value[], kind: "list" | "tuple" | "set" = "list") {
    this.items = items;
    this.kind = kind;
  }
}
/** Keys that are no texts stand as their repr, which is no text a settings file would use. */
export class PyDict {
  readonly items: Map<string, Value>;
  constructor(items = new Map<string, Value>()) {
    this.items = items;
  }
}
/** `variable` would make it known. */
export class Unknown {
  readonly why: string;
  readonly variable: string | null;
  constructor(why: string, variable: string | null = null) {
    this.why = why;
    this.variable = variable;
  }
}
/** Something of Python or an installed package, by its dotted name. */
export class Native {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
/** A method of a value. */
export class Bound {
  readonly target: Value;
  readonly name: string;
  constructor(target: Value, name: string) {
    this.target = target;
    this.name = name;
  }
}
/** A function of the project: its text, read with the arguments in place. */
export class Func {
  readonly node: SyntaxNode;
  readonly module: Module;
  constructor(node: SyntaxNode, module: Module) {
    this.node = node;
    this.module = module;
  }
}
export class Module {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly names = new Map<string, Value>();
  constructor(name: string, path: string, text: string) {
    this.name = name;
    this.path = path;
    this.text = text;
  }
}
/** environ.Env(DEBUG=(bool, False)): casts and defaults by variable. */
export class EnvReader {
  readonly scheme: Map<string, Value>;
  prefix = "";
  constructor(scheme: Map<string, Value>) {
    this.scheme = scheme;
  }
}
/** configparser.ConfigParser() and what it has read. */
export class IniReader {
  readonly sections = new Map<string, Map<string, Value>>();
  readonly interpolates: boolean;
  /** Why more may be set than is seen; null where all was. */
  unseen: string | null = null;
  constructor(interpolates: boolean) {
    this.interpolates = interpolates;
  }
}
export class TextFile {
  readonly text: Value;
  constructor(text: Value) {
    this.text = text;
  }
}

/** What Python's bool() gives; undefined where that is not known. */
export function truth({ data }: Value): boolean | undefined {
  if (data instanceof Unknown || data instanceof Bound || data instanceof Native) return undefined;
  if (data instanceof PyList) return data.items.length > 0;
  if (data instanceof PyDict) return data.items.size > 0;
  if (data instanceof PyFloat) return data.value !== 0;
  if (data instanceof PyDelta) return data.seconds !== 0;
  if (data instanceof PyBytes) return data.text !== "";
  return typeof data === "object" ? data !== null : Boolean(data);
}

/** As Python writes it, shortened at 2,000 characters; null where it is not known. */
export const repr = (value: Value): string | null => reprWithin(value, { left: 2000 });

/** `left`: values still written, since lists of lists of lists multiply. */
function reprWithin({ data }: Value, room: { left: number }): string | null {
  if (--room.left < 0) return "…";
  if (data === null) return "None";
  if (typeof data === "boolean") return data ? "True" : "False";
  if (typeof data === "number") return String(data);
  if (typeof data === "string") return quoted(data);
  if (data instanceof PyFloat)
    return Number.isInteger(data.value) ? `${data.value}.0` : String(data.value);
  if (data instanceof PyBytes) return `b${quoted(data.text)}`;
  if (data instanceof PyPath) return quoted(data.path);
  if (data instanceof PyDelta) return `timedelta(seconds=${data.seconds})`;
  if (data instanceof PyList) {
    const inner = data.items.slice(0, 100).map((item) => reprWithin(item, room) ?? "not known");
    const open = { list: "[]", tuple: "()", set: "{}" }[data.kind];
    const comma = data.kind === "tuple" && inner.length === 1 ? "," : "";
    return short(`${open[0]}${inner.join(", ")}${comma}${open[1]}`);
  }
  if (data instanceof PyDict) {
    const inner = [...data.items].slice(0, 100);
    return short(
      `{${inner.map(([key, item]) => `${quoted(key)}: ${reprWithin(item, room) ?? "not known"}`).join(", ")}}`,
    );
  }
  return null;
}

const short = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}…` : text);

const quoted = (text: string): string => {
  const cut = text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
  const mark = cut.includes("'") && !cut.includes('"') ? '"' : "'";
  return `${mark}${cut
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll(mark, `\\${mark}`)}${mark}`;
};

/** str() of a value, where it is one that has a plain text; null otherwise. */
export function textOf({ data }: Value): string | null {
  if (typeof data === "string") return data;
  if (typeof data === "number") return String(data);
  if (typeof data === "boolean") return data ? "True" : "False";
  if (data === null) return "None";
  if (data instanceof PyPath) return data.path;
  if (data instanceof PyFloat) return repr({ data, origin: { file: "", line: 0, how: "" } });
  return null;
}
