/** Django's db backend on MySQL and MariaDB: its table django_session. */
import { z } from "zod";
import { defineDriver } from "./driver.ts";
import { mysqlServer } from "./mysql-connect.ts";
import { mysqlFacts } from "./mysql-facts.ts";
import { findTable } from "./mysql-table.ts";
import { addressOptions, fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { createPool } from "./sql-pool.ts";
import { placeOfServer, steps } from "./sql-problems.ts";
import { commonFacts, sqlStore } from "./sql-store.ts";

const options = z.object(addressOptions(3306));

export const mysql = defineDriver({
  options,
  name: "mysql",
  title: "MySQL or MariaDB",
  summary: "The django_session table of a MySQL or MariaDB database (backends db and cached_db).",
  kind: "db",
  schemes: ["mysql", "mariadb", "mysql2", "mysqlgis"],
  steps,
  fromUrl: (url) => ({ database: "", ...fromUrl(url) }),
  identity: (address) => identityOf("mysql", address),
  suggestName: suggestedName,
  servers: serversOf,

  async open({ options: address, proxy, writable, useTz, timeZone }) {
    const server = mysqlServer(address, writable, proxy);
    const pool = createPool(server);
    try {
      await pool.run("SELECT 1");
      const version = server.version();
      const found = await findTable(pool, version, {
        ...address,
        localZone: useTz ? "UTC" : timeZone,
      });
      server.opened();
      const overSocket = address.host.startsWith("/");
      return sqlStore(found.table, {
        title: `${server.target.product} ${version.text}, ${address.database} at ${placeOfServer(server.target)}`,
        writable,
        users: found.users,
        facts: async () => [
          ...commonFacts(found.table, found.users, address.usersTable),
          ...(await mysqlFacts(found, version, overSocket)),
        ],
      });
    } catch (error) {
      await pool.close();
      throw error;
    }
  },
});
