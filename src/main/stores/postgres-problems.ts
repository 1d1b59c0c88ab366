/** PostgreSQL's errors as problems, by their SQLSTATE. */
import type { DatabaseError } from "pg";
import { ProblemError, problem } from "../problem.ts";
import {
  ended,
  lostAgain,
  networkProblem,
  placeOfServer,
  type Step,
  type Target,
  tlsProblem,
} from "./sql-problems.ts";

/** `reached`: how far the connection had come. Anything that is no expected failure comes back as it is. */
export function postgresProblem(error: unknown, target: Target, reached: Step | "open"): unknown {
  if (error instanceof ProblemError) return reached === "open" ? lostAgain(error) : error;
  const found = isOfServer(error)
    ? ofServer(error, target, reached)
    : (tlsProblem(error, target) ??
      ofClient(error, target) ??
      networkProblem(error, target, reached));
  if (!found) return error;
  return reached === "open" ? lostAgain(found) : found;
}

const isOfServer = (error: unknown): error is DatabaseError =>
  error instanceof Error && "severity" in error && "routine" in error;

/** Errors of the client itself, which have no code. */
function ofClient(error: unknown, target: Target): ProblemError | null {
  const message = error instanceof Error ? error.message : "";
  const place = placeOfServer(target);
  if (message === "The server does not support SSL connections")
    return problem(
      "cannot_open",
      `The server at ${place} has no TLS.`,
      "TLS modes disable and prefer go without.",
      {
        step: "TLS" satisfies Step,
      },
    );
  if (message.startsWith("There was an error establishing an SSL connection"))
    return problem("cannot_open", `What answers at ${place} is no PostgreSQL server.`, undefined, {
      step: "TLS" satisfies Step,
    });
  if (/password must be a (non-empty )?string|client password/.test(message))
    return problem("cannot_open", `The server at ${place} asks for a password.`, undefined, {
      step: "authentication" satisfies Step,
    });
  return null;
}

function ofServer(error: DatabaseError, target: Target, reached: Step | "open"): ProblemError {
  const code = error.code ?? "";
  // Detail and hint of the server may hold a row's data; they stay out.
  const { message } = error;
  const detail = { code, message };
  const is = (...codes: string[]) => codes.some((one) => code.startsWith(one));
  if (is("28P01"))
    return problem("cannot_open", "The user or the password is wrong.", undefined, {
      ...detail,
      step: "authentication" satisfies Step,
    });
  if (is("28")) return refused(message, detail);
  if (is("3D000"))
    return problem("cannot_open", `The server has no such database: ${message}.`, undefined, {
      ...detail,
      step: "database" satisfies Step,
    });
  if (is("53300"))
    return problem(
      "cannot_open",
      "The server has no connection left.",
      "Close some, or raise max_connections.",
      {
        ...detail,
        step: "authentication" satisfies Step,
      },
    );
  if (is("57P03"))
    return problem("cannot_open", `The server takes no connections: ${message}.`, "Try again.", {
      ...detail,
      step: "authentication" satisfies Step,
    });
  if (is("57P01", "57P02", "57P05", "08", "25P03")) return ended(target);
  if (is("57014"))
    return problem(
      "store_failed",
      /timeout/.test(message)
        ? "The statement took longer than its timeout and was stopped."
        : "The statement was stopped.",
      "The timeout is an option of the connection.",
      detail,
    );
  if (is("55P03", "40"))
    return problem(
      "locked",
      "Another transaction holds locks on these rows.",
      "Try again when it has finished.",
      { ...detail, deadlock: is("40") },
    );
  if (is("53100"))
    return problem(
      "disk_full",
      "The server's disk is full; nothing was changed.",
      "Free some space and run it again.",
      detail,
    );
  if (is("25006"))
    return problem(
      "read_only",
      `The server takes no writes: ${message}.`,
      "A standby or a read-only database.",
      detail,
    );
  if (is("42501"))
    return problem(
      reached === "open" ? "read_only" : "cannot_open",
      `The user lacks a privilege: ${message}.`,
      "GRANT SELECT to read, UPDATE, INSERT and DELETE to change.",
      { ...detail, step: "table" satisfies Step },
    );
  if (is("42P01", "42703", "3F000"))
    return problem(
      "store_gone",
      `The session table was dropped or altered while it was open: ${message}.`,
      "Connect again.",
      detail,
    );
  if (is("23503"))
    return problem(
      "store_failed",
      "Rows of another table refer to this session, so the database refuses the change.",
      undefined,
      detail,
    );
  if (is("22"))
    return problem("bad_request", `The column cannot hold this: ${message}.`, undefined, detail);
  return problem("store_failed", `PostgreSQL: ${message}.`, undefined, detail);
}

function refused(message: string, detail: Record<string, unknown>): ProblemError {
  const encrypted = /no encryption|SSL off/.test(message);
  const certificate = /client certificate/.test(message);
  const step: Step = certificate || encrypted ? "TLS" : "authentication";
  return problem(
    "cannot_open",
    certificate
      ? "The server asks for a client certificate."
      : encrypted
        ? "The server does not admit this user without TLS."
        : `The server does not admit this user: ${message}.`,
    certificate || encrypted
      ? undefined
      : "pg_hba.conf on the server says who may connect from where.",
    { ...detail, step },
  );
}
