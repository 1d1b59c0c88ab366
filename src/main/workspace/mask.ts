/**
 * The one place that keeps secrets out of texts. Every secret that comes into the host is told here, and every
 * problem, test step and event on its way out passes by; a secret in it reads •••.
 *
 * One for the process: whatever host a secret was typed into, no text that leaves may hold it.
 */
import type { Secrets } from "../../shared/connection.ts";
import type { Problem } from "../../shared/problem.ts";

const most = 2000;
const secrets = new Set<string>();

/** Names of a detail that the page acts on; what stands there is the app's own. */
const structural = new Set([
  "step",
  "code",
  "setting",
  "option",
  "hostKey",
  "line",
  "column",
  "offset",
]);

export function concealText(text: string | undefined): void {
  if (!text) return;
  secrets.delete(text);
  secrets.add(text);
  for (const oldest of secrets) if (secrets.size > most) secrets.delete(oldest);
}

export function conceal(given: Secrets | undefined): void {
  if (!given) return;
  const texts = [
    given.secretKey,
    ...(given.fallbacks ?? []),
    ...Object.values(given.options ?? {}),
  ];
  for (const text of [...texts, given.tunnel?.password, given.tunnel?.passphrase])
    concealText(text);
}

/** A text without secrets, nor their forms in a URL or in JSON. A short one is taken out where it stands alone. */
export function masked(text: string): string {
  let clean = text;
  for (const secret of secrets)
    for (const form of new Set([
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]))
      if (clean.includes(form))
        clean =
          form.length >= 4
            ? clean.replaceAll(form, "•••")
            : clean.replace(
                new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(form)}(?![\\p{L}\\p{N}])`, "gu"),
                "•••",
              );
  // A password that was never told: one in a URL.
  return clean.replace(/([a-z][\w+.-]*:\/\/[^:@/\s"']*):[^@/\s"']+@/gi, "$1:•••@");
}

export const maskedProblem = (problem: Problem): Problem => ({
  ...problem,
  message: masked(problem.message),
  ...(problem.hint !== undefined && { hint: masked(problem.hint) }),
  ...(problem.detail && { detail: maskedValue(problem.detail) as Record<string, unknown> }),
});

/** Every text within a plain value. */
export function maskedValue(value: unknown): unknown {
  if (typeof value === "string") return masked(value);
  if (Array.isArray(value)) return value.map(maskedValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, structural.has(key) ? one : maskedValue(one)]),
  );
}
