/** Sessions in a table of Django's DatabaseCache on MySQL or MariaDB. */
import { cacheFromUrl, cacheOptions, shapeOf, startOf, withNever } from "./cache-table.ts";
import { cacheView } from "./cache-view.ts";
import { defineDriver } from "./driver.ts";
import { mysqlOptions, openMysql } from "./mysql-open.ts";
import { fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { steps } from "./sql-problems.ts";

const options = mysqlOptions.omit({ usersTable: true, userNameColumn: true }).extend(cacheOptions);

export const mysqlCache = defineDriver({
  options,
  name: "mysql-cache",
  title: "Cache table in MySQL or MariaDB",
  summary: "The table of Django's DatabaseCache in a MySQL or MariaDB database.",
  kind: "cache",
  schemes: ["mysql+cache", "mariadb+cache", "mysql2+cache", "mysqlgis+cache"],
  steps,
  fromUrl: (url) => ({ database: "", ...fromUrl(url), ...cacheFromUrl(url) }),
  identity: (given) => `${identityOf("mysql", given)}#${startOf(given)}`,
  suggestName: suggestedName,
  servers: serversOf,

  async open({ options: given, ...request }) {
    const store = await openMysql(
      { ...request, options: { ...given, usersTable: "", userNameColumn: "" } },
      shapeOf(given),
      (table) => ({ ...table, time: withNever(table.time) }),
    );
    return cacheView(store, given.table, startOf(given));
  },
});
