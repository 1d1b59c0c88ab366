/** A store over a session table on a SQL server, put together from its verbs. */
import { type Store, writesOf } from "./driver.ts";
import { edges } from "./sql-edges.ts";
import { estimates } from "./sql-estimate.ts";
import { purge, purgeCount, purgeStatement } from "./sql-purge.ts";
import { count, get, page, span } from "./sql-read.ts";
import { scan } from "./sql-scan.ts";
import { listed, type Table, textOf } from "./sql-table.ts";
import { canonical } from "./sql-time.ts";
import type { Users } from "./sql-users.ts";
import { change, changeAll } from "./sql-write.ts";

export type Facts = Awaited<ReturnType<Store["facts"]>>;

export interface SqlStore {
  title: string;
  writable: boolean;
  users: Users | null;
  facts(): Promise<Facts>;
}

export function sqlStore(table: Table, { title, writable, users, facts }: SqlStore): Store {
  const purging = purge(table);
  const writing = writesOf(writable);
  return {
    kind: "db",
    capabilities: {
      orders: ["expires", "-expires"],
      count: "exact",
      histogram: true,
      users: users !== null,
      write: true,
      purge: true,
      rowLocks: table.rowLocks,
      setExpiry: true,
      neverRemoved: false,
      partial: null,
    },
    title,
    writable,
    facts,
    async now() {
      const { rows } = await table.pool.run(table.now);
      return `${canonical(textOf(rows[0]?.[0])).replace(" ", "T")}Z`;
    },
    page: (asked) => page(table, asked),
    scan: (asked) => scan(table, asked),
    edges: (of) => edges(table, of),
    get: (key, maxData) => get(table, key, maxData),
    count: (range, signal) => count(table, range, signal),
    estimate: () => table.estimate(),
    estimates: (ranges) => estimates(table, ranges),
    span: () => span(table),
    write: async (asked) => writing(() => change(table, { op: "write", ...asked })),
    setExpiry: async (key, expires, expected) =>
      writing(() => change(table, { op: "setExpiry", key, expires, expected })),
    delete: async (key, expected) => writing(() => change(table, { op: "delete", key, expected })),
    changeAll: async (changes) => writing(() => changeAll(table, changes)),
    purgeCount: (cutoff, signal) => purgeCount(table, cutoff, signal),
    purgeBatch: async (asked) => writing(() => purging.batch(asked)),
    purgeStatement: (cutoff, limit) => purgeStatement(table, cutoff, limit),
    ...(users && { userNames: users.names, findUsers: users.find }),
    close: () => table.pool.close(),
  };
}

const MB = 1024 * 1024;

export const megabytes = (bytes: number): string =>
  bytes >= 10 * MB ? `${Math.round(bytes / MB)} MB` : `${(bytes / MB).toFixed(1)} MB`;

/** What every SQL server's session table is asked. */
export function commonFacts(table: Table, users: Users | null, usersTable: string): Facts {
  const { columns } = table;
  const sole = table.only === null;
  const facts: Facts = [
    ...(sole
      ? [
          {
            level: "ok" as const,
            title: "Session table",
            text: `${table.name} with ${listed(columns)}.`,
          },
          usersFact(users, usersTable),
        ]
      : []),
    table.expiryIndex
      ? { level: "ok", title: "Index", text: `Pages are read from ${table.expiryIndex}.` }
      : {
          level: "warning",
          title: `No index on ${columns.expiry}`,
          text: `Every page sorts the whole table. ${sole ? "Django's own migration" : "createcachetable"} makes this index.`,
        },
  ];
  if (!table.keyIndex)
    facts.push({
      level: "warning",
      title: `No unique ${columns.key}`,
      text: "Finding one session reads the whole table, and two rows may have one key.",
    });
  if (table.otherColumns.length)
    facts.push({
      level: "warning",
      title: "Other columns",
      text: `${table.otherColumns.join(", ")}: neither shown nor kept in the recycle bin; a session put back gets their defaults.`,
    });
  return facts;
}

const usersFact = (users: Users | null, usersTable: string): Facts[number] =>
  users
    ? {
        level: "ok",
        title: "Users",
        text: `Names from ${users.name}, column ${users.nameColumn}.`,
      }
    : {
        level: "info",
        title: "Users",
        text: usersTable
          ? `No table ${usersTable} with a name column that may be read: users are shown by id.`
          : "Users are shown by id.",
      };
