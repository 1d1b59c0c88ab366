/**
 * Stores behind an SSH host, by names that only it knows: TLS checks them as they are, workers find them, and what the
 * host cannot reach is said at its step.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connectionSchema } from "../../../src/shared/connection.ts";
import { makeCertificates } from "../../servers/certificates.ts";
import { ownMysql, startMariadb, connected as toMariadb } from "../../servers/mariadb.ts";
import {
  ownPostgres,
  PASSWORD,
  startPostgres,
  type TestServer,
  connected as toPostgres,
} from "../../servers/postgres.ts";
import {
  hasRedis,
  PASSWORD as REDIS_PASSWORD,
  startCluster,
  startGuarded,
} from "../../servers/redis.ts";
import { type SshServer, startSshServer } from "../../servers/ssh-server.ts";
import { newDatabase as newMysqlDatabase } from "../../stores/mysql-place.ts";
import { newDatabase } from "../../stores/postgres-place.ts";
import { redisKey } from "../../stores/redis-place.ts";
import { collect, startHost, type TestHost } from "../host.ts";
import { inDays, keyOf, signed } from "../store.ts";

/** The name of the certificate `otherHost`; no resolver ever knows it (RFC 6761). */
const NAME = "other.invalid";
const SSH_PASSWORD = "ssh-word-1";

let ssh: SshServer;
let home: string;
let host: TestHost;

beforeAll(async () => {
  ssh = await startSshServer({ names: [NAME], password: SSH_PASSWORD });
  home = mkdtempSync(join(tmpdir(), "sessionscope-"));
  mkdirSync(join(home, ".ssh"));
  writeFileSync(join(home, ".ssh", "known_hosts"), ssh.hostLine);
});
afterAll(async () => {
  await ssh.close();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  host = startHost({ lookMs: 0, env: { HOME: home, SSH_WORD: SSH_PASSWORD } });
});
afterEach(() => host.close());

const throughSsh = (driver: string, options: object, more: object = {}): Connection =>
  connectionSchema.parse({
    ...{ id: "", name: "behind", driver, options },
    tunnel: {
      ...{ host: ssh.host, port: ssh.port, user: ssh.user },
      ...{ method: "password", passwordEnv: "SSH_WORD" },
    },
    ...more,
  });

const tested = async (connection: Connection) => {
  const { steps } = await host.client.connections.test({ connection, secrets: {} });
  const last = steps.find(({ level }) => level === "failed");
  return { step: last?.step, text: last?.text, passed: steps.map(({ step }) => step) };
};

/** How many sessions a scan in worker threads finds. */
async function scanned(connection: Connection): Promise<number> {
  const { id } = await host.client.connections.save({ connection });
  await host.client.connections.open({ connection: id });
  const events = await collect(
    host.client.sessions.scan({ connection: id, filter: "size:>1", order: "expires" }),
  );
  const rows = events.flatMap((event) => (event.type === "rows" ? event.rows : []));
  await host.client.connections.close({ connection: id });
  return rows.length;
}

interface Side {
  name: string;
  driver: string;
  start(): Promise<TestServer>;
  /** A database with three sessions. */
  fill(server: TestServer): Promise<string>;
}

const insert = (table: string) =>
  ["a", "b", "c"]
    .map((key) => `('${key.repeat(32)}', '${signed('{"n":1}')}', '${inDays(7)}')`)
    .reduce((all, row, at) => `${all}${at ? ", " : ""}${row}`, `INSERT INTO ${table} VALUES `);

const sides: Side[] = [
  {
    ...{ name: "PostgreSQL", driver: "postgres", start: startPostgres },
    async fill(server) {
      const database = await newDatabase(server);
      const client = await toPostgres(server, database);
      await client.query(insert("django_session"));
      await client.end();
      return database;
    },
  },
  {
    ...{ name: "MariaDB", driver: "mysql", start: startMariadb },
    async fill(server) {
      const database = await newMysqlDatabase(server);
      const client = await toMariadb(server, database);
      await client.query(insert("django_session"));
      await client.end();
      return database;
    },
  },
];

for (const { name, driver, start, fill } of sides)
  describe.skipIf(!(driver === "postgres" ? ownPostgres : ownMysql))(name, () => {
    let server: TestServer;
    let options: object;
    beforeAll(async () => {
      server = await start();
      const { port, user, own } = server;
      const database = await fill(server);
      if (!own) throw new Error("It needs a server of the tests' own.");
      await own.showCertificate(own.certificates.otherHost);
      const tls = { tls: "verify-full", tlsCa: own.certificates.ca };
      options = { host: NAME, port, user, database, password: PASSWORD, usersTable: "", ...tls };
    }, 120_000);
    afterAll(() => server.close());

    test("is checked for its own name, and scanned in workers", async () => {
      const connection = throughSsh(driver, options);
      const { step, passed } = await tested(connection);
      expect(step).toBeUndefined();
      expect(passed.slice(0, 4)).toEqual(["ssh", "lookup", "tcp", "tls"]);
      expect(await scanned(connection)).toBe(3);
      expect(new Set(ssh.led)).toContain(`${NAME}:${server.port}`);
    });

    test("is refused under another name than its certificate's", async () => {
      const other = throughSsh(driver, { ...options, tlsName: "another.invalid" });
      expect(await tested(other)).toMatchObject({ step: "tls" });
    });

    test("says what is not led to, and by whom", async () => {
      const unknown = await tested(throughSsh(driver, { ...options, host: "no-such.invalid" }));
      expect(unknown.step).toBe("tcp");
      expect(unknown.text).toMatch(/^no-such.invalid:\d+ \(through 127.0.0.1\) cannot be reached/);
      expect(unknown.passed).toContain("ssh");
    });
  });

describe.skipIf(!hasRedis)("Redis", () => {
  let server: Awaited<ReturnType<typeof startGuarded>>;
  let options: object;
  beforeAll(async () => {
    server = await startGuarded();
    const { otherHost, ca } = server.certificates;
    await server.client.call(
      ...["CONFIG", "SET", "tls-cert-file", otherHost.cert, "tls-key-file", otherHost.key],
    );
    await server.client.call("ACL", "SETUSER", "all", "on", `>${REDIS_PASSWORD}`, "~*", "+@all");
    for (const key of ["a", "b", "c"])
      await server.client.set(redisKey(key.repeat(32)), "data", "EX", 3600);
    options = {
      ...{ hosts: `${NAME}:${server.tlsPort}`, user: "all", password: REDIS_PASSWORD },
      ...{ tls: "verify-full", tlsCa: ca },
    };
  });
  afterAll(() => server.close());

  test("is checked for its own name, and scanned in workers", async () => {
    const connection = throughSsh("redis", options);
    const { step, passed } = await tested(connection);
    expect(step).toBeUndefined();
    expect(passed.slice(0, 4)).toEqual(["ssh", "lookup", "tcp", "tls"]);
    expect(await scanned(connection)).toBe(3);
  });

  test("is refused where its certificate is for another name", async () => {
    const { valid } = server.certificates;
    const { otherHost } = server.certificates;
    const show = (pair: typeof valid) =>
      server.client.call("CONFIG", "SET", "tls-cert-file", pair.cert, "tls-key-file", pair.key);
    await show(valid);
    const { step, text } = await tested(throughSsh("redis", options));
    await show(otherHost);
    expect([step, text]).toEqual(["tls", expect.stringContaining("another host")]);
  });

  test("of another kind is taken for what it is: a wrong password, no TLS", async () => {
    const wrong = throughSsh("redis", { ...options, password: "wrong-word-2" });
    expect(await tested(wrong)).toMatchObject({ step: "authentication" });
    const plain = throughSsh("redis", { ...options, hosts: `${NAME}:${server.port}` });
    expect(await tested(plain)).toMatchObject({ step: "tls" });
  });
});

test.skipIf(!hasRedis)(
  "a cluster over TLS whose nodes name each other is scanned and written to",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "sessionscope-"));
    const { otherHost, ca } = makeCertificates(folder, "client");
    const cluster = await startCluster({ name: NAME, certificate: otherHost, ca });
    try {
      const keys = Array.from({ length: 30 }, (_, index) => keyOf(index));
      for (const key of keys)
        for (const { client } of cluster.nodes)
          await client.set(redisKey(key), "data", "EX", 3600).catch(() => {});
      const connection = throughSsh("redis", {
        ...{ mode: "cluster", hosts: `${NAME}:${cluster.tlsPorts[1]}` },
        ...{ tls: "verify-full", tlsCa: ca },
      });
      expect((await tested(connection)).text).toBeUndefined();
      expect(await scanned(connection)).toBe(30);
      const { id } = await host.client.connections.save({ connection });
      await host.client.connections.open({ connection: id });
      await host.client.connections.unlock({ connection: id });
      const report = await host.client.sessions.delete({ connection: id, keys: keys.slice(0, 9) });
      expect(report).toMatchObject({ done: 9 });
      for (const port of cluster.tlsPorts) expect(ssh.led).toContain(`${NAME}:${port}`);
    } finally {
      await host.close();
      host = startHost();
      await cluster.close();
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);

test("a unix socket and a file are not to be reached through an SSH host", async () => {
  const socket = await tested(throughSsh("redis", { hosts: "/run/redis.sock" }));
  expect(socket).toMatchObject({ step: "ssh", text: expect.stringContaining("/run/redis.sock") });
  const behind = throughSsh(
    "postgres",
    { host: NAME, database: "x" },
    { cachedBy: { driver: "memcached", options: { hosts: "/run/memcached.sock" } } },
  );
  expect(await tested(behind)).toMatchObject({
    step: "ssh",
    text: expect.stringContaining("The unix socket /run/memcached.sock"),
  });
  const file = await tested(throughSsh("sqlite", { path: "/srv/db.sqlite3" }));
  expect(file).toMatchObject({ step: "ssh", text: expect.stringContaining("disk") });
});
