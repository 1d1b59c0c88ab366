/** Signing keys of a connection: typed (memory only) or from the environment. Never stored, never logged. */
import type { Connection, Secrets } from "../../shared/connection.ts";
import type { Keys } from "../jobs/context.ts";
import { problem } from "../problem.ts";

/**
 * What was typed, else what `secretKeyEnv` names; fallbacks come from the variable with `_FALLBACKS`
 * appended, a JSON array of texts. `missing` names a variable that should be there and is not.
 */
export function keysOf(
  connection: Connection,
  secrets: Secrets | undefined,
  env: NodeJS.ProcessEnv,
): { keys: Keys; missing: string | null } {
  const salt = `django.contrib.sessions.${connection.storeClass}`;
  const typed = secrets?.secretKey || secrets?.fallbacks?.length;
  if (typed || !connection.secretKeyEnv)
    return { keys: assembled(secrets?.secretKey, secrets?.fallbacks ?? [], salt), missing: null };
  const name = connection.secretKeyEnv;
  const fallbacks = env[`${name}_FALLBACKS`];
  return {
    keys: assembled(env[name], fallbacks ? listOf(fallbacks, `${name}_FALLBACKS`) : [], salt),
    missing: env[name] ? null : name,
  };
}

const assembled = (secretKey: string | undefined, fallbacks: string[], salt: string): Keys => ({
  ...(secretKey ? { secretKey } : {}),
  fallbacks: fallbacks.filter((one) => one !== ""),
  salt,
});

/** bad_request names the variable, never what it holds. */
export function listOf(text: string, name: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw problem("bad_request", `${name} has to be a JSON array of texts.`);
  return value;
}
