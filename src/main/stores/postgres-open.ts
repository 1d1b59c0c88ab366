/** Opening a PostgreSQL database on one of its tables, as a store of that table's rows. */
import { z } from "zod";
import type { OpenRequest, Store } from "./driver.ts";
import { checkAddress, postgresServer } from "./postgres-connect.ts";
import { postgresFacts } from "./postgres-facts.ts";
import { type Found, findTable } from "./postgres-table.ts";
import { type Address, addressOptions } from "./sql-address.ts";
import { createPool } from "./sql-pool.ts";
import { placeOfServer } from "./sql-problems.ts";
import { commonFacts, sqlStore } from "./sql-store.ts";
import { SESSIONS, type Shape, type Table } from "./sql-table.ts";

export const postgresOptions = z.object({
  ...addressOptions(5432),
  schema: z.string().default("").meta({
    title: "Schema",
    description: "Empty: found by the user's search_path, mostly public.",
    "x-advanced": true,
  }),
});

/** `of`: the table as its rows are to be read. */
export async function openPostgres(
  { options: address, proxy, writable, useTz, timeZone }: OpenRequest<Address & { schema: string }>,
  shape: Shape = SESSIONS,
  of: (found: Found) => Table = ({ table }) => table,
): Promise<Store> {
  checkAddress(address);
  const server = postgresServer(address, writable, proxy);
  const pool = createPool(server);
  try {
    const localZone = useTz ? "UTC" : timeZone;
    const found = await findTable(pool, { ...address, localZone, shape });
    server.opened();
    const { rows } = await pool.run("SELECT split_part(current_setting('server_version'), ' ', 1)");
    const overSocket = address.host.startsWith("/");
    return sqlStore(of(found), {
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
}
