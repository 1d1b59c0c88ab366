/** One connection to PostgreSQL, set up so that it reads canonical times, waits for nothing long and, locked, cannot write. */
import { isIP, Socket } from "node:net";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import type pg from "pg";
import { problem } from "../problem.ts";
import { dial } from "./dial.ts";
import type { NearEnd } from "./driver.ts";
import { postgresProblem } from "./postgres-problems.ts";
import {
  type Address,
  certificateName,
  passwordOf,
  type TlsSettings,
  tlsOf,
} from "./sql-address.ts";
import { eachMark, type Server, type Session } from "./sql-pool.ts";
import { noAnswer, type Step, type Target } from "./sql-problems.ts";

/** Everything as the server's text. */
const types: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };

/**
 * The planner's estimate for a part of all keys is far off, and a sequential scan for each batch is what it would come to.
 * Parallel workers and JIT (not there before 11) are a site's own affair.
 */
const setUp = (writable: boolean, statementMs: number) => `
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET standard_conforming_strings = on;
  SET statement_timeout = ${statementMs}; SET lock_timeout = ${Math.min(5000, statementMs)};
  SET idle_in_transaction_session_timeout = 60000;
  SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0;
  SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit';
  SET default_transaction_read_only = ${writable ? "off" : "on"};
  SELECT pg_backend_pid()`;

export interface PostgresServer extends Server {
  readonly target: Target;
  /** From now on a failing connection is one that was lost. */
  opened(): void;
}

export function postgresServer(
  address: Address,
  writable: boolean,
  proxy?: NearEnd | null,
): PostgresServer {
  const { host, port } = address;
  const target = { product: "PostgreSQL", host, port, via: proxy?.via };
  const statementMs = address.statementTimeout * 1000;
  const tls = tlsOf(address);
  let open = false;
  let plain = tls === null;

  async function connect(): Promise<Session> {
    try {
      return await attempt(!plain);
    } catch (error) {
      const without =
        error instanceof Error && error.message === "The server does not support SSL connections";
      if (!without || address.tls !== "prefer") throw error;
      plain = true;
      return attempt(false);
    }
  }

  async function attempt(secure: boolean): Promise<Session> {
    let reached: Step = proxy ? "TCP" : "name lookup";
    const socket = new Socket();
    socket.on("lookup", (error) => {
      if (!error) reached = "TCP";
    });
    // Not loaded by threads and commands that open another kind of store.
    const { default: library } = await import("pg");
    let broken = false;
    const destroy = () => {
      broken = true;
      socket.destroy();
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(noAnswer(target, reached));
        destroy();
      }, address.connectTimeout * 1000);
    });
    try {
      const ready = async (): Promise<Session> => {
        const path = host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : null;
        await dial(path === null ? { host, port } : { path }, proxy, socket);
        reached = secure ? "TLS" : "authentication";
        const client = new library.Client(clientConfig(address, socket, secure ? tls : null));
        for (const event of ["error", "end"] as const)
          client.on(event, () => {
            broken = true;
          });
        await client.connect();
        const answers: unknown = await client.query({
          text: setUp(writable, statementMs),
          rowMode: "array",
        });
        const last: unknown = Array.isArray(answers) ? answers.at(-1) : answers;
        const pid = Number((last as pg.QueryArrayResult<unknown[]>).rows[0]?.[0]);
        return {
          async run(sql, parameters = []) {
            const text = eachMark(sql, (index) => `$${index + 1}`);
            const values = parameters.map((one) => (Array.isArray(one) ? [...one] : one));
            const answer = await client.query({ text, values, rowMode: "array" });
            return { rows: answer.rows as unknown[][], count: answer.rowCount ?? 0 };
          },
          get broken() {
            return broken;
          },
          cancel: `SELECT pg_cancel_backend(${pid})`,
          destroy,
          close: () => client.end().catch(() => {}),
        };
      };
      const connecting = ready();
      // The deadline may come first, and then this fails as well.
      connecting.catch(() => {});
      return await Promise.race([connecting, late]);
    } catch (error) {
      destroy();
      if (
        error instanceof Error &&
        error.message === "The server does not support SSL connections" &&
        address.tls === "prefer"
      )
        throw error;
      throw postgresProblem(error, target, reached);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    target,
    statementMs,
    connect,
    opened() {
      open = true;
    },
    problemOf: (error) => postgresProblem(error, target, open ? "open" : "database"),
  };
}

function clientConfig(address: Address, socket: Socket, tls: TlsSettings | null): pg.ClientConfig {
  const { host, port, database, user } = address;
  const password = passwordOf(address);
  // pg connects by itself: to a socket that is connected.
  const connect = () => {
    process.nextTick(() => socket.emit("connect"));
    return socket;
  };
  return {
    ...{ host, port, database, types },
    ...(user && { user }),
    ...(password !== undefined && { password }),
    stream: () => Object.assign(socket, { connect }),
    ssl: tls ? tlsOptions(tls, certificateName(address)) : false,
    application_name: "Sessionscope",
    keepAlive: true,
  };
}

const tlsOptions = ({ verifyIdentity, ...tls }: TlsSettings, name: string): ConnectionOptions => ({
  ...tls,
  ...(isIP(name) === 0 && { servername: name }),
  checkServerIdentity: (_, certificate) =>
    verifyIdentity ? checkServerIdentity(name, certificate) : undefined,
});

/** Refuses addresses no client library would take rightly. */
export function checkAddress({ database, user }: Address): void {
  if (`${database}${user}`.includes("\0"))
    throw problem("bad_request", "A name holds U+0000, which no server takes.");
}
