/** The contract, ready to be implemented: problems become the typed error PROBLEM, bugs say nothing to the page. */
import { implement, ORPCError, ValidationError } from "@orpc/server";
import { contract } from "../../shared/contract.ts";
import { ProblemError } from "../problem.ts";
import { masked, maskedProblem } from "../workspace/mask.ts";

/** Failures as the contract has them. A bug is logged without its message, which might quote a session. */
export function asTypedError(error: unknown, path: readonly string[]): Error {
  if (error instanceof ORPCError) {
    // Input that does not fit is the page's mistake, output that does not is one of ours.
    if (error.code !== "BAD_REQUEST" && error.code !== "PROBLEM")
      console.error(
        `sessionscope: bug in ${path.join(".")}: ${error.code}${fieldsOf(error.cause)}`,
      );
    return error;
  }
  if (error instanceof ProblemError)
    return new ORPCError("PROBLEM", {
      status: 422,
      message: masked(error.problem.message),
      data: maskedProblem(error.problem),
    });
  console.error(`sessionscope: bug in ${path.join(".")}: ${framesOf(error)}`);
  return new ORPCError("INTERNAL_SERVER_ERROR", { message: "Internal error." });
}

/** Where the schema was not met; what stood there is nobody's business. */
function fieldsOf(cause: unknown): string {
  if (!(cause instanceof ValidationError)) return "";
  return ` at ${cause.issues.map(({ path = [] }) => path.map(String).join(".")).join(", ")}`;
}

function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames].join("\n");
}

async function* typedErrors(
  events: AsyncIterable<unknown>,
  path: readonly string[],
): AsyncGenerator<unknown, void> {
  try {
    yield* events;
  } catch (error) {
    throw asTypedError(error, path);
  }
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

export const os = implement(contract).use(async ({ next, path }, _input, output) => {
  try {
    const result = await next();
    return isIterable(result.output) ? output(typedErrors(result.output, path)) : result;
  } catch (error) {
    throw asTypedError(error, path);
  }
});
