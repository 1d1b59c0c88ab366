/** The one place that decides whether a connection may be written to. */
import type { Capabilities, Connection } from "../../shared/connection.ts";
import { problem } from "../problem.ts";

/** What is about to happen. Only extending a session's life can hurt nobody. */
export type Act =
  | "unlock"
  | "save"
  | "extend"
  | "expire"
  | "delete"
  | "logout"
  | "purge"
  | "restore";

export interface Guarded {
  connection: Connection;
  capabilities: Capabilities;
  locked: boolean;
}

/**
 * unsupported where the store cannot do it, read_only while the connection is locked, confirm_name
 * where the environment is production and its name was not typed exactly.
 */
export function guard(
  { connection, capabilities, locked }: Guarded,
  act: Act,
  confirmName?: string,
) {
  if (!capabilities.write) throw problem("unsupported", "This kind of store cannot be written to.");
  if (act === "purge" && !capabilities.purge)
    throw problem("unsupported", "This kind of store removes expired sessions by itself.");
  if (act !== "unlock" && locked)
    throw problem(
      "read_only",
      `${connection.name} is open read-only.`,
      "Unlock writes for this connection first.",
    );
  const confirmed = confirmName?.trim() === connection.name.trim();
  if (connection.environment === "production" && act !== "extend" && !confirmed)
    throw problem(
      "confirm_name",
      `${connection.name} is marked as production.`,
      "Type the connection's name to confirm.",
      { name: connection.name },
    );
}
