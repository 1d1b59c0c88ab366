/**
 * What can go wrong on the way to a server, for every SQL server alike: names, TCP, TLS, connections that end.
 *
 * `detail.step` says how far a connection came: name lookup, TCP, TLS, authentication, database, table.
 */
import { ProblemError, problem } from "../problem.ts";

/** In the order in which a connection takes them. */
export const steps = ["name lookup", "TCP", "TLS", "authentication", "database", "table"] as const;
export type Step = (typeof steps)[number];

/** Where a connection leads, as shown: never with a user or a password. */
export interface Target {
  readonly product: string;
  readonly host: string;
  readonly port: number;
  /** The SSH host it is reached through. */
  readonly via?: string | undefined;
}

const through = ({ via }: Target): string => (via === undefined ? "" : ` (through ${via})`);

export const placeOfServer = (target: Target): string => {
  const { host, port } = target;
  if (host.startsWith("/")) return host;
  return `${host.includes(":") ? `[${host}]` : host}:${port}${through(target)}`;
};

interface NodeError {
  code: string;
  message: string;
}

export function codeOf(error: unknown): NodeError | null {
  if (!(error instanceof Error) || error instanceof ProblemError) return null;
  // Several addresses were tried: the last failure stands for all.
  const cause = error instanceof AggregateError ? error.errors.at(-1) : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return { code, message: cause instanceof Error ? cause.message : error.message };
}

const CERTIFICATES: Record<string, [why: string, hint: string]> = {
  CERT_HAS_EXPIRED: ["The server's certificate has expired", "It has to be renewed on the server."],
  CERT_NOT_YET_VALID: ["The server's certificate is not valid yet", "Compare the clocks."],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "The server's certificate is for another host",
    "Connect by a name that the certificate holds, or use verify-ca.",
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    "The server's certificate is signed by itself",
    "Name it, or the CA that signed it, as CA certificate.",
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    "The server's certificate is signed by a CA that is not trusted",
    "Name that CA's certificate.",
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "The server's certificate is signed by a CA that is not trusted",
    "Name that CA's certificate.",
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    "The server's certificate is signed by a CA that is not trusted",
    "Name that CA's certificate.",
  ],
  CERT_SIGNATURE_FAILURE: [
    "The server's certificate is not signed by the CA it names",
    "Name the certificate of the CA that signed it.",
  ],
};

/** A certificate or a handshake at fault; null: something else. */
export function tlsProblem(error: unknown, target: Target): ProblemError | null {
  const found = codeOf(error);
  if (!found) return null;
  const known = CERTIFICATES[found.code];
  const inMessage = /expired|alert|handshake|wrong version number/i.test(found.message);
  if (!known && !(/^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|HANDSHAKE_)/.test(found.code) && inMessage))
    return null;
  const [why, hint] = known ?? [`TLS failed: ${found.message}`, undefined];
  return problem("cannot_open", `${why} (${placeOfServer(target)}).`, hint, {
    step: "TLS" satisfies Step,
    code: found.code,
  });
}

const ENDED =
  /^(ECONNRESET|EPIPE|ECONNABORTED|ENOTCONN|ERR_STREAM_DESTROYED|PROTOCOL_CONNECTION_LOST|ERR_STREAM_WRITE_AFTER_END)$/;

/** The way itself at fault; null: something else. `reached`: how far this connection had come. */
export function networkProblem(
  error: unknown,
  target: Target,
  reached: Step | "open",
): ProblemError | null {
  const found = codeOf(error);
  if (!found) return null;
  const { code, message } = found;
  const place = placeOfServer(target);
  const made = (step: Step, text: string, hint?: string) =>
    problem("cannot_open", text, hint, { step, code });
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return made(
      "name lookup",
      `No address is known for the name ${target.host}${through(target)}.`,
    );
  if (code === "ECONNREFUSED")
    return made("TCP", `${place} refuses connections.`, "Is the server running, and on this port?");
  if (code === "ENOENT" && target.host.startsWith("/"))
    return made("TCP", `There is no socket ${target.host}.`, "Is the server running?");
  if (/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EACCES|EADDRNOTAVAIL)$/.test(code))
    return made("TCP", `${place} cannot be reached (${code}).`);
  if (code === "ETIMEDOUT") return noAnswer(target, reached === "open" ? "TCP" : reached);
  if (ENDED.test(code) || /Connection (terminated|lost|ended)|closed state/i.test(message))
    return reached === "open"
      ? ended(target)
      : made(reached, `${place} ended the connection (at ${reached}).`);
  return null;
}

export const ended = (target: Target): ProblemError =>
  problem(
    "store_gone",
    `The connection to ${target.product} at ${placeOfServer(target)} ended.`,
    "It is made again with the next try.",
  );

export const noAnswer = (target: Target, step: Step): ProblemError =>
  problem(
    "cannot_open",
    `${placeOfServer(target)} gave no answer in time (at ${step}).`,
    "A firewall that drops packets looks like this, as does a server under load.",
    { step },
  );

/** The same problem under a store that is open: it may come back. */
export const lostAgain = (error: ProblemError): ProblemError =>
  error.problem.code === "cannot_open"
    ? new ProblemError({ ...error.problem, code: "store_gone" })
    : error;
