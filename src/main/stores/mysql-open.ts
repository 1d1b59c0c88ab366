/** Opening a MySQL or MariaDB database on one of its tables, as a store of that table's rows. */
import { z } from "zod";
import type { OpenRequest, Store } from "./driver.ts";
import { mysqlServer } from "./mysql-connect.ts";
import { mysqlFacts } from "./mysql-facts.ts";
import { findTable } from "./mysql-table.ts";
import { type Address, addressOptions } from "./sql-address.ts";
import { createPool } from "./sql-pool.ts";
import { placeOfServer } from "./sql-problems.ts";
import { commonFacts, sqlStore } from "./sql-store.ts";
import { SESSIONS, type Shape, type Table } from "./sql-table.ts";

export const mysqlOptions = z.object(addressOptions(3306));

/** `of`: the table as its rows are to be read. */
export async function openMysql(
  { options: address, proxy, writable, useTz, timeZone }: OpenRequest<Address>,
  shape: Shape = SESSIONS,
  of: (table: Table) => Table = (table) => table,
): Promise<Store> {
  const server = mysqlServer(address, writable, proxy);
  const pool = createPool(server);
  try {
    await pool.run("SELECT 1");
    const version = server.version();
    const localZone = useTz ? "UTC" : timeZone;
    const found = await findTable(pool, version, { ...address, localZone, shape });
    server.opened();
    const overSocket = address.host.startsWith("/");
    return sqlStore(of(found.table), {
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
}
