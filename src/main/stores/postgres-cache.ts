/** Sessions in a table of Django's DatabaseCache on PostgreSQL. */
import {
  cacheFromUrl,
  cacheOptions,
  neverAsMoment,
  shapeOf,
  startOf,
  withNever,
} from "./cache-table.ts";
import { cacheView } from "./cache-view.ts";
import { defineDriver } from "./driver.ts";
import { openPostgres, postgresOptions } from "./postgres-open.ts";
import { fromUrl, identityOf, serversOf, suggestedName } from "./sql-address.ts";
import { steps } from "./sql-problems.ts";
import { expiryText } from "./sql-time.ts";

const options = postgresOptions
  .omit({ usersTable: true, userNameColumn: true })
  .extend(cacheOptions);

export const postgresCache = defineDriver({
  options,
  name: "postgres-cache",
  title: "Cache table in PostgreSQL",
  summary: "The table of Django's DatabaseCache in a PostgreSQL database.",
  kind: "cache",
  schemes: ["postgres+cache", "postgresql+cache", "psql+cache", "pgsql+cache", "postgis+cache"],
  steps,
  fromUrl: (url) => ({ database: "", ...fromUrl(url), ...cacheFromUrl(url) }),
  identity: (given) => `${identityOf("postgresql", given, given.schema)}#${startOf(given)}`,
  suggestName: suggestedName,
  servers: serversOf,

  async open({ options: given, ...request }) {
    const { useTz, timeZone } = request;
    const local = expiryText(useTz ? "UTC" : timeZone, 6);
    const store = await openPostgres(
      { ...request, options: { ...given, usersTable: "", userNameColumn: "" } },
      shapeOf(given),
      ({ table, zoned }) => ({
        ...table,
        time: withNever(table.time, zoned ? neverAsMoment(local) : undefined),
      }),
    );
    return cacheView(store, given.table, startOf(given));
  },
});
