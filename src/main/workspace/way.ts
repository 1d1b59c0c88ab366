/** The way to a store: secrets from wherever they are, and a tunnel where one is asked for. */
import { type Connection, cachePrefix, type Secrets } from "../../shared/connection.ts";
import { problem } from "../problem.ts";
import type { NearEnd } from "../stores/driver.ts";
import { allServersOf } from "./address.ts";
import { conceal } from "./mask.ts";
import { secretNames } from "./secret-options.ts";
import { openTunnel } from "./ssh/tunnel.ts";

export interface Way {
  /** Laid over the connection's options when it is opened. */
  overlay: Record<string, string>;
  /** null: servers are reached directly. */
  proxy: NearEnd | null;
  /** Before the store is opened again: makes a tunnel's SSH connection anew where it ended. */
  ready(): Promise<void>;
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

/** Problems: those of the tunnel; unsupported where nothing is reached over a network. `home` holds known_hosts. */
export async function wayTo(
  connection: Connection,
  secrets: Secrets | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
): Promise<Way> {
  const overlay = { ...namedSecrets(connection, env), ...secrets?.options };
  conceal({ options: overlay });
  if (!connection.tunnel)
    return { overlay, proxy: null, ready: async () => {}, close: async () => {} };
  const servers = allServersOf(connection);
  const socket = servers.find((one) => "path" in one);
  if (socket || servers.length === 0)
    throw problem(
      "unsupported",
      socket
        ? `The unix socket ${socket.path} is on this machine: no SSH tunnel leads to it.`
        : "The store is on this machine's disk: an SSH tunnel has nowhere to lead.",
      socket ? "Name a host and a port, or leave the tunnel out." : "Leave the tunnel out.",
      { step: "ssh" },
    );
  const tunnel = await openTunnel(connection.tunnel, secrets?.tunnel ?? {}, { env, home });
  return { overlay, ...tunnel };
}
