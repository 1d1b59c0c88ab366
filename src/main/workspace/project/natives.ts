/** What is known of Python's own modules and of the packages settings are made with, by dotted name. */
import type { SyntaxNode } from "@lezer/common";
import { argument, type Given } from "./call.ts";
import { parserOf } from "./config-parser.ts";
import { jsonOf } from "./environ.ts";
import { environmentGet, environmentSetDefault } from "./environment.ts";
import { derived, spoilt } from "./expression.ts";
import { environmentFunctions } from "./natives-env.ts";
import { pathFunctions } from "./natives-path.ts";
import type { Scope } from "./reader.ts";
import {
  type Data,
  PyBytes,
  PyDelta,
  PyDict,
  PyFloat,
  PyList,
  PyPath,
  TextFile,
  textOf,
  truth,
  type Value,
} from "./value.ts";

type Known = (scope: Scope, node: SyntaxNode, given: Given) => Value;

const one =
  (work: (value: Value, given: Given) => Data | undefined): Known =>
  (scope, node, given) => {
    const [value] = given.positional;
    if (!value) return spoilt(scope, node);
    const data = work(value, given);
    if (data === undefined) return spoilt(scope, node, value);
    return { ...derived(scope, node, data, value.origin.how, value), origin: value.origin };
  };

const list =
  (kind: "list" | "tuple" | "set"): Known =>
  (scope, node, given) =>
    given.positional.length === 0
      ? scope.reader.made(scope.module, node, new PyList([], kind), "literal")
      : one(({ data }) => (data instanceof PyList ? new PyList([...data.items], kind) : undefined))(
          scope,
          node,
          given,
        );

const perUnit: Record<string, number> = {
  days: 86_400,
  seconds: 1,
  minutes: 60,
  hours: 3600,
  weeks: 604_800,
  milliseconds: 0.001,
};

const timedelta: Known = (scope, node, given) => {
  let seconds = 0;
  const parts = [
    ...given.named,
    ...given.positional.map((value, place) => [["days", "seconds"][place] ?? "", value] as const),
  ];
  for (const [unit, value] of parts) {
    const size = Object.hasOwn(perUnit, unit) ? perUnit[unit] : undefined;
    const count = value.data instanceof PyFloat ? value.data.value : value.data;
    if (size === undefined || typeof count !== "number") return spoilt(scope, node, value);
    seconds += size * count;
  }
  return derived(
    scope,
    node,
    new PyDelta(seconds),
    "timedelta",
    ...parts.map(([, value]) => value),
  );
};

const integer = ({ data }: Value): Data | undefined => {
  if (typeof data === "number") return data;
  if (typeof data === "boolean") return Number(data);
  if (data instanceof PyFloat) return Math.trunc(data.value);
  return typeof data === "string" && /^\s*[+-]?[\d_]+\s*$/.test(data)
    ? Number(data.replaceAll("_", ""))
    : undefined;
};

const functions: Record<string, Known> = {
  ...pathFunctions,
  ...environmentFunctions,
  "os.environ.get": environmentGet,
  "os.getenv": environmentGet,
  "os.environ.setdefault": environmentSetDefault,
  "datetime.timedelta": timedelta,
  "django.utils.timezone.timedelta": timedelta,
  str: one((value) => (value.data instanceof PyBytes ? undefined : (textOf(value) ?? undefined))),
  int: one(integer),
  float: one(({ data }) => {
    const value =
      data instanceof PyFloat
        ? data.value
        : typeof data === "string" && data.trim() !== ""
          ? Number(data)
          : data;
    return typeof value === "number" && !Number.isNaN(value) ? new PyFloat(value) : undefined;
  }),
  bool: one((value) => truth(value)),
  len: one(({ data }) =>
    typeof data === "string"
      ? data.length
      : data instanceof PyList
        ? data.items.length
        : data instanceof PyDict
          ? data.items.size
          : undefined,
  ),
  list: list("list"),
  tuple: list("tuple"),
  set: list("set"),
  dict: (scope, node, given) => {
    const from = argument(given, "", 0)?.data;
    if (given.positional.length > 0 && !(from instanceof PyDict))
      return spoilt(scope, node, ...given.positional);
    const items = new Map([...(from instanceof PyDict ? from.items : []), ...given.named]);
    return scope.reader.made(scope.module, node, new PyDict(items), "literal");
  },
  "json.loads": one((value) =>
    typeof value.data === "string" ? jsonOf(value.data, value) : undefined,
  ),
  "json.load": one(({ data }) =>
    data instanceof TextFile && typeof data.text.data === "string"
      ? jsonOf(data.text.data, data.text)
      : undefined,
  ),
  "configparser.ConfigParser": parserOf(true),
  "configparser.SafeConfigParser": parserOf(true),
  "configparser.RawConfigParser": parserOf(false),
  // Wrappers that leave a text as it is.
  "django.utils.translation.gettext_lazy": one(({ data }) => data),
  "django.utils.translation.gettext": one(({ data }) => data),
  "copy.deepcopy": one(({ data }) => (data instanceof PyDict ? copied(data) : data)),
  "copy.copy": one(({ data }) => (data instanceof PyDict ? new PyDict(new Map(data.items)) : data)),
};

const copied = ({ items }: PyDict): PyDict =>
  new PyDict(
    new Map(
      [...items].map(([key, value]) => [
        key,
        value.data instanceof PyDict ? { ...value, data: copied(value.data) } : value,
      ]),
    ),
  );

const texts = (scope: Scope, node: SyntaxNode, ...parts: string[]): Value => {
  const made = (data: Data) => scope.reader.made(scope.module, node, data, "Python");
  return {
    ...made(new PyList(parts.map(made))),
    assumed: `${parts.join(" ")} is assumed to be the command line.`,
  };
};

/** Attributes that are values. */
const constants: Record<string, (scope: Scope, node: SyntaxNode) => Value> = {
  "sys.argv": (scope, node) => texts(scope, node, "manage.py", "runserver"),
  "sys.platform": (scope, node) =>
    scope.reader.made(scope.module, node, process.platform, "this computer"),
  "os.name": (scope, node) =>
    scope.reader.made(
      scope.module,
      node,
      process.platform === "win32" ? "nt" : "posix",
      "this computer",
    ),
  "os.sep": (scope, node) => scope.reader.made(scope.module, node, "/", "Python"),
  "os.path.sep": (scope, node) => scope.reader.made(scope.module, node, "/", "Python"),
  "os.curdir": (scope, node) => scope.reader.made(scope.module, node, ".", "Python"),
  "pathlib.Path.cwd": (scope, node) =>
    scope.reader.made(scope.module, node, new PyPath(scope.reader.sources.root), "folder"),
};

export const natives = { functions, constants };
