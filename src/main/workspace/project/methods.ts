/** Methods of texts, paths, lists, dicts and env readers. */
import { join, resolve } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import type { Given } from "./call.ts";
import { iniMethod } from "./config-parser.ts";
import { readVariable } from "./environ.ts";
import { derived, keyOf, spoilt, unreadable } from "./expression.ts";
import { loadEnvFile } from "./natives-env.ts";
import { fileText } from "./natives-path.ts";
import type { Scope } from "./reader.ts";
import {
  type Bound,
  type Data,
  EnvReader,
  IniReader,
  PyBytes,
  PyDelta,
  PyDict,
  PyFloat,
  PyList,
  PyPath,
  TextFile,
  textOf,
  type Value,
} from "./value.ts";

export function method(
  scope: Scope,
  node: SyntaxNode,
  { target, name }: Bound,
  given: Given,
): Value {
  const { data } = target;
  const done = (result: Data | undefined): Value =>
    result === undefined
      ? spoilt(scope, node, target, ...given.positional)
      : derived(scope, node, result, target.origin.how, target, ...given.positional);
  if (data instanceof EnvReader) {
    if (name === "read_env") return loadEnvFile(scope, node, given);
    if (name === "prefixed") return unreadable(scope, node);
    return readVariable(scope, node, data, name, given);
  }
  if (typeof data === "string") return keepingOrigin(target, done(ofText(data, name, given)));
  if (data instanceof PyPath)
    return ofPath(scope, node, target, data, name, given) ?? done(undefined);
  if (data instanceof PyDict) return ofDict(scope, node, data, name, given) ?? done(undefined);
  if (data instanceof IniReader)
    return iniMethod(scope, node, data, name, given) ?? done(undefined);
  if (data instanceof PyList) return done(ofList(data, name, given));
  if (data instanceof PyDelta && name === "total_seconds") return done(new PyFloat(data.seconds));
  if (data instanceof PyBytes && name === "decode") return done(data.text);
  if (data instanceof TextFile && (name === "read" || name === "readline"))
    return name === "read" || typeof data.text.data !== "string"
      ? data.text
      : { ...data.text, data: data.text.data.split("\n", 1)[0] ?? "" };
  return done(undefined);
}

/** `X.strip()` comes from where X does. */
const keepingOrigin = (target: Value, made: Value): Value => ({ ...made, origin: target.origin });

function ofText(text: string, name: string, given: Given): Data | undefined {
  const texts = given.positional.map(({ data }) => data);
  const [first, second] = texts;
  const characters = (side: "both" | "start" | "end") => {
    if (first !== undefined && typeof first !== "string") return undefined;
    const drop = (sign: string) => (first === undefined ? /\s/.test(sign) : first.includes(sign));
    let [from, to] = [0, text.length];
    if (side !== "end") while (from < to && drop(text.charAt(from))) from++;
    if (side !== "start") while (to > from && drop(text.charAt(to - 1))) to--;
    return text.slice(from, to);
  };
  switch (name) {
    case "strip":
      return characters("both");
    case "lstrip":
      return characters("start");
    case "rstrip":
      return characters("end");
    case "lower":
    case "casefold":
      return text.toLowerCase();
    case "upper":
      return text.toUpperCase();
    case "title":
    case "capitalize":
      return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
    case "encode":
      return new PyBytes(text);
    case "startswith":
      return typeof first === "string" ? text.startsWith(first) : undefined;
    case "endswith":
      return typeof first === "string" ? text.endsWith(first) : undefined;
    case "isdigit":
      return /^\d+$/.test(text);
    case "replace":
      return typeof first === "string" && typeof second === "string"
        ? text.replaceAll(first, second)
        : undefined;
    case "split": {
      const parts =
        first === undefined || first === null
          ? text.trim().split(/\s+/).filter(Boolean)
          : typeof first === "string" && first !== ""
            ? text.split(first)
            : undefined;
      if (!parts || second !== undefined || parts.length > 10_000) return undefined;
      const from = given.positional[0]?.origin ?? { file: "", line: 0, how: "" };
      return new PyList(parts.map((part) => ({ data: part, origin: from })));
    }
    case "join": {
      const list = first instanceof PyList ? first.items.map(({ data }) => data) : undefined;
      return list?.every((one) => typeof one === "string") ? list.join(text) : undefined;
    }
    case "format":
      return format(text, given);
    default:
      return undefined;
  }
}

function format(text: string, { positional, named }: Given): string | undefined {
  let next = 0;
  let failed = false;
  const made = text.replace(/\{\{|\}\}|\{(\w*)\}/g, (whole, key: string | undefined) => {
    if (key === undefined) return whole.charAt(0);
    const value =
      key === ""
        ? positional[next++]
        : /^\d+$/.test(key)
          ? positional[Number(key)]
          : named.get(key);
    const plain = value ? textOf(value) : null;
    if (plain === null) failed = true;
    return plain ?? "";
  });
  return failed || /[{}]/.test(text.replace(/\{\{|\}\}|\{\w*\}/g, "")) ? undefined : made;
}

function ofPath(
  scope: Scope,
  node: SyntaxNode,
  target: Value,
  { path }: PyPath,
  name: string,
  given: Given,
): Value | undefined {
  const texts = given.positional.map((one) => textOf(one));
  const same = (data: Data): Value =>
    derived(scope, node, data, "path", target, ...given.positional);
  switch (name) {
    case "resolve":
    case "absolute":
    case "expanduser":
      return same(new PyPath(resolve(scope.reader.sources.root, path)));
    case "joinpath":
      return texts.every((text) => text !== null)
        ? same(new PyPath(join(path, ...texts)))
        : undefined;
    case "as_posix":
      return same(path);
    case "exists":
    case "is_file":
    case "is_dir": {
      const known = scope.reader.sources.exists(path);
      return known === null ? undefined : same(known);
    }
    case "read_text":
      return fileText(scope, node, path);
    case "open":
      return same(new TextFile(fileText(scope, node, path)));
    default:
      return undefined;
  }
}

function ofDict(
  scope: Scope,
  node: SyntaxNode,
  data: PyDict,
  name: string,
  given: Given,
): Value | undefined {
  const [first, second] = given.positional;
  const none = scope.reader.made(scope.module, node, null, "literal");
  if (name === "update") {
    if (first && !(first.data instanceof PyDict)) {
      scope.reader.note({
        code: "unsupported",
        message: `${scope.reader.sources.shown(scope.module.path)}: a dict is updated with what is not known.`,
        detail: { ...scope.reader.origin(scope.module, node, "") },
      });
      return none;
    }
    for (const [key, value] of [
      ...(first?.data instanceof PyDict ? first.data.items : []),
      ...given.named,
    ])
      data.items.set(key, value);
    return none;
  }
  if (name === "copy")
    return scope.reader.made(scope.module, node, new PyDict(new Map(data.items)), "copy");
  if (!first) return undefined;
  const found = data.items.get(keyOf(first));
  if (name === "get") return found ?? second ?? none;
  if (name === "setdefault") {
    if (!found) data.items.set(keyOf(first), second ?? none);
    return found ?? second ?? none;
  }
  if (name !== "pop") return undefined;
  data.items.delete(keyOf(first));
  return found ?? second ?? none;
}

function ofList({ items }: PyList, name: string, given: Given): Data | undefined {
  const [first, second] = given.positional;
  if (!first || items.length > 10_000) return undefined;
  if (name === "append") items.push(first);
  else if (name === "extend" && first.data instanceof PyList) items.push(...first.data.items);
  else if (name === "insert" && typeof first.data === "number" && second)
    items.splice(first.data, 0, second);
  else if (name === "remove") {
    const at = items.findIndex(({ data }) => data === first.data);
    if (at >= 0) items.splice(at, 1);
  } else return undefined;
  return null;
}
