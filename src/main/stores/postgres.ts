/** Django's db backend on PostgreSQL: its table django_session. */
import { defineDriver } from "./driver.ts";
import { openPostgres, postgresOptions } from "./postgres-open.ts";
import { fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { steps } from "./sql-problems.ts";

export const postgres = defineDriver({
  options: postgresOptions,
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
  open: (request) => openPostgres(request),
});
