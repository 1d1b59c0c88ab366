/** Which problems end a change of many sessions, and which concern one session alone. */
import { ProblemError } from "../problem.ts";

const fatal = new Set<string>([
  "locked",
  "read_only",
  "store_gone",
  "store_failed",
  "disk_full",
  "bin_full",
]);

/** The reason to leave this one session alone; anything else is thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof ProblemError && !fatal.has(error.problem.code)) return error.problem.message;
  throw error;
}
