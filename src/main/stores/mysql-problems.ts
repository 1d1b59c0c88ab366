/** Errors of MySQL and MariaDB as problems, by their numbers. */
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

interface ServerError extends Error {
  errno: number;
  sqlMessage: string;
}

const isOfServer = (error: unknown): error is ServerError =>
  error instanceof Error &&
  "errno" in error &&
  "sqlMessage" in error &&
  Number(error.errno) >= 1000;

export const NO_TLS = "HANDSHAKE_NO_SSL_SUPPORT";

/** `reached`: how far the connection had come. Anything that is no expected failure comes back as it is. */
export function mysqlProblem(error: unknown, target: Target, reached: Step | "open"): unknown {
  if (error instanceof ProblemError) return reached === "open" ? lostAgain(error) : error;
  const found = isOfServer(error)
    ? ofServer(error, target, reached)
    : (ofClient(error, target) ??
      tlsProblem(cause(error), target) ??
      networkProblem(error, target, reached));
  if (!found) return error;
  return reached === "open" ? lostAgain(found) : found;
}

/** mysql2 puts a code of its own over that of a failed certificate, and its text may name either. */
function cause(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "HANDSHAKE_SSL_ERROR")
    return error;
  const { message } = error;
  const codes: [RegExp, string][] = [
    [/certificate has expired/i, "CERT_HAS_EXPIRED"],
    [/not yet valid/i, "CERT_NOT_YET_VALID"],
    [/altnames|does not match/i, "ERR_TLS_CERT_ALTNAME_INVALID"],
    [/^self-signed certificate$/i, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [/self-signed certificate in/i, "SELF_SIGNED_CERT_IN_CHAIN"],
    [/unable to (get|verify)/i, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    [/signature failure/i, "CERT_SIGNATURE_FAILURE"],
  ];
  const code = codes.find(([pattern]) => pattern.test(message))?.[1];
  return Object.assign(new Error(code ? message : `handshake: ${message}`), {
    code: code ?? error.code,
  });
}

function ofClient(error: unknown, target: Target): ProblemError | null {
  const code = error instanceof Error && "code" in error ? error.code : "";
  const place = placeOfServer(target);
  if (code === NO_TLS)
    return problem(
      "cannot_open",
      `The server at ${place} has no TLS.`,
      "TLS modes disable and prefer go without.",
      { step: "TLS" satisfies Step },
    );
  if (code === "AUTH_SWITCH_PLUGIN_ERROR" || /auth(entication)? plugin/i.test(messageOf(error)))
    return problem(
      "cannot_open",
      `The server asks for a way of authentication that is not supported: ${messageOf(error)}.`,
      undefined,
      { step: "authentication" satisfies Step },
    );
  if (/unexpected packet|packets out of order|malformed/i.test(messageOf(error)))
    return problem("cannot_open", `What answers at ${place} is no MySQL server.`, undefined, {
      step: "authentication" satisfies Step,
    });
  return null;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : "");

function ofServer(error: ServerError, target: Target, reached: Step | "open"): ProblemError {
  const { errno, sqlMessage } = error;
  const is = (...numbers: number[]) => numbers.includes(errno);
  // A row's data is no matter of a log.
  const message = sqlMessage.replace(/Duplicate entry '.*' for key/s, "Duplicate entry for key");
  const detail = { code: errno, message };
  const at = (step: Step) => ({ ...detail, step });
  if (is(1045, 1698, 1873))
    return problem(
      "cannot_open",
      "The user or the password is wrong.",
      undefined,
      at("authentication"),
    );
  if (is(1130, 1129))
    return problem(
      "cannot_open",
      `The server does not admit this host: ${message}.`,
      undefined,
      at("authentication"),
    );
  if (is(3159, 1837))
    return problem(
      "cannot_open",
      "The server does not admit this user without TLS.",
      undefined,
      at("TLS"),
    );
  if (is(1049))
    return problem(
      "cannot_open",
      `The server has no such database: ${message}.`,
      undefined,
      at("database"),
    );
  if (is(1044) && reached !== "open")
    return problem(
      "cannot_open",
      "The user may not use this database, or there is none of this name.",
      undefined,
      at("database"),
    );
  if (is(1040, 1203, 1226))
    return problem(
      "cannot_open",
      `The server has no connection left: ${message}.`,
      undefined,
      at("authentication"),
    );
  if (is(1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 4031)) return ended(target);
  if (is(1969, 3024, 1317))
    return problem(
      "store_failed",
      is(1317)
        ? "The statement was stopped."
        : "The statement took longer than its timeout and was stopped.",
      "The timeout is an option of the connection.",
      detail,
    );
  if (is(1205, 1213, 3572))
    return problem(
      "locked",
      "Another transaction holds locks on these rows.",
      "Try again when it has finished.",
      { ...detail, deadlock: is(1213) },
    );
  if (is(1021, 1114, 1041, 3675) || /No space left|errno: 28/.test(message))
    return problem(
      "disk_full",
      "The server has no room left for this table; nothing was changed.",
      "Free some space and run it again.",
      detail,
    );
  if (is(1290, 1792, 1836, 3100))
    return problem("read_only", `The server takes no writes: ${message}.`, undefined, detail);
  if (is(1142, 1143, 1044, 1227))
    return problem(
      reached === "open" ? "read_only" : "cannot_open",
      `The user lacks a privilege: ${message}.`,
      "GRANT SELECT to read, UPDATE, INSERT and DELETE to change.",
      at("table"),
    );
  if (is(1146, 1054, 1176, 1412, 1932))
    return problem(
      "store_gone",
      `The session table was dropped or altered while it was open: ${message}.`,
      "Connect again.",
      detail,
    );
  if (is(1175))
    return problem(
      "unsupported",
      "session_key has no unique index, so every change would read and lock the whole table.",
      "Django's own migration makes it the primary key.",
      detail,
    );
  if (is(1451))
    return problem(
      "store_failed",
      "Rows of another table refer to this session, so the database refuses the change.",
      undefined,
      detail,
    );
  if (is(1264, 1292, 1366, 1406, 3988))
    return problem("bad_request", `The column cannot hold this: ${message}.`, undefined, detail);
  return problem("store_failed", `${target.product}: ${message}.`, undefined, detail);
}
