/**
 * A MariaDB server of the tests' own, in a temporary folder on a free loopback port. Without its binaries, the MySQL or
 * MariaDB that SESSIONSCOPE_TEST_MYSQL_URL names (mysql://user:password@host:port/database), which may do less.
 */
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import mysql from "mysql2/promise";
import { folderOf, must, start } from "./process.ts";
import { ownServer, PASSWORD, serverAt, type TestServer, USER } from "./sql.ts";

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
    return serverAt(url, 3306);
  }
  const folder = folderOf(SYSTEM_USER);
  const data = join(folder, "data");
  must(install, [
    ...["--no-defaults", `--datadir=${data}`, "--skip-test-db", `--user=${SYSTEM_USER}`],
    "--auth-root-authentication-method=normal",
  ]);
  const shown = (name: string) => join(folder, name);
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
  const args = [
    ...["--no-defaults", `--user=${SYSTEM_USER}`, `--datadir=${data}`],
    ...["--bind-address=127.0.0.1", `--socket=${shown("socket")}`, "--skip-name-resolve"],
    ...[`--pid-file=${shown("pid")}`, `--init-file=${shown("init.sql")}`, "--skip-log-bin"],
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--sync-binlog=0"],
    ...[
      "--innodb-buffer-pool-size=512M",
      "--innodb-log-file-size=256M",
      "--max-allowed-packet=64M",
    ],
  ];
  return ownServer({
    folder,
    socketFolder: shown("socket"),
    database: "mysql",
    stopSignal: "SIGTERM",
    show(pair, { ca }) {
      must("cp", [pair.cert, shown("server.crt")]);
      must("cp", [pair.key, shown("server.key")]);
      if (process.getuid?.() === 0)
        must("chown", [SYSTEM_USER, shown("server.key"), shown("server.crt"), ca]);
    },
    run(port, tls, { ca }) {
      const shows = tls
        ? [
            `--ssl-ca=${ca}`,
            `--ssl-cert=${shown("server.crt")}`,
            `--ssl-key=${shown("server.key")}`,
          ]
        : ["--skip-ssl"];
      return start(SYSTEM_USER, server, [...args, `--port=${port}`, ...shows], {
        port,
        log: shown("log"),
      });
    },
    knock: async (made) => (await connected(made)).end(),
    async reload(made) {
      const client = await connected(made);
      await client.query("FLUSH SSL");
      await client.end();
    },
  });
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
