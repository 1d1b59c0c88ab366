/**
 * Sessions in a table of Django's DatabaseCache in a SQLite file.
 *
 * The same verbs as for django_session, whose statements name its three columns; they are put into this table's names
 * when they are prepared (sqlite-open.ts).
 */
import { basename, resolve } from "node:path";
import { z } from "zod";
import { CACHE, cacheFromUrl, cacheOptions, shapeOf, startOf, withNever } from "./cache-table.ts";
import { cacheView } from "./cache-view.ts";
import { defineDriver } from "./driver.ts";
import { renamed } from "./sql-table.ts";
import { pathOf, realPath } from "./sqlite-address.ts";
import { sessionsAmong } from "./sqlite-cache-rows.ts";
import { type Columns, openTable, sessionTables } from "./sqlite-open.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { expiryText } from "./sqlite-time.ts";

const options = z.object({
  path: z.string().min(1).meta({
    title: "Database file",
    description: "The SQLite file that holds the cache's table.",
    format: "path",
  }),
  ...cacheOptions,
});

const columns: Columns = {
  names: Object.values(CACHE),
  renamed: (statement) => renamed(statement, CACHE),
};

export const sqliteCache = defineDriver({
  options,
  name: "sqlite-cache",
  title: "Cache table in SQLite",
  summary: "The table of Django's DatabaseCache in a SQLite database.",
  kind: "cache",
  schemes: ["sqlite+cache"],
  fromUrl: (url) => ({ ...cacheFromUrl(url), path: pathOf(url) }),

  async detect(path) {
    const [table] = await sessionTables(path, columns).catch(() => []);
    return table === undefined ? null : { path, table };
  },

  identity: (given) =>
    `sqlite-cache:${realPath(given.path)}#${given.table.toLowerCase()}#${startOf(given)}`,

  suggestName: ({ path, table }) => `${basename(path)}, ${table}`,

  async open({ options: given, writable, useTz, timeZone }) {
    const table = await openTable(resolve(given.path), given.table, writable, columns);
    const start = startOf(given);
    const time = withNever(expiryText(useTz, timeZone), "9999-12-31 23:59:59");
    const store = sqliteStore(table, time, { writable, people: null, facts: async () => [] });
    return cacheView(sessionsAmong(store, shapeOf(given)), given.table, start);
  },
});
