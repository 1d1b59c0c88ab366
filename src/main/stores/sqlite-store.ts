/** A store over a table of sessions in SQLite, put together from its verbs. */
import { type Store, writesOf } from "./driver.ts";
import type { Table } from "./sqlite-open.ts";
import { purge, purgeCount, purgeStatement } from "./sqlite-purge.ts";
import { count, estimate, get, page, span } from "./sqlite-read.ts";
import { scan } from "./sqlite-scan.ts";
import type { ExpiryText } from "./sqlite-time.ts";
import type { Users } from "./sqlite-users.ts";
import { change, changeAll } from "./sqlite-write.ts";

export function sqliteStore(
  table: Table,
  time: ExpiryText,
  { writable, people, facts }: Pick<Store, "writable" | "facts"> & { people: Users | null },
): Store {
  const purging = purge(table, time);
  const version = String(table.db.prepare("SELECT sqlite_version()").pluck().get());
  const writing = writesOf(writable);
  return {
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
    writable,
    facts,
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
}
