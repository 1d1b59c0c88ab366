/** The exception that carries a problem up to a face; only faces turn it into words. */
import type { Problem, ProblemCode } from "../shared/problem.ts";

export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** Throws-as-expression helper: `throw problem("not_found", "...", "...")`. */
export const problem = (
  code: ProblemCode,
  message: string,
  hint?: string,
  detail?: Record<string, unknown>,
): ProblemError =>
  new ProblemError({ code, message, ...(hint ? { hint } : {}), ...(detail ? { detail } : {}) });
