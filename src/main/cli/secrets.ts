/** Signing keys from the environment, the only place the command line takes them from. */
import type { Secrets } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import { listOf } from "../workspace/keys.ts";

const KEY = "DJANGO_SECRET_KEY";

/**
 * The key from `name`, fallbacks from `name` + "_FALLBACKS". undefined where there are none, so that a saved
 * connection's own are used. bad_request for a named variable that is not set and for a malformed array; the message
 * names the variable and never what it holds.
 */
export function secretsFrom(
  env: NodeJS.ProcessEnv,
  named: string | undefined,
): Secrets | undefined {
  const name = named ?? KEY;
  const secretKey = env[name];
  if (named !== undefined && !secretKey)
    throw problem("bad_request", `The environment variable ${named} is not set.`);
  const listed = [`${name}_FALLBACKS`, `${KEY}_FALLBACKS`].find((one) => env[one]);
  const fallbacks = listed ? listOf(env[listed] ?? "", listed) : [];
  if (!secretKey && fallbacks.length === 0) return undefined;
  return { ...(secretKey ? { secretKey } : {}), fallbacks };
}
