/** One connection to MySQL or MariaDB, set up so that it waits for nothing long and, locked, cannot write. */
import { isIP, Socket } from "node:net";
import type { ResultSetHeader } from "mysql2";
import { dial } from "./dial.ts";
import type { NearEnd } from "./driver.ts";
import { mysqlProblem, NO_TLS } from "./mysql-problems.ts";
import { type Address, certificateName, passwordOf, tlsOf } from "./sql-address.ts";
import {
  type Answer,
  type Cell,
  eachMark,
  type Run,
  type Server,
  type Session,
} from "./sql-pool.ts";
import { noAnswer, type Step, type Target } from "./sql-problems.ts";

export interface Version {
  /** "10.11.19". */
  readonly text: string;
  readonly mariadb: boolean;
  atLeast(major: number, minor: number): boolean;
}

export interface MysqlServer extends Server {
  readonly target: Target;
  /** Known after the first connection. */
  version(): Version;
  /** From now on a failing connection is one that was lost. */
  opened(): void;
}

function versionOf(text: string): Version {
  // MariaDB once put 5.5.5- before its own, for old replicas.
  const bare = /(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.\d+)?/.exec(text);
  const [found = text, major = "0", minor = "0"] = bare ?? [];
  const own = Number(major) * 1000 + Number(minor);
  return {
    text: found.replace(/^5\.5\.5-/, ""),
    mariadb: /mariadb/i.test(text),
    atLeast: (major, minor) => own >= major * 1000 + minor,
  };
}

/** Variables that only some versions have. Lists of keys are ranges of the index however long they are. */
const ifThere = ({ mariadb }: Version, statementMs: number): string[] =>
  mariadb
    ? [`max_statement_time = ${statementMs / 1000}`, "optimizer_max_sel_arg_weight = 0"]
    : [
        `max_execution_time = ${statementMs}`,
        "range_optimizer_max_mem_size = 0",
        "information_schema_stats_expiry = 0",
      ];

async function setUp(run: Run, writable: boolean, statementMs: number) {
  const { rows } = await run("SELECT VERSION(), CONNECTION_ID()");
  const [text, id] = rows[0] ?? [];
  const log = await run("SHOW VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format')");
  const logs = new Map(log.rows.map(([name, value]) => [name, value]));
  const version = versionOf(String(text));
  const wait = Math.max(1, Math.min(5, Math.floor(statementMs / 1000)));
  // What quotes mean depends on sql_mode, so it comes first. sql_safe_updates makes a DELETE of listed keys look them up:
  // of a small table, or of most of one, it would otherwise read all rows, and wait for those that others hold.
  await run(
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES', sql_safe_updates = 1, time_zone = '+00:00', innodb_lock_wait_timeout = ${wait}, lock_wait_timeout = ${wait}`,
  );
  for (const one of ifThere(version, statementMs))
    await run(`SET SESSION ${one}`).catch((error: unknown) => {
      if (!(error instanceof Error && "errno" in error && error.errno === 1193)) throw error;
    });
  // Without locks on gaps, which would keep the site from inserting. A log of statements does not allow it.
  const gapless = logs.get("log_bin") !== "ON" || logs.get("binlog_format") !== "STATEMENT";
  if (gapless) await run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  if (!writable) await run("SET SESSION TRANSACTION READ ONLY");
  return { version, id: Number(id) };
}

export function mysqlServer(
  address: Address,
  writable: boolean,
  proxy?: NearEnd | null,
): MysqlServer {
  const { host, port } = address;
  const target = { product: "MySQL", host, port, via: proxy?.via };
  const statementMs = address.statementTimeout * 1000;
  const tls = tlsOf(address);
  let open = false;
  let plain = tls === null;
  let version = versionOf("");

  async function connect(): Promise<Session> {
    try {
      return await attempt(!plain);
    } catch (error) {
      if (!isWithoutTls(error) || address.tls !== "prefer") throw error;
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
    let broken = false;
    const destroy = () => {
      broken = true;
      socket.destroy();
    };
    // Not loaded by threads and commands that open another kind of store.
    const { createConnection, escape: quote } = await import("mysql2");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(noAnswer(target, reached));
        destroy();
      }, address.connectTimeout * 1000);
    });
    const ready = async (): Promise<Session> => {
      await dial(host.startsWith("/") ? { path: host } : { host, port }, proxy, socket);
      reached = secure ? "TLS" : "authentication";
      const password = passwordOf(address);
      const name = certificateName(address);
      const connection = createConnection({
        // mysql2 checks no certificate against an address, and a name's last dot is no part of it.
        host: secure && tls?.verifyIdentity && isIP(name) ? `${name}.` : name,
        port,
        database: address.database,
        user: address.user,
        ...(password !== undefined && { password }),
        ...(secure && tls && { ssl: tls }),
        stream: socket.setNoDelay(true).setKeepAlive(true, 30_000),
        // Ours comes first, and says how far it came.
        connectTimeout: address.connectTimeout * 1000 + 5000,
        charset: "utf8mb4",
        dateStrings: true,
        supportBigNumbers: true,
        bigNumberStrings: true,
        rowsAsArray: true,
        multipleStatements: false,
      });
      // A statement that is under way when the line is cut may hear nothing of it from mysql2.
      const pending = new Set<(error: Error) => void>();
      connection.on("error", () => {
        broken = true;
      });
      socket.on("close", () => {
        broken = true;
        const lost = Object.assign(new Error("closed"), { code: "PROTOCOL_CONNECTION_LOST" });
        for (const reject of pending) reject(lost);
      });
      const run: Run = (sql, parameters = []) => {
        const text = eachMark(sql, (index) => literal(parameters[index] ?? null, quote));
        return new Promise<Answer>((resolve, reject) => {
          pending.add(reject);
          connection.query({ sql: text, rowsAsArray: true }, (error, result: unknown) => {
            pending.delete(reject);
            if (error) {
              broken ||= error.fatal || socket.destroyed;
              reject(error);
            } else if (Array.isArray(result))
              resolve({ rows: result as unknown[][], count: result.length });
            else resolve({ rows: [], count: (result as ResultSetHeader).affectedRows });
          });
        });
      };
      await new Promise<void>((resolve, reject) => {
        pending.add(reject);
        connection.connect((error) => {
          pending.delete(reject);
          if (error) reject(error);
          else resolve();
        });
      });
      reached = "database";
      const found = await setUp(run, writable, statementMs);
      version = found.version;
      target.product = version.mariadb ? "MariaDB" : "MySQL";
      return {
        run,
        get broken() {
          return broken;
        },
        cancel: `KILL QUERY ${found.id}`,
        destroy,
        close: () =>
          new Promise((resolve) => {
            connection.end(() => resolve());
          }),
      };
    };
    const connecting = ready();
    // The deadline may come first, and then this fails as well.
    connecting.catch(() => {});
    try {
      return await Promise.race([connecting, late]);
    } catch (error) {
      destroy();
      if (isWithoutTls(error) && address.tls === "prefer") throw error;
      throw mysqlProblem(error, target, reached);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    target,
    statementMs,
    connect,
    version: () => version,
    opened() {
      open = true;
    },
    problemOf: (error) => mysqlProblem(error, target, open ? "open" : "database"),
  };
}

const isWithoutTls = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === NO_TLS;

/** With sql_mode and character set as set up, what mysql2's `escape` makes of text is that text and nothing else. */
const literal = (value: Cell, quote: (one: string | number | null) => string): string =>
  typeof value === "object" && value !== null
    ? value.map((one) => quote(one)).join(", ")
    : quote(value);
