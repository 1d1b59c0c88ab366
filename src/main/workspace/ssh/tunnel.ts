/**
 * A tunnel: a port on 127.0.0.1 that leads to a server through an SSH host, for the life of a store. The port stays
 * when the SSH connection drops: the next client makes a new one.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Client } from "ssh2";
import type { Tunnel } from "../../../shared/connection.ts";
import { conceal } from "../mask.ts";
import type { TunnelSecrets } from "./auth.ts";
import { type Around, connectSsh, forward } from "./connect.ts";

export interface OpenTunnel {
  readonly port: number;
  close(): Promise<void>;
}

/** Makes sure that the server is reached before anything is built on it. Problems: those of connectSsh and forward. */
export async function openTunnel(
  tunnel: Tunnel,
  to: { host: string; port: number },
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
  const sockets = new Set<Socket>();

  /** The one SSH connection, made again where it ended. */
  function connection(): Promise<Client> {
    if (ssh) return ssh;
    const making = connectSsh(tunnel, secrets, around);
    ssh = making;
    const gone = () => {
      if (ssh === making) ssh = null;
    };
    making.then((client) => client.once("close", gone), gone);
    return making;
  }

  (await forward(await connection(), to)).destroy();

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void (async () => {
      try {
        const stream = await forward(await connection(), to);
        if (closed || socket.destroyed) return stream.destroy();
        stream.on("error", () => socket.destroy());
        stream.once("close", () => socket.destroy());
        socket.once("close", () => stream.destroy());
        return socket.pipe(stream).pipe(socket);
      } catch {
        // The client sees its connection reset, and says so as its driver does.
        return socket.resetAndDestroy();
      }
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    async close() {
      closed = true;
      server.close();
      for (const socket of sockets) socket.destroy();
      const client = await ssh?.catch(() => null);
      client?.end();
    },
  };
}

const named = (variable: string, env: NodeJS.ProcessEnv): string | undefined =>
  variable ? env[variable] : undefined;
