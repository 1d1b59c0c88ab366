/**
 * Connections to Redis: one server, the master that sentinels name, or every master of a cluster, with one path by which
 * commands go out. While the store is locked only commands known to read pass it.
 *
 * A lost connection is made again with growing pauses. Commands under way are not sent twice: whether a write arrived is
 * for the caller to find out, and `patiently` repeats what only reads.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { checkServerIdentity } from "node:tls";
import { type RedisOptions as ClientOptions, Cluster, Redis } from "ioredis";
import { problem } from "../problem.ts";
import { assertWritable, type NearEnd } from "./driver.ts";
import { throughTunnel, toMaster } from "./redis-connector.ts";
import { addresses, placeOf, type RedisOptions } from "./redis-options.ts";
import { isLost, redisProblem, type Where } from "./redis-problems.ts";

export type Argument = string | number | Buffer;

/** One server that holds sessions. */
export interface Master {
  readonly name: string;
  /** Grows with every connection: another server may be behind the name since, and its SCAN cursors are others. */
  epoch(): number;
  /** Replies are Buffers, numbers, null, and arrays of them. */
  send(command: string, ...args: Argument[]): Promise<unknown>;
}

export interface Link {
  readonly clustered: boolean;
  masters(): Master[];
  /** To the master that holds the key; the command's arguments name it. */
  send(command: string, ...args: Argument[]): Promise<unknown>;
  /** Repeats what only reads while the connection is lost: 3 tries; behind sentinels and in a cluster for 30 seconds. */
  patiently<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const readers = new Set(
  "SCAN GET MGET GETRANGE STRLEN TYPE PTTL TTL PEXPIRETIME TIME DBSIZE INFO PING EVAL_RO".split(
    " ",
  ),
);
/** Of CLUSTER alone. */
const clusterReaders = new Set(["SLOTS", "NODES", "INFO", "KEYSLOT"]);
const PATIENCE_MS = 30_000;

/** Connects. `readScripts` pass a locked store as well. Problems: cannot_open with the step it failed at. */
export async function openLink(
  given: RedisOptions,
  writable: boolean,
  readScripts: ReadonlySet<string>,
  proxy?: NearEnd | null,
): Promise<Link> {
  const place = `${placeOf(given)}${proxy ? ` (through ${proxy.via})` : ""}`;
  const where: { -readonly [Name in keyof Where]: Where[Name] } = {
    place,
    opened: false,
    tls: given.tls !== "disable",
    connectTimeout: given.connectTimeout,
    commandTimeout: given.commandTimeout,
  };
  let failure: Error | null = null;
  const noted = (error: Error) => {
    failure = error;
  };
  const backoff = (times: number): number | null =>
    where.opened ? Math.min(50 * 2 ** Math.min(times, 7), 5000) : null;
  const client = makeClient(given, backoff, proxy);
  client.on("error", noted);
  const epochs = new WeakMap<Redis, { count: number }>();
  const watch = (node: Redis): { count: number } => {
    let seen = epochs.get(node);
    if (!seen) {
      const made = { count: 0 };
      epochs.set(node, made);
      node.on("connect", () => {
        made.count += 1;
      });
      node.on("error", noted);
      seen = made;
    }
    return seen;
  };
  const call = async (to: Redis | Cluster, command: string, args: Argument[]): Promise<unknown> => {
    const name = command.toUpperCase();
    const [first] = args;
    const reads =
      name === "CLUSTER"
        ? clusterReaders.has(String(first))
        : name === "EVAL"
          ? readScripts.has(String(first))
          : readers.has(name);
    if (!reads) assertWritable(writable);
    try {
      return await to.callBuffer(command, ...args);
    } catch (error) {
      // "Connection is closed." says less than why it could not be made.
      const said = error instanceof Error && /Connection is closed|max retries/.test(error.message);
      throw redisProblem(said && failure ? failure : error, where);
    }
  };
  const link: Link = {
    clustered: given.mode === "cluster",
    masters: () => {
      const nodes = client instanceof Cluster ? client.nodes("master") : [client];
      return nodes.map((node) => {
        const seen = watch(node);
        return {
          name: `${node.options.host}:${node.options.port}`,
          epoch: () => seen.count,
          send: (command, ...args) => call(node, command, args),
        };
      });
    },
    send: (command, ...args) => call(client, command, args),
    async patiently(work) {
      const deadline = performance.now() + (given.mode === "single" ? 0 : PATIENCE_MS);
      for (let turn = 1; ; turn++)
        try {
          return await work();
        } catch (error) {
          if (!isLost(error) || (turn >= 3 && performance.now() > deadline)) throw error;
          await sleep(Math.min(100 * 2 ** turn, 1000));
        }
    },
    async close() {
      client.disconnect();
    },
  };
  try {
    if (!(client instanceof Cluster)) watch(client);
    await client.connect();
    await link.send("PING");
    // The client goes on in database 0 where the number is refused.
    if (given.mode !== "cluster" && given.db > 0) await client.call("SELECT", given.db);
    failure = null;
    where.opened = true;
    return link;
  } catch (error) {
    client.disconnect();
    // A handshake that never came to an end keeps its socket, and so the process.
    if (client instanceof Redis) client.stream?.destroy();
    throw redisProblem(rootOf(failure ?? error), where);
  }
}

/** A cluster's client says that all nodes failed, and keeps to itself how. */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && "lastNodeError" in error ? (error.lastNodeError ?? error) : error;

function makeClient(
  given: RedisOptions,
  backoff: (times: number) => number | null,
  proxy: NearEnd | null | undefined,
): Redis | Cluster {
  const hosts = addresses(given);
  const password =
    given.password || (given.passwordEnv && process.env[given.passwordEnv]) || undefined;
  const tls = tlsOf(given);
  const shared = {
    protocol: 2 as const,
    ...(given.user && { username: given.user }),
    ...(password !== undefined && { password }),
    ...(tls && { tls }),
    connectTimeout: given.connectTimeout * 1000,
    commandTimeout: given.commandTimeout * 1000,
    // A server that is away is said at once; `patiently` is what waits.
    enableOfflineQueue: false,
    // Any other number leaves commands under way waiting for their timeout when the connection ends.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Asks INFO, which a user's ACL need not allow, and prints when it does not.
    enableReadyCheck: false,
    disableClientInfo: true,
    lazyConnect: true,
    retryStrategy: backoff,
    ...(proxy && { Connector: throughTunnel(proxy) }),
  };
  if (given.mode === "cluster") {
    if (!hosts) throw problem("bad_request", "A cluster is reached by host and port.");
    const {
      retryStrategy: _,
      lazyConnect: _lazy,
      enableOfflineQueue: _queue,
      ...redisOptions
    } = shared;
    return new Cluster(hosts, {
      redisOptions,
      clusterRetryStrategy: backoff,
      enableReadyCheck: false,
      lazyConnect: true,
      slotsRefreshTimeout: given.connectTimeout * 1000,
      slotsRefreshInterval: 5000,
      retryDelayOnFailover: 200,
      // A certificate names the host, not its address; and names are known at a tunnel's far end.
      ...((tls || proxy) && { dnsLookup: (address, done) => done(null, address) }),
    });
  }
  if (given.mode === "sentinel") {
    if (!hosts) throw problem("bad_request", "Sentinels are reached by host and port.");
    if (!given.masterName)
      throw problem("bad_request", "The sentinels are asked for a master by its name.");
    const { sentinelUser, sentinelPassword } = given;
    if (proxy) {
      const { username: _user, password: _password, ...options } = shared;
      const sentinel = {
        ...options,
        ...(sentinelUser && { username: sentinelUser }),
        ...(sentinelPassword && { password: sentinelPassword }),
        retryStrategy: null,
      };
      const Connector = toMaster(proxy, hosts, given.masterName, sentinel);
      return new Redis({ ...shared, db: given.db, Connector });
    }
    return new Redis({
      ...shared,
      db: given.db,
      sentinels: hosts,
      name: given.masterName,
      ...(sentinelUser && { sentinelUsername: sentinelUser }),
      ...(sentinelPassword && { sentinelPassword }),
      ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
      sentinelRetryStrategy: backoff,
      failoverDetector: true,
    });
  }
  const [first] = hosts ?? [];
  return new Redis({ ...shared, db: given.db, ...(first ?? { path: given.hosts }) });
}

function tlsOf({ tls, tlsCa, tlsCert, tlsKey }: RedisOptions): ClientOptions["tls"] | null {
  if (tls === "disable") return null;
  return {
    rejectUnauthorized: tls !== "require",
    checkServerIdentity: tls === "verify-full" ? checkServerIdentity : () => undefined,
    ...(tlsCa && { ca: pem(tlsCa) }),
    ...(tlsCert && { cert: pem(tlsCert) }),
    ...(tlsKey && { key: pem(tlsKey) }),
  };
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw problem(
      "cannot_open",
      `The certificate file ${path} cannot be read (${code}).`,
      undefined,
      {
        step: "TLS",
        path,
      },
    );
  }
}
