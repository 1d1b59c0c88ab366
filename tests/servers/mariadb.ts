/**
 * A MariaDB server of the tests' own, in a temporary folder on a free loopback port. Without its binaries, the MySQL or
 * MariaDB that SESSIONSCOPE_TEST_MYSQL_URL names (mysql://user:password@host:port/database), which may do less.
 */
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import mysql from "mysql2/promise";
import { makeCertificates, type Pair } from "./certificates.ts";
import { freePort } from "./port.ts";
import { PASSWORD, type TestServer, USER } from "./postgres.ts";
import { folderOf, must, type Running, removeFolder, start } from "./process.ts";

const SYSTEM_USER = "mysql";

const find = (name: string): string | null =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/bin"]
    .map((folder) => join(folder, name))
    .find(existsSync) ?? null;

const [server, install] = [find("mariadbd"), find("mariadb-install-db")];
const url = process.env["SESSIONSCOPE_TEST_MYSQL_URL"];

/** Whether a server of the tests' own can be started. */
export const ownMysql = server !== null && install !== null;

/** False: the suites skip, or fail where CI=true. */
export const hasMysql = ownMysql || url !== undefined;

export async function startMariadb(): Promise<TestServer> {
  if (!server || !install) {
    if (!url) throw new Error("Neither mariadbd nor SESSIONSCOPE_TEST_MYSQL_URL.");
    const { hostname, port, username, password, pathname } = new URL(url);
    return {
      host: hostname,
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      own: null,
      close: async () => {},
    };
  }
  const folder = folderOf(SYSTEM_USER);
  const data = join(folder, "data");
  must(install, [
    ...["--no-defaults", `--datadir=${data}`, "--skip-test-db", `--user=${SYSTEM_USER}`],
    "--auth-root-authentication-method=normal",
  ]);
  const certificates = makeCertificates(folder, "client");
  const shown = (name: string) => join(folder, name);
  const show = (pair: Pair) => {
    must("cp", [pair.cert, shown("server.crt")]);
    must("cp", [pair.key, shown("server.key")]);
    if (process.getuid?.() === 0)
      must("chown", [SYSTEM_USER, shown("server.key"), shown("server.crt"), certificates.ca]);
  };
  show(certificates.valid);
  const quoted = PASSWORD.replaceAll("'", "''");
  writeFileSync(
    shown("init.sql"),
    `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${quoted}';
GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;
CREATE USER IF NOT EXISTS 'client'@'%' IDENTIFIED BY '${quoted}' REQUIRE X509;
GRANT SELECT ON *.* TO 'client'@'%';
`,
    { mode: 0o644 },
  );
  const port = await freePort();
  const args = [
    ...["--no-defaults", `--user=${SYSTEM_USER}`, `--datadir=${data}`, `--port=${port}`],
    ...["--bind-address=127.0.0.1", `--socket=${shown("socket")}`, "--skip-name-resolve"],
    ...[`--pid-file=${shown("pid")}`, `--init-file=${shown("init.sql")}`, "--skip-log-bin"],
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--sync-binlog=0"],
    ...[
      "--innodb-buffer-pool-size=512M",
      "--innodb-log-file-size=256M",
      "--max-allowed-packet=64M",
    ],
  ];
  const withTls = [
    ...[`--ssl-ca=${certificates.ca}`, `--ssl-cert=${shown("server.crt")}`],
    `--ssl-key=${shown("server.key")}`,
  ];
  const run = (tls = true) =>
    start(SYSTEM_USER, server, [...args, ...(tls ? withTls : ["--skip-ssl"])], {
      port,
      log: shown("log"),
    });
  let running: Running = await run();
  const made: TestServer = {
    host: "127.0.0.1",
    port,
    user: USER,
    password: PASSWORD,
    database: "mysql",
    own: {
      folder,
      socketFolder: shown("socket"),
      certificates,
      stop: (signal = "SIGTERM") => running.stop(signal),
      async start(tls) {
        running = await run(tls);
        await ready(made);
      },
      async showCertificate(pair) {
        show(pair);
        const client = await connected(made);
        await client.query("FLUSH SSL");
        await client.end();
      },
    },
    async close() {
      await running.stop();
      removeFolder(folder);
    },
  };
  await ready(made);
  return made;
}

async function ready(server: TestServer): Promise<void> {
  for (let turn = 0; ; turn++)
    try {
      await (await connected(server)).end();
      return;
    } catch (error) {
      if (turn === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** A client that is not the driver's, in UTC. */
export async function connected(server: TestServer, database?: string): Promise<mysql.Connection> {
  const { host, port, user, password } = server;
  const client = await mysql.createConnection({
    ...{ host, port, user, password },
    database: database ?? server.database,
    multipleStatements: true,
    charset: "utf8mb4",
  });
  client.on("error", () => {});
  await client.query("SET time_zone = '+00:00'");
  return client;
}
