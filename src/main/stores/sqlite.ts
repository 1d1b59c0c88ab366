/** Django's db backend in a SQLite file: its table django_session. */
import { basename, resolve } from "node:path";
import { z } from "zod";
import { ProblemError } from "../problem.ts";
import { defineDriver, type Store } from "./driver.ts";
import { pathOf, realPath } from "./sqlite-address.ts";
import { openTable, sessionTables, type Table } from "./sqlite-open.ts";
import { sqliteStore } from "./sqlite-store.ts";
import { expiryText } from "./sqlite-time.ts";
import { type Users, users } from "./sqlite-users.ts";

const advanced = { "x-advanced": true };

const options = z.object({
  path: z.string().min(1).meta({
    title: "Database file",
    description: "The SQLite file the site uses, often db.sqlite3.",
    format: "path",
  }),
  table: z.string().min(1).default("django_session").meta({
    title: "Session table",
    description: "The table of the session model.",
  }),
  usersTable: z
    .string()
    .default("auth_user")
    .meta({
      title: "Users table",
      description: "Names of users are read from it. Empty: no names.",
      ...advanced,
    }),
  userNameColumn: z
    .string()
    .default("")
    .meta({
      title: "User name column",
      description: "Empty: username, else email, else the first text column.",
      ...advanced,
    }),
});

export const sqlite = defineDriver({
  options,
  name: "sqlite",
  title: "SQLite file",
  summary: "The django_session table of a SQLite database (backends db and cached_db).",
  kind: "db",
  schemes: ["sqlite", "sqlite3"],

  fromUrl(url) {
    const named = Object.fromEntries(url.searchParams);
    return { ...named, path: pathOf(url) };
  },

  async detect(path) {
    const [table] = await sessionTables(path).catch((error: unknown) => {
      // A locked file is SQLite's all the same; another driver, or a later look, would call it something else.
      if (error instanceof ProblemError && error.problem.code === "locked") throw error;
      return [];
    });
    return table === undefined ? null : { path, table };
  },

  identity: ({ path, table }) => `sqlite:${realPath(path)}#${table.toLowerCase()}`,

  suggestName: ({ path, table }) =>
    table === "django_session" ? basename(path) : `${basename(path)}, ${table}`,

  async open({ options: { path, table: tableName, usersTable, userNameColumn }, ...request }) {
    const time = expiryText(request.useTz, request.timeZone);
    const table = await openTable(resolve(path), tableName, request.writable);
    const people = usersTable ? users(table, usersTable, userNameColumn || undefined) : null;
    return sqliteStore(table, time, {
      writable: request.writable,
      people,
      facts: async () => factsOf(table, people, usersTable),
    });
  },
});

type Facts = Awaited<ReturnType<Store["facts"]>>;

function factsOf(table: Table, people: Users | null, usersTable: string): Facts {
  const journal = String(table.db.pragma("journal_mode", { simple: true }));
  const facts: Facts = [
    {
      level: "ok",
      title: "Session table",
      text: `${table.name} with session_key, session_data and expire_date.`,
    },
    table.expiryIndex
      ? { level: "ok", title: "Index", text: `Pages are read from ${table.expiryIndex}.` }
      : {
          level: "warning",
          title: "No index on expire_date",
          text: "Every page sorts the whole table. Django's own migration makes this index.",
        },
    {
      level: "info",
      title: "Journal",
      text:
        journal === "wal"
          ? "WAL: readers and the site's writers do not wait for each other."
          : `${journal}: a reader and a committing writer wait for each other, a few ms each.`,
    },
    people
      ? {
          level: "ok",
          title: "Users",
          text: `Names from ${people.name}, column ${people.nameColumn}.`,
        }
      : {
          level: "info",
          title: "Users",
          text: usersTable
            ? `No table ${usersTable} with a name column: users are shown by id.`
            : "Users are shown by id.",
        },
  ];
  if (table.otherColumns.length)
    facts.push({
      level: "warning",
      title: "Other columns",
      text: `${table.otherColumns.join(", ")}: neither shown nor kept in the recycle bin; a session put back gets their defaults.`,
    });
  return facts;
}
