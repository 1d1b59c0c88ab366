/** Django's db backend in a SQLite file: its table django_session. */
import { realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { problem } from "../problem.ts";
import { defineDriver, type Store } from "./driver.ts";
import { openTable, sessionTables, type Table } from "./sqlite-open.ts";
import { purge, purgeCount, purgeStatement } from "./sqlite-purge.ts";
import { count, estimate, get, page, span } from "./sqlite-read.ts";
import { scan } from "./sqlite-scan.ts";
import { expiryText } from "./sqlite-time.ts";
import { type Users, users } from "./sqlite-users.ts";
import { change, changeAll } from "./sqlite-write.ts";

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
    const [table] = await sessionTables(path).catch(() => []);
    return table === undefined ? null : { path, table };
  },

  identity: ({ path, table }) => `sqlite:${realPath(path)}#${table.toLowerCase()}`,

  suggestName: ({ path, table }) =>
    table === "django_session" ? basename(path) : `${basename(path)}, ${table}`,

  async open({ options: { path, table: tableName, usersTable, userNameColumn }, ...request }) {
    const time = expiryText(request.useTz, request.timeZone);
    const table = await openTable(resolve(path), tableName, request.writable);
    const people = usersTable ? users(table, usersTable, userNameColumn || undefined) : null;
    const purging = purge(table, time);
    const version = String(table.db.prepare("SELECT sqlite_version()").pluck().get());
    const writing = <T>(work: () => Promise<T>): Promise<T> => {
      if (!request.writable)
        throw problem("read_only", "This connection is locked against writes.", "Unlock it first.");
      return work();
    };
    const store: Store = {
      kind: "db",
      capabilities: {
        orders: ["expires", "-expires"],
        count: "exact",
        histogram: true,
        users: people !== null,
        write: true,
        purge: true,
        setExpiry: true,
        neverRemoved: false,
        partial: null,
      },
      title: `SQLite ${version.split(".", 2).join(".")}, ${table.path}`,
      writable: request.writable,
      facts: async () => factsOf(table, people, usersTable),
      now: async () => Temporal.Now.instant().toString({ fractionalSecondDigits: 6 }),
      page: (asked) => page(table, time, asked),
      scan: (asked) => scan(table, time, asked),
      get: (key, maxData) => get(table, time, key, maxData),
      count: (range, signal) => count(table, time, range, signal),
      estimate: () => estimate(table),
      span: () => span(table, time),
      write: async (asked) => writing(() => change(table, time, { op: "write", ...asked })),
      setExpiry: async (key, expires, expected) =>
        writing(() => change(table, time, { op: "setExpiry", key, expires, expected })),
      delete: async (key, expected) =>
        writing(() => change(table, time, { op: "delete", key, expected })),
      changeAll: async (changes) => writing(() => changeAll(table, time, changes)),
      purgeCount: (cutoff, signal) => purgeCount(table, time, cutoff, signal),
      purgeBatch: async (asked) => writing(() => purging.batch(asked)),
      purgeStatement: (cutoff, limit) => purgeStatement(table, time, cutoff, limit),
      ...(people && { userNames: people.names, findUsers: people.find }),
      close: async () => {
        table.db.close();
      },
    };
    return store;
  },
});

function pathOf(url: URL): string {
  try {
    if (url.host || /%00/.test(url.pathname)) throw new TypeError("no path");
    return fileURLToPath(`file://${url.pathname}`);
  } catch {
    throw problem(
      "bad_request",
      `${url.protocol}//… names no file.`,
      "A SQLite store's URL has three slashes before an absolute path: sqlite:///srv/site/db.sqlite3",
    );
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

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
