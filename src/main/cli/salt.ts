/** The salt that --store-class and --salt ask for. */
import { type Given, UsageError } from "./verb.ts";

export function saltOf(given: Given): string {
  const salt = given.text("salt");
  const name = given.text("store-class");
  if (salt !== undefined && name !== undefined)
    throw new UsageError("--salt and --store-class exclude each other.");
  return salt ?? `django.contrib.sessions.${name ?? "SessionStore"}`;
}
