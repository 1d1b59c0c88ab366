/**
 * Redis servers of the tests' own on free loopback ports, in temporary folders: one by itself (TCP, TLS and a unix socket,
 * ACL users), a cluster of three masters, a master with a replica and a sentinel. Stopped by their pids.
 * SESSIONSCOPE_TEST_REDIS_SERVER names another redis-server than the one on PATH.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Certificates, makeCertificates, type Pair } from "./certificates.ts";
import { freePort } from "./port.ts";
import { type Running, start } from "./process.ts";

const binary = process.env["SESSIONSCOPE_TEST_REDIS_SERVER"] ?? "redis-server";

/** False: the suites skip, or fail where CI=true. */
export const hasRedis = spawnSync(binary, ["--version"]).status === 0;

export interface TestRedis {
  readonly port: number;
  readonly pid: number;
  /** A client that is not the driver's. */
  readonly client: Redis;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** The same server again, empty. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const folderFor = (): string => mkdtempSync(join(tmpdir(), "sessionscope-redis-"));

/** As the user who runs the tests: a Redis needs no user of its own. */
const run = (folder: string, port: number, args: string[]): Promise<Running> =>
  start(
    process.getuid?.() === 0 ? "root" : "",
    binary,
    [
      ...["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""],
      ...["--appendonly", "no", "--enable-debug-command", "yes", ...args],
    ],
    { port, log: join(folder, "log") },
  );

export async function startRedis(args: string[] = []): Promise<TestRedis> {
  const folder = folderFor();
  const port = await freePort();
  let running = await run(folder, port, args);
  let client = clientOf(port);
  return {
    port,
    get pid() {
      return running.pid;
    },
    get client() {
      return client;
    },
    async stop(signal = "SIGKILL") {
      client.disconnect();
      await running.stop(signal);
    },
    async restart() {
      running = await run(folder, port, args);
      client = clientOf(port);
    },
    async close() {
      client.disconnect();
      await running.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function clientOf(port: number): Redis {
  const client = new Redis(port, "127.0.0.1", { protocol: 2 });
  client.on("error", () => {});
  return client;
}

export const PASSWORD = "a pass/word: 'with\" @signs%";

/** With a TLS port beside the plain one, a unix socket, and users: `reader` may not write, `plain` may use no scripts. */
export async function startGuarded(): Promise<
  TestRedis & { tlsPort: number; socket: string; certificates: Certificates; folder: string }
> {
  const folder = folderFor();
  const certificates = makeCertificates(folder, "client");
  const tlsPort = await freePort();
  const socket = join(folder, "redis.sock");
  const { valid, ca } = certificates;
  const server = await startRedis([
    ...["--tls-port", String(tlsPort), "--tls-cert-file", valid.cert, "--tls-key-file", valid.key],
    ...["--tls-ca-cert-file", ca, "--tls-auth-clients", "optional", "--unixsocket", socket],
  ]);
  const users = [
    ["reader", "~*", "+@read", "+@connection", "+@scripting", "-@write", "-@dangerous", "+eval_ro"],
    ["plain", "~*", "+@all", "-@scripting", "-pexpiretime", "-info"],
  ];
  for (const [name = "", ...rules] of users)
    await server.client.call("ACL", "SETUSER", name, "reset", "on", `>${PASSWORD}`, ...rules);
  return Object.assign(Object.create(server) as TestRedis, {
    tlsPort,
    socket,
    certificates,
    folder,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

export interface TestCluster {
  readonly nodes: readonly TestRedis[];
  close(): Promise<void>;
}

/** Three masters that share the 16,384 slots. `secured`: a TLS port each, which is what they tell of one another, and by name. */
export async function startCluster(secured?: {
  name: string;
  certificate: Pair;
  ca: string;
}): Promise<TestCluster & { readonly tlsPorts: readonly number[] }> {
  const nodes: TestRedis[] = [];
  const tlsPorts: number[] = [];
  for (let index = 0; index < 3; index++) {
    const tlsPort = await freePort();
    tlsPorts.push(tlsPort);
    nodes.push(
      await startRedis([
        ...["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"],
        ...["--cluster-node-timeout", "2000"],
        ...(secured
          ? [
              ...[
                "--tls-port",
                String(tlsPort),
                "--tls-cluster",
                "yes",
                "--tls-auth-clients",
                "no",
              ],
              ...["--tls-cert-file", secured.certificate.cert],
              ...["--tls-key-file", secured.certificate.key, "--tls-ca-cert-file", secured.ca],
              ...["--cluster-announce-hostname", secured.name],
              ...["--cluster-preferred-endpoint-type", "hostname"],
            ]
          : []),
      ]),
    );
  }
  const ports = secured ? tlsPorts : nodes.map(({ port }) => port);
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [index, node] of nodes.entries()) {
    await node.client.call(
      "CLUSTER",
      "ADDSLOTSRANGE",
      bounds[index] ?? 0,
      (bounds[index + 1] ?? 0) - 1,
    );
    await node.client.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
    if (index > 0) await node.client.call("CLUSTER", "MEET", "127.0.0.1", ports[0] ?? 0);
  }
  for (const node of nodes)
    await until(async () =>
      String(await node.client.call("CLUSTER", "INFO")).includes("cluster_state:ok"),
    );
  return {
    ...{ nodes, tlsPorts },
    async close() {
      for (const node of nodes) await node.close();
    },
  };
}

export interface TestSentinel {
  readonly port: number;
  readonly master: TestRedis;
  readonly replica: TestRedis;
  close(): Promise<void>;
}

export const MASTER_NAME = "sessions";

/** A master, a replica that has caught up, and a sentinel that needs no other's vote. */
export async function startSentinel(): Promise<TestSentinel> {
  const master = await startRedis();
  const replica = await startRedis(["--replicaof", "127.0.0.1", String(master.port)]);
  const folder = folderFor();
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "sentinel.conf");
  writeFileSync(
    config,
    `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds ${MASTER_NAME} 500
sentinel failover-timeout ${MASTER_NAME} 3000
`,
  );
  const running = await start(
    process.getuid?.() === 0 ? "root" : "",
    binary,
    [config, "--sentinel"],
    {
      port,
      log: join(folder, "log"),
    },
  );
  await until(async () =>
    (await replica.client.info("replication")).includes("master_link_status:up"),
  );
  const asked = clientOf(port);
  await until(async () => {
    const slaves = await asked.call("SENTINEL", "REPLICAS", MASTER_NAME);
    return Array.isArray(slaves) && slaves.length > 0;
  });
  asked.disconnect();
  return {
    port,
    master,
    replica,
    async close() {
      await running.stop("SIGKILL");
      await replica.close();
      await master.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a condition, at most half a minute. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    if (await holds().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error("It does not come true.");
    await sleep(50);
  }
}
