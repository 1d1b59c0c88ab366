/**
 * A tunnel: a SOCKS port on 127.0.0.1 whose connections leave from an SSH host, for the life of a store. The port stays
 * when the SSH connection drops: the next client makes a new one.
 */
import type { Client } from "ssh2";
import type { Tunnel } from "../../../shared/connection.ts";
import type { NearEnd } from "../../stores/driver.ts";
import { conceal, concealText } from "../mask.ts";
import type { TunnelSecrets } from "./auth.ts";
import { type Around, connectSsh, forward } from "./connect.ts";
import { startSocks } from "./socks.ts";

export interface OpenTunnel {
  readonly proxy: NearEnd;
  /** Makes the SSH connection again where it ended. Problems: those of connectSsh. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Logs in first, so that what is wrong with the SSH host is said before anything is built on it. */
export async function openTunnel(
  tunnel: Tunnel,
  typed: TunnelSecrets,
  around: Around,
): Promise<OpenTunnel> {
  const secrets = {
    password: typed.password ?? named(tunnel.passwordEnv, around.env),
    passphrase: typed.passphrase ?? named(tunnel.passphraseEnv, around.env),
  };
  conceal({ tunnel: secrets });
  let closed = false;
  let ssh: Promise<Client> | null = null;

  /** The one SSH connection, made again where it ended. */
  function connection(): Promise<Client> {
    if (ssh) return ssh;
    const making = connectSsh(tunnel, secrets, around);
    ssh = making;
    const gone = () => {
      if (ssh === making) ssh = null;
    };
    making.then((client) => {
      client.once("close", gone);
      // Closed while it was being made.
      if (closed) client.end();
    }, gone);
    return making;
  }

  await connection();
  const socks = await startSocks(async (to) => forward(await connection(), to));
  const { port, user, password } = socks;
  concealText(password);
  return {
    proxy: { port, user, password, via: tunnel.host },
    async ready() {
      await connection();
    },
    async close() {
      closed = true;
      socks.close();
      const client = await ssh?.catch(() => null);
      client?.end();
    },
  };
}

const named = (variable: string, env: NodeJS.ProcessEnv): string | undefined =>
  variable ? env[variable] : undefined;
