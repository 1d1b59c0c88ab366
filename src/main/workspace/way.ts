/** The way to a store: secrets from wherever they are, and a tunnel where one is asked for. */
import type { Connection, Secrets } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import { addressOf, overlayFor } from "./address.ts";
import { conceal } from "./mask.ts";
import { cachePrefix, secretNames } from "./secret-options.ts";
import { openTunnel } from "./ssh/tunnel.ts";

export interface Way {
  /** Laid over the connection's options when it is opened. */
  overlay: Record<string, unknown>;
  close(): Promise<void>;
}

/** Passwords that `passwordEnv` and the like name, unless one was typed. */
export function namedSecrets(
  connection: Connection,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of secretNames(connection.driver)) {
    const variable = connection.options[`${name}Env`];
    const value = typeof variable === "string" && variable !== "" ? env[variable] : undefined;
    if (value !== undefined) found[name] = value;
  }
  if (connection.cachedBy)
    for (const [name, value] of Object.entries(
      namedSecrets({ ...connection, ...connection.cachedBy, cachedBy: null }, env),
    ))
      found[cachePrefix + name] = value;
  return found;
}

/** Problems: those of the tunnel; unsupported where the store is no single server. `home` holds known_hosts. */
export async function wayTo(
  connection: Connection,
  secrets: Secrets | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<Way> {
  const options = { ...namedSecrets(connection, env), ...secrets?.options };
  conceal({ options });
  if (!connection.tunnel) return { overlay: options, close: async () => {} };
  const address = addressOf(connection);
  if (!address)
    throw problem(
      "unsupported",
      "A tunnel leads to one server's host and port; this connection names none.",
      "Leave the tunnel out, or name a host.",
      { step: "ssh" },
    );
  const tunnel = await openTunnel(connection.tunnel, address, secrets?.tunnel ?? {}, { env, home });
  return {
    overlay: { ...overlayFor(connection, { host: "127.0.0.1", port: tunnel.port }), ...options },
    close: () => tunnel.close(),
  };
}
