/**
 * How ioredis reaches servers through a tunnel. Its own connectors dial by themselves; these go through the tunnel's near
 * end, to the server that the client names, or to the master that sentinels name.
 *
 * A failure is handed over as a connection that has ended, since ioredis takes a connector that throws for the last try.
 */
import { isIP, Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { AbstractConnector, Redis, type RedisOptions } from "ioredis";
import { dial } from "./dial.ts";
import type { NearEnd } from "./driver.ts";
import type { Host } from "./redis-options.ts";

type Connector = NonNullable<RedisOptions["Connector"]>;

/** What ioredis gives a connector of the client's options. */
const optionsOf = (given: unknown) => given as RedisOptions;

/** To the host and port of the client's own options: a single server, or any of a cluster. */
export const throughTunnel = (proxy: NearEnd): Connector => connectorTo(proxy);

/** To the master, asked of each sentinel in turn. `sentinel`: a client's options for one. */
export const toMaster = (
  proxy: NearEnd,
  sentinels: readonly Host[],
  name: string,
  sentinel: Omit<RedisOptions, "replyMapping">,
): Connector =>
  connectorTo(proxy, async () => {
    let why = "none was asked";
    for (const host of sentinels) {
      const asked = new Redis({ ...sentinel, ...host, Connector: throughTunnel(proxy) });
      let failure: unknown = null;
      asked.on("error", (error) => {
        failure = error;
      });
      try {
        await asked.connect();
        const found = await asked.call("SENTINEL", "get-master-addr-by-name", name);
        if (Array.isArray(found)) return { host: String(found[0]), port: Number(found[1]) };
        why = `Sentinel ${host.host}:${host.port} does not know ${name}`;
      } catch (error) {
        why = messageOf(failure ?? error);
      } finally {
        asked.disconnect();
      }
    }
    throw new Error(`All sentinels are unreachable. Last error: ${why}.`);
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");

function connectorTo(proxy: NearEnd, find?: () => Promise<Host>): Connector {
  return class extends AbstractConnector {
    private readonly given: RedisOptions;
    private pending: Socket | null = null;

    constructor(given: unknown) {
      super(optionsOf(given).disconnectTimeout ?? 2000);
      this.given = optionsOf(given);
    }

    override async connect(): Promise<Socket> {
      const { host = "", port = 6379, tls, connectTimeout = 10_000 } = this.given;
      this.connecting = true;
      const socket = new Socket();
      this.pending = socket;
      let late: Error | null = null;
      let dialled = false;
      let timer: NodeJS.Timeout | undefined;
      try {
        const to = (await find?.()) ?? { host, port };
        if (!this.connecting) throw new Error("Connection is closed.");
        timer = setTimeout(() => {
          late = failure(dialled ? "ERR_TLS_HANDSHAKE" : "ETIMEDOUT", "no answer in time");
          socket.destroy();
        }, connectTimeout);
        await dial(to, proxy, socket);
        dialled = true;
        this.stream = tls ? await secured({ ...tls, ...namesOf(to.host), socket }) : socket;
        return this.stream;
      } catch (error) {
        socket.destroy();
        this.firstError = late ?? (error as Error);
        return socket;
      } finally {
        clearTimeout(timer);
        this.pending = null;
      }
    }

    override disconnect(): void {
      super.disconnect();
      this.pending?.destroy();
    }
  };
}

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

/** SNI knows no addresses (RFC 6066, 3); the certificate is checked against either. */
const namesOf = (host: string) => ({ host, ...(isIP(host) === 0 && { servername: host }) });

function secured(options: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const made = connectTls(options);
    made.once("secureConnect", () => resolve(made));
    // It stays, for what fails before the client listens.
    made.on("error", reject);
    made.once("close", () => reject(failure("ECONNRESET", "closed")));
  });
}
