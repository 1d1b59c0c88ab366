/**
 * A PostgreSQL server of the tests' own, in a temporary folder on a free loopback port. Without its binaries, the one
 * that SESSIONSCOPE_TEST_POSTGRES_URL names (postgres://user:password@host:port/database), which may do less.
 */
import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import pg from "pg";
import { as, folderOf, must, start } from "./process.ts";
import { ownServer, PASSWORD, serverAt, type TestServer, USER } from "./sql.ts";

export type { OwnServer, TestServer } from "./sql.ts";
export { PASSWORD, USER };

const SYSTEM_USER = "postgres";

/** The folder of initdb and postgres; null where there are none. */
export function binaries(): string | null {
  const versions = "/usr/lib/postgresql";
  const installed = existsSync(versions)
    ? readdirSync(versions)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(versions, version, "bin"))
    : [];
  const found = [...installed, ...(process.env["PATH"] ?? "").split(delimiter)];
  return found.find((folder) => existsSync(join(folder, "initdb"))) ?? null;
}

const url = process.env["SESSIONSCOPE_TEST_POSTGRES_URL"];

/** Whether a server of the tests' own can be started. */
export const ownPostgres = binaries() !== null;

/** False: the suites skip, or fail where CI=true. */
export const hasPostgres = ownPostgres || url !== undefined;

export async function startPostgres(): Promise<TestServer> {
  const bin = binaries();
  if (bin === null) {
    if (!url) throw new Error("Neither initdb nor SESSIONSCOPE_TEST_POSTGRES_URL.");
    return serverAt(url, 5432);
  }
  const folder = folderOf(SYSTEM_USER);
  const data = join(folder, "data");
  const secret = join(folder, "password");
  writeFileSync(secret, PASSWORD);
  chmodSync(secret, 0o644);
  const [initdb, args] = as(SYSTEM_USER, join(bin, "initdb"), [
    ..."--no-sync --encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256".split(" "),
    ...["-D", data, "-U", USER, `--pwfile=${secret}`],
  ]);
  must(initdb, args);
  const shown = (name: string) => join(data, name);
  writeFileSync(
    shown("pg_hba.conf"),
    `local all all scram-sha-256
hostssl all client 127.0.0.1/32 scram-sha-256 clientcert=verify-full
hostnossl all client 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
`,
  );
  const settings = [
    ...["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "max_connections=60"],
    ...["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=256MB"],
    ...["ssl=on", "ssl_ca_file=root.crt", "autovacuum_naptime=3600", "max_wal_size=4GB"],
  ].flatMap((one) => ["-c", one]);
  return ownServer({
    folder,
    socketFolder: folder,
    database: "postgres",
    stopSignal: "SIGINT",
    show(pair, { ca }) {
      must("cp", [pair.cert, shown("server.crt")]);
      must("cp", [pair.key, shown("server.key")]);
      must("cp", [ca, shown("root.crt")]);
      must("chmod", ["600", shown("server.key")]);
      if (process.getuid?.() === 0)
        must("chown", [SYSTEM_USER, shown("server.key"), shown("server.crt"), shown("root.crt")]);
    },
    run(port, tls) {
      const off = tls ? [] : ["-c", "ssl=off"];
      const args = ["-D", data, "-p", String(port), ...settings, ...off];
      return start(SYSTEM_USER, join(bin, "postgres"), args, { port, log: join(folder, "log") });
    },
    knock: async (server) => (await connected(server)).end(),
    async reload(server) {
      const client = await connected(server);
      await client.query("SELECT pg_reload_conf()");
      await client.end();
      await new Promise((resolve) => setTimeout(resolve, 300));
    },
  });
}

/** A client that is not the driver's. */
export async function connected(server: TestServer, database?: string): Promise<pg.Client> {
  const { host, port, user, password } = server;
  const client = new pg.Client({
    ...{ host, port, user, password },
    database: database ?? server.database,
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}
