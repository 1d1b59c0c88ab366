/**
 * django-environ: `env("X", default=…)`, `env.bool`, `env.db` and so on, as its class Env casts them.
 * A cast that is not named follows the scheme of `Env(X=(bool, False))`, else the default's own type.
 */
import type { SyntaxNode } from "@lezer/common";
import { argument, type Given } from "./call.ts";
import { cacheOfUrl, databaseOfUrl } from "./database-url.ts";
import { fallback, missing, variable } from "./environment.ts";
import { derived, spoilt } from "./expression.ts";
import type { Scope } from "./reader.ts";
import {
  type Data,
  type EnvReader,
  Native,
  PyDict,
  PyFloat,
  PyList,
  PyPath,
  Unknown,
  type Value,
} from "./value.ts";

const yes = new Set(["true", "on", "ok", "y", "yes", "1"]);

const urls: Record<string, string> = {
  db: "DATABASE_URL",
  db_url: "DATABASE_URL",
  cache: "CACHE_URL",
  cache_url: "CACHE_URL",
};

/** `method` is "" for env(…) itself. */
export function readVariable(
  scope: Scope,
  node: SyntaxNode,
  reader: EnvReader,
  method: string,
  given: Given,
): Value {
  const usual = Object.hasOwn(urls, method) ? urls[method] : undefined;
  const key = argument(given, "var", 0);
  const name = key ? key.data : usual;
  if (typeof name !== "string") return spoilt(scope, node, ...(key ? [key] : []));
  const full = reader.prefix + name;
  const castNamed = method === "" || method === "list" || method === "tuple";
  const castGiven = argument(given, "cast", castNamed ? 1 : 99);
  const scheme = reader.scheme.get(full);
  const pair =
    scheme?.data instanceof PyList && scheme.data.kind === "tuple" ? scheme.data.items : [];
  const instead = argument(given, "default", castNamed ? 2 : 1) ?? pair[1];
  const cast = method || castName(castGiven) || castName(pair[0] ?? scheme) || typeName(instead);
  if (cast === null) return spoilt(scope, node, ...(castGiven ? [castGiven] : []));
  const found = variable(scope, full);
  if (!found) {
    if (!instead) return missing(scope, node, full);
    const value = fallback(scope, node, full, instead);
    return usual && typeof value.data === "string" ? castTo(scope, node, value, cast) : value;
  }
  // "$OTHER" means the value of another variable.
  const other =
    typeof found.data === "string" && /^\$\w+$/.test(found.data) ? found.data.slice(1) : null;
  const real = other === null ? found : (variable(scope, other) ?? found);
  if (instead?.data === null && real.data === "") return { ...real, data: null };
  return castTo(scope, node, real, cast);
}

function castName(value: Value | undefined): string {
  return value?.data instanceof Native
    ? value.data.name
    : value?.data instanceof PyList
      ? "list"
      : "";
}

/** The default's type; "str" where there is none. */
function typeName(value: Value | undefined): string | null {
  const data = value?.data;
  if (typeof data === "boolean") return "bool";
  if (typeof data === "number") return "int";
  if (data instanceof PyFloat) return "float";
  if (data instanceof PyList) return data.kind === "tuple" ? "tuple" : "list";
  return data instanceof PyDict ? "dict" : "str";
}

function castTo(scope: Scope, node: SyntaxNode, value: Value, cast: string): Value {
  const text = value.data;
  if (typeof text !== "string") return value;
  const done = (data: Data): Value => ({ ...value, data });
  const texts = () =>
    text
      .split(",")
      .filter((part) => part !== "")
      .map(done);
  switch (cast) {
    case "str":
    case "unicode":
      return value;
    case "bool":
      return /^[+-]?\d+$/.test(text.trim())
        ? done(Number(text) !== 0)
        : done(yes.has(text.toLowerCase().trim()));
    case "int":
      return /^\s*[+-]?\d+\s*$/.test(text) ? done(Number(text)) : spoilt(scope, node);
    case "float":
      return Number.isNaN(Number(text)) || text === ""
        ? spoilt(scope, node)
        : done(new PyFloat(Number(text)));
    case "list":
      return done(new PyList(texts()));
    case "tuple":
      return done(new PyList(texts(), "tuple"));
    case "path":
      return done(new PyPath(text));
    case "db":
    case "db_url":
      return databaseOfUrl(value) ?? spoilt(scope, node);
    case "cache":
    case "cache_url":
      return cacheOfUrl(scope, value) ?? spoilt(scope, node);
    case "json":
      return derived(scope, node, jsonOf(text, value), value.origin.how, value);
    default:
      return scope.reader.unknown(scope.module, node, `A cast to ${cast} is not evaluated.`);
  }
}

const mostNested = 100;

export function jsonOf(text: string, from: Value): Data {
  const of = (value: unknown, depth = 0): Data => {
    if (depth > mostNested) return new Unknown("The JSON is nested too deeply.");
    if (typeof value === "number" && !Number.isInteger(value)) return new PyFloat(value);
    if (Array.isArray(value))
      return new PyList(value.map((one) => ({ ...from, data: of(one, depth + 1) })));
    if (typeof value === "object" && value !== null)
      return new PyDict(
        new Map(
          Object.entries(value).map(([key, one]) => [key, { ...from, data: of(one, depth + 1) }]),
        ),
      );
    return typeof value === "string" || typeof value === "boolean" || typeof value === "number"
      ? value
      : null;
  };
  try {
    return of(JSON.parse(text));
  } catch {
    return text;
  }
}
