/**
 * What Redis, its sentinels and the way to them can answer instead of what was asked for, as problems.
 *
 * `detail.step` says how far a connection came; `steps` has them in order.
 */
import { ProblemError, problem } from "../problem.ts";

export const steps = ["name lookup", "TCP", "TLS", "authentication", "database"] as const;
type Step = (typeof steps)[number];

export interface Where {
  /** As shown, without a user or a password. */
  readonly place: string;
  /** False until the connection stood once. */
  readonly opened: boolean;
  readonly tls: boolean;
  /** Seconds, for the text of a timeout. */
  readonly connectTimeout: number;
  readonly commandTimeout: number;
}

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "");

/** The connection was lost, or could not be had: worth another try. */
export const isLost = (error: unknown): boolean =>
  error instanceof ProblemError &&
  (error.problem.code === "store_gone" || error.problem.detail?.["again"] === true);

/** A ProblemError for whatever the client threw; bugs come back as they are. */
export function redisProblem(error: unknown, where: Where): unknown {
  if (error instanceof ProblemError || !(error instanceof Error)) return error;
  const cause = error instanceof AggregateError ? (error.errors.at(-1) ?? error) : error;
  return replyProblem(cause, where) ?? wayProblem(cause, where) ?? error;
}

const at = (step: Step) => ({ step });

/** An error reply: "WRONGPASS invalid username-password pair". */
function replyProblem(error: Error, { place, opened }: Where): ProblemError | null {
  const text = error.message;
  const word = /^[A-Z]+/.exec(text)?.[0] ?? "";
  const reply = { message: text };
  if (word === "WRONGPASS" || /invalid password|AUTH <password> called without/.test(text))
    return problem(
      "cannot_open",
      `Redis at ${place} refuses the user or the password.`,
      /called without/.test(text)
        ? "The server has no password set."
        : "Compare both with the site's LOCATION.",
      { ...at("authentication"), ...reply },
    );
  if (word === "NOAUTH" || /NOAUTH/.test(text))
    return problem(
      "cannot_open",
      `Redis at ${place} asks for a password.`,
      "Give it with the connection.",
      {
        ...at("authentication"),
        ...reply,
      },
    );
  if (word === "NOPERM" || /can't run this command|can't access|No permission/i.test(text))
    return problem(
      "read_only",
      `The user's ACL does not allow this: ${text.replace(/^[A-Z]+ /, "").slice(0, 200)}`,
      "Another user of the server may.",
      { ...at("authentication"), ...reply },
    );
  if (word === "READONLY")
    return problem(
      "read_only",
      `Redis at ${place} is a replica, which takes no writes.`,
      "Connect to its master, or to the sentinels.",
      reply,
    );
  if (word === "LOADING")
    return problem(
      opened ? "store_gone" : "cannot_open",
      `Redis at ${place} is loading its data from disk.`,
      "It answers when it is done.",
      { ...reply, again: true },
    );
  if (/DB index is out of range|SELECT is not allowed/.test(text))
    return problem("cannot_open", `Redis at ${place} has no database of this number.`, undefined, {
      ...at("database"),
      ...reply,
    });
  if (
    /^(CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MOVED|ASK)$/.test(word) ||
    /Failed to refresh slots|Too many Cluster redirections/.test(text)
  )
    return problem(
      opened ? "store_gone" : "cannot_open",
      `The cluster at ${place} does not answer for all of its keys: ${text.slice(0, 200)}`,
      "A failover may be under way.",
      { ...reply, again: true },
    );
  if (/cluster support disabled/i.test(text))
    return problem(
      "cannot_open",
      `Redis at ${place} is no cluster.`,
      "Connect to it as a single server.",
      {
        ...at("database"),
        ...reply,
      },
    );
  if (error.name === "ReplyError")
    return problem(
      "store_failed",
      `Redis refused a command: ${text.slice(0, 300)}`,
      undefined,
      reply,
    );
  return null;
}

/** Names, TCP, TLS, timeouts, and connections that end. */
function wayProblem(error: Error, where: Where): ProblemError | null {
  const { place, opened, connectTimeout, commandTimeout, tls } = where;
  const code = codeOf(error);
  const text = error.message;
  const gone = (step: Step, message: string, hint?: string) =>
    problem(opened && step !== "TLS" ? "store_gone" : "cannot_open", message, hint, {
      ...at(step),
      ...(code && { code }),
    });
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return gone(
      "name lookup",
      `No address is known for the host of ${place}.`,
      "Compare its spelling.",
    );
  if (
    /CERT|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^ERR_OSSL|UNABLE_TO_|^EPROTO|HANDSHAKE/.test(code) ||
    /certificate|SSL alert|secure TLS/i.test(text)
  )
    return gone(
      "TLS",
      `TLS with Redis at ${place} failed: ${tlsReason(code, text)}.`,
      "The CA certificate and the mode of TLS decide.",
    );
  if (/^Protocol error|Unexpected .*(reply|token)|Unknown RESP/i.test(text))
    return gone("TLS", `What answers at ${place} is no Redis, or one that speaks TLS.`);
  if (text === "Command timed out")
    return problem(
      opened ? "store_gone" : "cannot_open",
      `Redis at ${place} did not answer within ${commandTimeout} seconds.`,
      undefined,
      at("TCP"),
    );
  if (code === "ETIMEDOUT" || text === "connect ETIMEDOUT")
    return gone(
      "TCP",
      `Redis at ${place} could not be reached within ${connectTimeout} seconds.`,
      tls ? "With TLS, a server that speaks none looks the same." : undefined,
    );
  if (/sentinels are unreachable|Sentinel/i.test(text))
    return gone(
      "TCP",
      `No sentinel at ${place} names a master: ${text.slice(0, 200)}`,
      "Compare the master's name.",
    );
  if (code === "ENOENT" || code === "EACCES")
    return gone(
      "TCP",
      code === "ENOENT"
        ? `There is no socket at ${place}.`
        : `This user may not use the socket at ${place}.`,
    );
  if (
    code.startsWith("E") ||
    /[Cc]onnection is closed|writeable|max retries|Cluster isn't ready|all retries|None of startup nodes/i.test(
      text,
    )
  )
    return gone(
      "TCP",
      opened
        ? `The connection to Redis at ${place} is lost.`
        : `Nothing answers as Redis at ${place}.`,
      opened ? "It is tried again, ever more seldom." : "The server may be down, or elsewhere.",
    );
  return null;
}

const reasons: Record<string, string> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by a CA that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is signed by a CA that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the server's certificate is signed by a CA that is not trusted",
};

const tlsReason = (code: string, text: string): string =>
  reasons[code] ??
  (/wrong version number|packet length/.test(text)
    ? "the server does not speak TLS here"
    : text.slice(0, 200));
