/** Options for values signed by a store class of another name. */
import { type Given, UsageError } from "./verb.ts";

export const saltOptions = {
  "store-class=NAME": "qualified name of a subclassed SessionStore (default: SessionStore)",
  "salt=TEXT": "the whole salt instead",
};

export function saltOf(given: Given): string {
  const salt = given.text("salt");
  const name = given.text("store-class");
  if (salt !== undefined && name !== undefined)
    throw new UsageError("--salt and --store-class exclude each other.");
  return salt ?? `django.contrib.sessions.${name ?? "SessionStore"}`;
}
