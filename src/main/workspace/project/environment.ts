/** os.environ and os.getenv: a variable of the site, as far as it is set anywhere the app may look. */
import type { SyntaxNode } from "@lezer/common";
import { argument, type Given } from "./call.ts";
import { derived, spoilt } from "./expression.ts";
import { Raised, type Scope } from "./reader.ts";
import { Native, type Value } from "./value.ts";

/** A variable's text; null where it is set nowhere. */
export function variable(scope: Scope, name: string): Value | null {
  const found = scope.reader.variables.get(name);
  if (!found) return null;
  const made = scope.reader.made(scope.module, null, found.text, found.origin.how);
  return { ...made, origin: found.origin };
}

/** A default in place of a variable: what the site really has may differ, so it is marked as assumed. */
export function fallback(scope: Scope, node: SyntaxNode, name: string, value: Value): Value {
  const assumed = `${name} is set nowhere, so its default counts.`;
  return { ...derived(scope, node, value.data, `default of ${name}`, value), assumed };
}

/** os.environ["X"]: raises KeyError where the text catches it, else unknown, to be asked for. */
export function environmentItem(scope: Scope, node: SyntaxNode, index: Value): Value {
  const name = index.data;
  if (typeof name !== "string") return spoilt(scope, node, index);
  return variable(scope, name) ?? missing(scope, node, name);
}

export function missing(scope: Scope, node: SyntaxNode, name: string): Value {
  const why = `The environment variable ${name} is set nowhere.`;
  if (scope.reader.catches("KeyError")) throw new Raised("KeyError", why, name);
  return scope.reader.unknown(scope.module, node, why, name);
}

/** os.environ.get("X", default) and os.getenv */
export function environmentGet(scope: Scope, node: SyntaxNode, given: Given): Value {
  const key = argument(given, "key", 0);
  const name = key?.data;
  if (!key || typeof name !== "string") return spoilt(scope, node, ...(key ? [key] : []));
  const instead =
    argument(given, "default", 1) ?? scope.reader.made(scope.module, node, null, "literal");
  return variable(scope, name) ?? fallback(scope, node, name, instead);
}

export const isEnvironment = ({ data }: Value): boolean =>
  data instanceof Native && data.name === "os.environ";

/** "X" in os.environ: that it is not there is assumed, since only the site's own environment knows. */
export function environmentHolds(
  scope: Scope,
  node: SyntaxNode,
  key: Value,
  negated: boolean,
): Value {
  const name = key.data;
  if (typeof name !== "string") return spoilt(scope, node, key);
  const found = variable(scope, name);
  const made = derived(scope, node, (found !== null) !== negated, `${name} in os.environ`, key);
  return found ? made : { ...made, assumed: `${name} is set nowhere.` };
}

/** os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings"), which stays where a variable is set. */
export function environmentSetDefault(scope: Scope, node: SyntaxNode, given: Given): Value {
  const [key, instead] = given.positional;
  if (typeof key?.data !== "string" || !instead) return spoilt(scope, node);
  return variable(scope, key.data) ?? instead;
}
