/**
 * Sessions in a table of Django's DatabaseCache in a SQLite file: cache_key, value (base64 of a pickle) and expires.
 *
 * The same verbs as for django_session, whose statements name its three columns; they are put into this table's names
 * when they are prepared (sqlite-open.ts).
 */
import { basename, resolve } from "node:path";
import { z } from "zod";
import { problem } from "../problem.ts";
import { defineDriver } from "./driver.ts";
import { pathOf, realPath } from "./sqlite-address.ts";
import { cacheView } from "./sqlite-cache-view.ts";
import { type Columns, openTable, sessionTables } from "./sqlite-open.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { expiryText } from "./sqlite-time.ts";

const advanced = { "x-advanced": true };

const options = z.object({
  path: z.string().min(1).meta({
    title: "Database file",
    description: "The SQLite file that holds the cache's table.",
    format: "path",
  }),
  table: z.string().min(1).default("django_cache").meta({
    title: "Cache table",
    description: "LOCATION in CACHES.",
  }),
  layout: z.enum(["cache", "cached_db"]).default("cache").meta({
    title: "Sessions of",
    description: "cache: the cache engine. cached_db: the copies of the cached_db engine.",
  }),
  prefix: z
    .string()
    .default("")
    .meta({ title: "Key prefix", description: "KEY_PREFIX in CACHES." }),
  version: z
    .number()
    .int()
    .default(1)
    .meta({ title: "Version", description: "VERSION in CACHES.", ...advanced }),
});

const startOf = ({ prefix, version, layout }: z.output<typeof options>): string =>
  `${prefix}:${version}:django.contrib.sessions.${layout}`;

const names = { session_key: "cache_key", session_data: "value", expire_date: "expires" };
/** As a word, and not the quoted name of a table. */
const word = /(?<!")\b(session_key|session_data|expire_date)\b(?!")/g;
const columns: Columns = {
  names: Object.values(names),
  renamed: (statement) => statement.replace(word, (name) => names[name as keyof typeof names]),
};

export const sqliteCache = defineDriver({
  options,
  name: "sqlite-cache",
  title: "Cache table in SQLite",
  summary: "The table of Django's DatabaseCache in a SQLite database.",
  kind: "cache",
  schemes: ["sqlite+cache"],

  fromUrl(url) {
    const { version, ...named } = Object.fromEntries(url.searchParams);
    if (version !== undefined && !/^\d+$/.test(version))
      throw problem("bad_request", `version is no number: ${version}.`);
    return {
      ...named,
      ...(version !== undefined && { version: Number(version) }),
      path: pathOf(url),
    } as z.input<typeof options>;
  },

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
    const store = cacheView(
      sqliteStore(table, expiryText(useTz, timeZone), {
        writable,
        people: null,
        facts: async () => [
          {
            level: "ok",
            title: "Cache table",
            text: `${table.name} with cache_key, value and expires; sessions are the keys that begin with ${start}.`,
          },
          {
            level: "info",
            title: "Culling",
            text: "Above MAX_ENTRIES (300 unless set) Django deletes expired rows first, then those whose keys sort lowest.",
          },
        ],
      }),
      start,
    );
    return { ...store, form: "database_cache", estimate: async () => null };
  },
});
