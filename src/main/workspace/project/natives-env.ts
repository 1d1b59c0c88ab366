/** python-dotenv, django-environ's Env, python-decouple and dj_database_url: the functions settings call. */
import { join } from "node:path";
import type { SyntaxNode } from "@lezer/common";
import { apply, argument, type Given } from "./call.ts";
import { cacheOfUrl, databaseOfUrl } from "./database-url.ts";
import { fallback, missing, variable } from "./environment.ts";
import { derived, spoilt } from "./expression.ts";
import { include } from "./import.ts";
import { folderOf, type Scope } from "./reader.ts";
import { EnvReader, Native, PyDict, PyList, PyPath, textOf, type Value } from "./value.ts";

type Known = (scope: Scope, node: SyntaxNode, given: Given) => Value;

/** load_dotenv(), Env.read_env(): the file named, else `.env` beside the settings (environ) or upwards (dotenv). */
export const loadEnvFile: Known = (scope, node, given) => {
  const { reader, module } = scope;
  const named = argument(given, "dotenv_path", 0) ?? given.named.get("env_file");
  const override = [...given.named].some(
    ([name, { data }]) => /^over(ride|write)$/.test(name) && data === true,
  );
  const path = named && named.data !== null ? textOf(named) : null;
  if (named && named.data !== null && path === null) return spoilt(scope, node, named);
  const found =
    path === null
      ? reader.variables.loadUpwards(folderOf(module), [".env"])
      : reader.variables.load(path, override);
  return reader.made(module, node, found, "file");
};

const truths = new Set(["y", "yes", "t", "true", "on", "1"]);
const falses = new Set(["n", "no", "f", "false", "off", "0", ""]);

/** decouple.config: variables first, then .env or settings.ini upwards from the settings; the default is cast too. */
const config: Known = (scope, node, given) => {
  const key = argument(given, "option", 0);
  if (typeof key?.data !== "string") return spoilt(scope, node, ...(key ? [key] : []));
  scope.reader.variables.loadUpwards(folderOf(scope.module), ["settings.ini", ".env"]);
  const instead = argument(given, "default", 1);
  const value = variable(scope, key.data) ?? (instead && fallback(scope, node, key.data, instead));
  if (!value) return missing(scope, node, key.data);
  const cast = argument(given, "cast", 2);
  return cast ? decoupleCast(scope, node, value, cast) : value;
};

function decoupleCast(scope: Scope, node: SyntaxNode, value: Value, cast: Value): Value {
  const name = cast.data instanceof Native ? cast.data.name : "";
  if (name === "bool") {
    if (typeof value.data === "boolean") return value;
    const text = String(textOf(value)).toLowerCase();
    if (truths.has(text)) return { ...value, data: true };
    return falses.has(text) ? { ...value, data: false } : spoilt(scope, node, value);
  }
  if (name === "decouple.Csv()") {
    if (typeof value.data !== "string") return value;
    const parts = value.data
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    return { ...value, data: new PyList(parts.map((data) => ({ ...value, data }))) };
  }
  const made = apply(scope, node, cast, { positional: [value], named: new Map() });
  return made.data instanceof PyDict || made.assumed === value.assumed
    ? { ...made, origin: value.origin }
    : made;
}

const env: Known = (scope, node, given) =>
  scope.reader.made(scope.module, node, new EnvReader(given.named), "environ.Env");

/** dj_database_url.config(): DATABASE_URL, else the default, else nothing at all. */
const databaseConfig: Known = (scope, node, given) => {
  const key = argument(given, "env", 0);
  const name = key ? key.data : "DATABASE_URL";
  if (typeof name !== "string") return spoilt(scope, node, ...(key ? [key] : []));
  const instead = argument(given, "default", 1);
  const url = variable(scope, name) ?? (instead && fallback(scope, node, name, instead));
  if (!url || url.data === null || url.data === "") {
    const made = derived(scope, node, new PyDict(), `${name} is not set`);
    return { ...made, assumed: `${name} is set nowhere.` };
  }
  return withOptions(databaseOfUrl(url) ?? spoilt(scope, node, url), given);
};

/** django_cache_url.config(): CACHE_URL, else the default, else locmem://. */
const cacheConfig: Known = (scope, node, given) => {
  const key = argument(given, "env", 0);
  const name = key ? key.data : "CACHE_URL";
  if (typeof name !== "string") return spoilt(scope, node, ...(key ? [key] : []));
  const usual = derived(scope, node, "locmem://", "literal");
  const instead = fallback(scope, node, name, argument(given, "default", 1) ?? usual);
  const url = variable(scope, name) ?? instead;
  return cacheOfUrl(scope, url) ?? spoilt(scope, node, url);
};

const databaseParse: Known = (scope, node, given) => {
  const url = argument(given, "url", 0);
  if (!url) return spoilt(scope, node);
  return withOptions(databaseOfUrl(url) ?? spoilt(scope, node, url), given);
};

function withOptions(value: Value, given: Given): Value {
  const engine = given.named.get("engine");
  if (value.data instanceof PyDict && engine) value.data.items.set("ENGINE", engine);
  const ssl = given.named.get("ssl_require");
  if (value.data instanceof PyDict && ssl?.data === true) {
    const options = value.data.items.get("OPTIONS");
    const items = new Map(options?.data instanceof PyDict ? options.data.items : []);
    items.set("sslmode", { ...ssl, data: "require" });
    value.data.items.set("OPTIONS", { ...ssl, data: new PyDict(items) });
  }
  return value;
}

export const environmentFunctions: Record<string, Known> = {
  "dotenv.load_dotenv": loadEnvFile,
  "dotenv.find_dotenv": (scope, node) =>
    derived(scope, node, new PyPath(join(folderOf(scope.module), ".env")), "path"),
  "environ.Env": env,
  "environ.FileAwareEnv": env,
  "environ.Env.read_env": loadEnvFile,
  "environ.FileAwareEnv.read_env": loadEnvFile,
  "decouple.config": config,
  "decouple.AutoConfig": (scope, node, given) => {
    const path = argument(given, "search_path", 0);
    const text = path ? textOf(path) : null;
    if (text !== null) scope.reader.variables.loadUpwards(text, ["settings.ini", ".env"]);
    return scope.reader.made(scope.module, node, new Native("decouple.config"), "decouple");
  },
  "decouple.RepositoryEnv": (_scope, _node, given) => given.positional[0] ?? spoilt(_scope, _node),
  "decouple.Config": (scope, node, given) => {
    const path = given.positional[0] ? textOf(given.positional[0]) : null;
    if (path !== null) scope.reader.variables.load(path);
    return scope.reader.made(scope.module, node, new Native("decouple.config"), "decouple");
  },
  "decouple.Csv": (scope, node) =>
    scope.reader.made(scope.module, node, new Native("decouple.Csv()"), "decouple"),
  "split_settings.tools.include": include,
  "split_settings.tools.optional": (scope, node, given) => {
    const [file] = given.positional;
    return file ? { ...file, origin: { ...file.origin, how: "optional" } } : spoilt(scope, node);
  },
  "dj_database_url.config": databaseConfig,
  "dj_database_url.parse": databaseParse,
  "django_cache_url.config": cacheConfig,
  "django_cache_url.parse": (scope, node, given) => {
    const url = argument(given, "url", 0);
    return (url && cacheOfUrl(scope, url)) ?? spoilt(scope, node, ...(url ? [url] : []));
  },
};
