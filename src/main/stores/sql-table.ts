/** A session table on a SQL server, and the few places where servers' SQL differs. */
import { problem } from "../problem.ts";
import type { Pool } from "./sql-pool.ts";
import type { ExpiryText } from "./sql-time.ts";

/** A table's names for the three columns that a session is made of. */
export interface Columns {
  readonly key: string;
  readonly data: string;
  readonly expiry: string;
}

/** Of AbstractBaseSession; a table that has them holds sessions. */
export const SESSION: Columns = {
  key: "session_key",
  data: "session_data",
  expiry: "expire_date",
};

/** What the columns of a table are called, and how the keys of its sessions begin: rows of other keys are none. */
export interface Shape {
  readonly columns: Columns;
  readonly start: string;
  /** What keys may not go on with behind that; "" where anything will do. */
  readonly other: string;
}

/** Django's own: every row is a session. */
export const SESSIONS: Shape = { columns: SESSION, start: "", other: "" };

/** "session_key, session_data and expire_date" */
export const listed = ({ key, data, expiry }: Columns): string => `${key}, ${data} and ${expiry}`;

/** Word for word; what stands in quotes is text or another name. */
const WORDS =
  /"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|\b(?:session_key|session_data|expire_date)\b/g;

/** A statement over the columns of django_session, as one over a table's own. */
export function renamed(sql: string, { key, data, expiry }: Columns): string {
  const names: Record<string, string> = {
    [SESSION.key]: key,
    [SESSION.data]: data,
    [SESSION.expiry]: expiry,
  };
  return sql.replace(WORDS, (word) => names[word] ?? word);
}

/** Every statement in sql-*.ts names the columns of django_session; here they become the table's. */
export function poolFor(columns: Columns, pool: Pool): Pool {
  if (columns === SESSION) return pool;
  return {
    run: (sql, ...more) => pool.run(renamed(sql, columns), ...more),
    change: (sql, ...more) => pool.change(renamed(sql, columns), ...more),
    transaction: (work) =>
      pool.transaction((run) => work((sql, ...more) => run(renamed(sql, columns), ...more))),
    close: pool.close,
  };
}

/** Rows told by where they lie, on a server that has a way to them by that: no index is gone through to delete them. */
export interface Placed {
  /** As text, in a select list. */
  readonly column: string;
  /** Neighbours in the table have neighbouring numbers. */
  order(place: string): number;
  /**
   * Deletes, of a list of places (the first parameter), the rows that fit a condition by now and that nobody holds. What
   * lies there may have become another row, so the condition is all that protects one. `answer`: what is told of each.
   */
  delete(condition: string, answer: string): string;
}

export interface Table {
  /** Takes statements over the names in SESSION. */
  readonly pool: Pool;
  readonly columns: Columns;
  /** SQL that holds for the rows that are sessions, exactly; null: all are. */
  readonly only: string | null;
  /** Holds for these and few others, and is answered from the index on the key; null: no such condition. */
  readonly onlyByKey: string | null;
  /** As it stands in SQL, quoted. */
  readonly name: string;
  /** For FROM, where rows are wanted in order of expiry, or of the key: names the index where a server lets it. */
  readonly byExpiry: string;
  readonly byKey: string;
  /** expire_date in a condition that must not be answered from its index. */
  readonly expiryAside: string;
  /** A parameter that stands for an expire_date. */
  readonly expiryParameter: string;
  /** Name of an index that starts with expire_date; null: reading in order of expiry sorts the whole table. */
  readonly expiryIndex: string | null;
  readonly keyIndex: string | null;
  /** Columns beyond Django's three; a restored row gets their defaults. */
  readonly otherColumns: string[];
  /** Characters a key may have; null: any number. */
  readonly keyLength: number | null;
  /** Neither keys nor data may hold U+0000. */
  readonly refusesNul: boolean;
  /** Locks the rows of a SELECT; `lockFree` passes over those that others hold, where the server can. */
  readonly lock: string;
  readonly lockFree: string;
  /** What a purge locks is rows, and it waits for none. */
  readonly rowLocks: boolean;
  /** The order in which a purge deletes with the least writing: neighbours in the table itself. */
  readonly neighbours: "expiry" | "key";
  readonly time: ExpiryText;
  /** SQL that holds for one of `of` disjoint parts of all keys, a different one for each index. */
  part(index: number, of: number): string;
  /** An INSERT's end that makes it do nothing where the key is taken; empty: it fails, and `isTaken` knows. */
  readonly onTaken: string;
  /** Whether a problem says that the key is taken. */
  isTaken(error: unknown): boolean;
  /** Deletes the rows of a list of keys, which is its one parameter, and looks at no others. */
  readonly deleteList: string;
  /** null: rows are told by their keys alone. */
  readonly placed: Placed | null;
  /** A condition that holds for a list of keys, which is its one parameter. */
  readonly keyInList: string;
  /** Answers the server's clock in UTC, as canonical text. */
  readonly now: string;
  /** The number of rows by the server's statistics; null where it has none. */
  estimate(): Promise<number | null>;
  /** Begins a statement that answers the plan of another one; `planned`: the rows it expects of each branch of a union. */
  readonly explain: string;
  planned(rows: unknown[][]): number[];
}

/** Throws bad_key for text that no column of this table can hold as a key. */
export function checkKey(table: Table, key: string, writing: boolean): void {
  if (!key.isWellFormed())
    throw problem("bad_key", "The key holds half a character (a lone surrogate); no store does.");
  if (table.refusesNul && key.includes("\0"))
    throw problem("bad_key", "The key holds U+0000, which this server does not store.");
  if (writing && table.keyLength !== null && [...key].length > table.keyLength)
    throw problem("bad_key", `The key is longer than the column's ${table.keyLength} characters.`);
}

export const textOf = (cell: unknown): string =>
  Buffer.isBuffer(cell) ? cell.toString("utf8") : String(cell);
