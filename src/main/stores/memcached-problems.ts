/** What memcached and the way to it can answer instead of what was asked for, as problems. */
import { ProblemError, problem } from "../problem.ts";

export const steps = ["name lookup", "TCP", "authentication"] as const;
type Step = (typeof steps)[number];

export interface Where {
  /** As shown: "127.0.0.1:11211". */
  readonly name: string;
  /** False until the connection stood once. */
  readonly opened: boolean;
}

const lost = ({ opened }: Where, step: Step, message: string, hint?: string): ProblemError =>
  problem(opened ? "store_gone" : "cannot_open", message, hint, { step });

/** For an error of a socket; what is a problem already, or a bug, comes back as it is. */
export function wayProblem(error: unknown, where: Where): unknown {
  if (error instanceof ProblemError || !(error instanceof Error)) return error;
  const cause = error instanceof AggregateError ? (error.errors.at(-1) ?? error) : error;
  const code = "code" in cause ? String(cause.code) : "";
  const { name, opened } = where;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return lost(where, "name lookup", `No address is known for ${name}.`, "Compare its spelling.");
  if (!/^E[A-Z]+$/.test(code)) return error;
  if (opened)
    return lost(where, "TCP", `The connection to memcached at ${name} is lost (${code}).`);
  return lost(
    where,
    "TCP",
    `Nothing answers at ${name} (${code}).`,
    "Compare the address with LOCATION in CACHES.",
  );
}

export const ended = (where: Where): ProblemError =>
  lost(where, "TCP", `Memcached at ${where.name} closed the connection.`);

export const silent = (where: Where, seconds: number): ProblemError =>
  lost(where, "TCP", `Memcached at ${where.name} did not answer within ${seconds} s.`);

/** For a line the server answered instead of a result. */
export function replyProblem(line: string, { name }: Where): ProblemError {
  const detail = { message: line.slice(0, 300) };
  if (/unauthenticated|authentication failure/i.test(line))
    return problem(
      "cannot_open",
      `Memcached at ${name} refuses the user or the password.`,
      "A server started with -Y asks for both.",
      { ...detail, step: "authentication" },
    );
  if (/object too large/i.test(line))
    return problem(
      "too_large",
      `Memcached at ${name} takes no value of this size.`,
      "Its limit is 1 MB, or what -I says.",
      detail,
    );
  if (/out of memory/i.test(line))
    return problem(
      "store_failed",
      `Memcached at ${name} has no memory left for this value.`,
      undefined,
      detail,
    );
  return problem(
    "store_failed",
    `Memcached at ${name} answered with an error: ${detail.message}`,
    undefined,
    detail,
  );
}

export const unsupported = (name: string): ProblemError =>
  problem(
    "unsupported",
    `Memcached at ${name} knows no meta commands.`,
    "They are there since version 1.6 of 2020; without them no expiry can be read.",
  );
