/** Django's db backend on MySQL and MariaDB: its table django_session. */
import { defineDriver } from "./driver.ts";
import { mysqlOptions, openMysql } from "./mysql-open.ts";
import { fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { steps } from "./sql-problems.ts";

export const mysql = defineDriver({
  options: mysqlOptions,
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
  open: (request) => openMysql(request),
});
