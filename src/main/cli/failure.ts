/** From what was thrown to a line on standard error and an exit status. Never a stack trace for what is expected. */
import { ORPCError } from "@orpc/server";
import { type Problem, problemSchema } from "../../shared/problem.ts";
import { ProblemError } from "../problem.ts";
import { note, OutputClosed } from "./output.ts";
import { safeLine } from "./text.ts";
import { UsageError } from "./verb.ts";

const DONE = 0;
export const PROBLEM = 1;
export const WRONG_USAGE = 2;

/** The problem in what was thrown, through the router or not; null where it is none. */
export function problemIn(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof ORPCError)) return null;
  const parsed = problemSchema.safeParse(error.data);
  if (error.code === "PROBLEM" && parsed.success) return parsed.data;
  if (error.code === "BAD_REQUEST")
    return { code: "bad_request", message: "The request does not fit what the service takes." };
  return null;
}

/** What to do where the hint speaks of the page. */
const here: Readonly<Partial<Record<Problem["code"], string>>> = {
  no_secret_key:
    "Set DJANGO_SECRET_KEY, or name the variable that holds the key with --secret-key-env NAME.",
  confirm_name: "Give it with --confirm NAME.",
};

/** Tells the problem on standard error. */
export function tell(problem: Problem, prefix = "sessionscope: "): void {
  const { code, message, detail } = problem;
  const hint = here[code] ?? problem.hint;
  note(`${prefix}${safeLine(message)}`);
  if (typeof detail?.["message"] === "string") note(`  ${safeLine(detail["message"])}`);
  if (hint) note(`  ${safeLine(hint)}`);
}

/** The exit status for what was thrown, having told it. */
export function report(error: unknown, usage: string): number {
  if (error instanceof OutputClosed) return DONE;
  if (error instanceof UsageError) {
    note(`sessionscope: ${safeLine(error.message)}`);
    note(`Usage: sessionscope ${usage}`);
    return WRONG_USAGE;
  }
  const problem = problemIn(error);
  if (problem) {
    tell(problem);
    return PROBLEM;
  }
  // A bug. Its message might quote a session, so only where it happened is told.
  const trace =
    error instanceof Error
      ? (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line))
      : "";
  note(`sessionscope: internal error${trace ? `,${trace.replace(/\s+/g, " ")}` : ""}`);
  return PROBLEM;
}
