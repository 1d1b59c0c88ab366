/**
 * Python's configparser: sections of options, each known with its file and line.
 *
 *     [database]
 *     name = shop            ; "=" or ":", names in any case
 *     password : p%%w        # ConfigParser takes %% for % and %(name)s for another option; RawConfigParser nothing
 *     hosts = a,
 *         b                  continued by its indent
 *
 * Later files go over earlier ones; a file that is not there is passed over, one outside of the project is not looked at.
 */
import { isAbsolute, resolve } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { ProblemError } from "../../problem.ts";
import { argument, type Given } from "./call.ts";
import { derived, spoilt } from "./expression.ts";
import { Raised, type Scope } from "./reader.ts";
import { IniReader, PyDict, PyFloat, PyList, TextFile, textOf, type Value } from "./value.ts";

const most = 5000;

export const parserOf =
  (interpolates: boolean) =>
  (scope: Scope, node: SyntaxNode): Value =>
    scope.reader.made(scope.module, node, new IniReader(interpolates), "configparser");

/** Options of a text, by section and by name in lower case. */
function take(reader: IniReader, text: string, file: string, made: () => Value): void {
  let section: Map<string, Value> | null = null;
  let name = "";
  let last: Value | null = null;
  let count = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[([^\]]+)\]/.exec(line);
    const option = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (header) {
      name = header[1] ?? "";
      section = reader.sections.get(name) ?? new Map();
      reader.sections.set(name, section);
      last = null;
    } else if (last && /^\s/.test(line)) last.data = `${last.data}\n${line.trim()}`;
    else if (option && section && ++count <= most) {
      const key = (option[1] ?? "").toLowerCase();
      const how = `[${name}] ${key} in ${file}`;
      last = { ...made(), data: option[2]?.trim() ?? "" };
      last.origin = { file, line: index + 1, how };
      section.set(key, last);
    }
  }
}

/** An option's own value, or that of [DEFAULT]. */
function found(data: IniReader, section: string, option: string, depth = 0): Value | null {
  const own = data.sections.get(section);
  const key = option.toLowerCase();
  const value = own?.get(key) ?? (own && data.sections.get("DEFAULT")?.get(key));
  if (!value || typeof value.data !== "string" || !data.interpolates) return value ?? null;
  const text = value.data.replace(/%(%|\((\w+)\)s)/g, (whole, sign, other: string | undefined) => {
    if (sign === "%" || other === undefined) return "%";
    const inner = depth < 10 ? found(data, section, other, depth + 1)?.data : undefined;
    return typeof inner === "string" ? inner.slice(0, 10_000) : whole;
  });
  return { ...value, data: text.slice(0, 100_000) };
}

const booleans: Record<string, boolean> = {
  ...{ "1": true, yes: true, true: true, on: true },
  ...{ "0": false, no: false, false: false, off: false },
};

/** `name` is "get", "getint", "has_option", ...; undefined where the method is not known. */
export function iniMethod(
  scope: Scope,
  node: SyntaxNode,
  data: IniReader,
  name: string,
  given: Given,
): Value | undefined {
  const { reader, module } = scope;
  const sure = (value: Value): Value =>
    value.assumed === undefined && data.unseen !== null
      ? { ...value, assumed: data.unseen }
      : value;
  const done = (result: boolean) => sure(derived(scope, node, result, "configparser"));
  if (name === "read" || name === "read_file" || name === "readfp" || name === "read_string") {
    const source = given.positional[0] ?? given.named.get("filenames");
    if (source) load(scope, node, data, source, name === "read_string");
    return reader.made(module, node, null, "configparser");
  }
  const [section, option] = ["section", "option"].map((part, place) => {
    const value = argument(given, part, place);
    return value ? textOf(value) : null;
  });
  if (name === "has_section")
    return typeof section === "string" ? done(data.sections.has(section)) : undefined;
  if (typeof section !== "string" || typeof option !== "string") return undefined;
  const value = found(data, section, option);
  if (name === "has_option") return done(value !== null);
  if (!/^get(int|float|boolean)?$/.test(name)) return undefined;
  const instead = given.named.get("fallback");
  if (!value) {
    const why = `No configuration file has an option ${option} in [${section}].`;
    if (instead) return sure(instead);
    if (reader.catches("KeyError")) throw new Raised("KeyError", why);
    return reader.unknown(module, node, data.unseen ?? why);
  }
  const text = String(value.data).trim();
  if (name === "get") return sure(value);
  const number = Number(text);
  const cast =
    name === "getboolean"
      ? booleans[text.toLowerCase()]
      : text === "" || Number.isNaN(number)
        ? undefined
        : name === "getint"
          ? number
          : new PyFloat(number);
  return cast === undefined ? spoilt(scope, node, value) : sure({ ...value, data: cast });
}

/** config["database"]: a dict of its options, by their names in lower case. */
export function iniSection(scope: Scope, node: SyntaxNode, data: IniReader, name: string): Value {
  const items = new Map<string, Value>();
  for (const section of ["DEFAULT", name])
    for (const key of data.sections.get(section)?.keys() ?? []) {
      const value = found(data, name, key);
      if (value) items.set(key, value);
    }
  const made = derived(scope, node, new PyDict(items), `[${name}]`);
  return data.unseen === null ? made : { ...made, assumed: data.unseen };
}

function load(
  scope: Scope,
  node: SyntaxNode,
  data: IniReader,
  given: Value,
  isText: boolean,
): void {
  const { reader, module } = scope;
  const made = () => reader.made(module, node, null, "");
  const unseen = (name: string) => {
    data.unseen ??= `${name} lies outside of the project, and is not read.`;
  };
  if (given.data instanceof TextFile || isText) {
    const text = given.data instanceof TextFile ? given.data.text : given;
    if (typeof text.data === "string") take(data, text.data, text.origin.file, made);
    else unseen("A file");
    return;
  }
  for (const one of given.data instanceof PyList ? given.data.items : [given]) {
    const path = textOf(one);
    const file = path === null ? null : reader.sources.find(path);
    if (file === null) {
      const full = path === null ? "" : resolve(reader.sources.root, path);
      if (path === null) unseen("A file whose name is not known");
      else if (isAbsolute(path) && reader.sources.exists(full) === null) unseen(path);
      continue;
    }
    try {
      take(data, reader.sources.text(file), reader.sources.shown(file), made);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      reader.note(error.problem);
    }
  }
}
