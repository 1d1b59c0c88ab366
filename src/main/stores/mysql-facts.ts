/** What there is to know about a session table on MySQL or MariaDB beyond its rows. */
import type { Version } from "./mysql-connect.ts";
import type { Found } from "./mysql-table.ts";
import type { Pool } from "./sql-pool.ts";
import { type Facts, megabytes } from "./sql-store.ts";
import { textOf } from "./sql-table.ts";

export async function mysqlFacts(
  { table, tableName, engine }: Found,
  version: Version,
  overSocket: boolean,
): Promise<Facts> {
  const { pool } = table;
  const { rows } = await pool.run("SELECT @@global.read_only, CURRENT_USER()");
  const [locked, user] = (rows[0] ?? []).map(textOf);
  const status = await pool.run("SHOW SESSION STATUS LIKE 'Ssl_version'");
  const tls = textOf(status.rows[0]?.[1] ?? "");
  const product = `${version.mariadb ? "MariaDB" : "MySQL"} ${version.text}`;
  const has = await privileges(pool, user ?? "", tableName);
  const lacks = ["INSERT", "UPDATE", "DELETE"].filter((name) => !has.has(name));
  const facts: Facts = [
    {
      level: "info",
      title: "Server",
      text: `${product}${locked === "1" || locked === "ON" ? ", set read-only" : ""}.`,
    },
    tls
      ? { level: "ok", title: "TLS", text: `The connection is encrypted with ${tls}.` }
      : {
          level: overSocket ? "ok" : "info",
          title: "TLS",
          text: overSocket
            ? "A unix socket: nothing goes over a network."
            : "None: what is read and written goes over the network as it is.",
        },
    lacks.length
      ? {
          level: "info",
          title: "Privileges",
          text: `${user} may read this table; ${lacks.join(", ")} is granted by a role at most.`,
        }
      : { level: "ok", title: "Privileges", text: `${user} may read and change this table.` },
    await spaceFact(pool, tableName),
  ];
  if (!/^(innodb|xtradb)$/i.test(engine))
    facts.push({
      level: "warning",
      title: "Storage engine",
      text: `${engine} has no transactions: several changes are not made together, and one that fails midway is not undone.`,
    });
  return facts;
}

/** Granted to the user itself, on the server, the database or the table. */
async function privileges(pool: Pool, user: string, tableName: string): Promise<Set<string>> {
  const at = user.lastIndexOf("@");
  const grantee = `'${user.slice(0, at)}'@'${user.slice(at + 1)}'`;
  const { rows } = await pool.run(
    `SELECT privilege_type FROM information_schema.user_privileges WHERE grantee = ?
     UNION SELECT privilege_type FROM information_schema.schema_privileges WHERE grantee = ? AND DATABASE() LIKE table_schema
     UNION SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = ? AND table_schema = DATABASE() AND table_name = ?`,
    [grantee, grantee, grantee, tableName],
  );
  return new Set(rows.map(([name]) => textOf(name)));
}

async function spaceFact(pool: Pool, tableName: string): Promise<Facts[number]> {
  const { rows } = await pool.run(
    "SELECT data_length, index_length, data_free FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
    [tableName],
  );
  const [size, indexes, free] = (rows[0] ?? []).map((cell) => Number(cell ?? 0));
  const held = `The table takes ${megabytes(size ?? 0)}, its indexes ${megabytes(indexes ?? 0)}.`;
  return {
    level: "info",
    title: "Space",
    text: free
      ? `${held} ${megabytes(free)} of its file are free and used again by new rows. OPTIMIZE TABLE gives them back to the disk: it builds the table anew beside the old one, and shuts others out at its start and end.`
      : `${held} Nothing of its file is free.`,
  };
}
