/** Django's db backend on PostgreSQL: its table django_session. */
import { z } from "zod";
import { defineDriver } from "./driver.ts";
import { checkAddress, postgresServer } from "./postgres-connect.ts";
import { postgresFacts } from "./postgres-facts.ts";
import { findTable } from "./postgres-table.ts";
import { addressOptions, fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { createPool } from "./sql-pool.ts";
import { placeOfServer, steps } from "./sql-problems.ts";
import { commonFacts, sqlStore } from "./sql-store.ts";

const options = z.object({
  ...addressOptions(5432),
  schema: z.string().default("").meta({
    title: "Schema",
    description: "Empty: found by the user's search_path, mostly public.",
    "x-advanced": true,
  }),
});

export const postgres = defineDriver({
  options,
  name: "postgres",
  title: "PostgreSQL",
  summary: "The django_session table of a PostgreSQL database (backends db and cached_db).",
  kind: "db",
  schemes: ["postgres", "postgresql", "psql", "pgsql", "postgis"],
  steps,
  fromUrl: (url) => ({ database: "", ...fromUrl(url) }),
  identity: (address) => identityOf("postgresql", address, address.schema),
  suggestName: suggestedName,
  servers: serversOf,

  async open({ options: address, proxy, writable, useTz, timeZone }) {
    checkAddress(address);
    const server = postgresServer(address, writable, proxy);
    const pool = createPool(server);
    try {
      const found = await findTable(pool, { ...address, localZone: useTz ? "UTC" : timeZone });
      server.opened();
      const { rows } = await pool.run(
        "SELECT split_part(current_setting('server_version'), ' ', 1)",
      );
      const overSocket = address.host.startsWith("/");
      return sqlStore(found.table, {
        title: `PostgreSQL ${rows[0]?.[0]}, ${address.database} at ${placeOfServer(server.target)}`,
        writable,
        users: found.users,
        facts: async () => [
          ...commonFacts(found.table, found.users, address.usersTable),
          ...(await postgresFacts(found, overSocket)),
        ],
      });
    } catch (error) {
      await pool.close();
      throw error;
    }
  },
});
