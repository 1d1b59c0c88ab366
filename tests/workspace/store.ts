/** A session table in a SQLite file, filled and looked at by the tests themselves. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { writeStored } from "../../src/main/engine/write.ts";
import { parseJson } from "../../src/main/python/json.ts";
import { isDict } from "../../src/main/python/value.ts";
import type { TestHost } from "./host.ts";

export const secretKey = "the secret key of the tests, nowhere else to be found";
const DAY = 86_400_000;

export interface Given {
  key: string;
  /** JSON text of the session. */
  value?: string;
  /** Days from now. */
  days?: number;
}

/** Keys of 32 characters from a short name, or from a number and in its order. */
export const keyOf = (name: string | number): string =>
  String(name).padStart(32, typeof name === "number" ? "0" : "k");

export const signed = (value: string, key = secretKey): string => {
  const dict = parseJson(value);
  if (!isDict(dict)) throw new Error("no dict");
  const now = BigInt(Date.now()) * 1000n;
  return String(writeStored(dict, { encoding: "signed", serializer: "json", secretKey: key, now }));
};

const djangoTime = (at: number): string =>
  new Date(at).toISOString().replace("T", " ").replace("Z", "000");

export const inDays = (days: number): string => djangoTime(Date.now() + days * DAY);

export function makeDatabase(path: string, sessions: Given[]): void {
  const db = new Database(path);
  db.exec(`
    CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
    CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
    CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "username" varchar(150) NOT NULL UNIQUE);
    INSERT INTO auth_user (id, username) VALUES (1, 'alice'), (2, 'bob'), (3, '2');
  `);
  const insert = db.prepare("INSERT INTO django_session VALUES (?, ?, ?)");
  db.transaction(() => {
    for (const { key, value = '{"a":1}', days = 7 } of sessions)
      insert.run(key, signed(value), inDays(days));
  })();
  db.close();
}

export interface Row {
  session_key: string;
  session_data: string;
  expire_date: string;
}

/** Runs SQL on the file as another program would. */
export function sql<Result = Row>(path: string, text: string, ...values: unknown[]): Result[] {
  const db = new Database(path, { timeout: 5000 });
  try {
    const statement = db.prepare(text);
    if (statement.reader) return statement.all(...values) as Result[];
    statement.run(...values);
    return [];
  } finally {
    db.close();
  }
}

export const rowsOf = (path: string): Row[] =>
  sql(path, "SELECT * FROM django_session ORDER BY session_key");

/** The database opened, with its key, and unlocked. */
export async function openUnlocked(
  { client, folder }: TestHost,
  sessions: Given[],
): Promise<{ path: string; connection: string }> {
  const path = join(folder, "db.sqlite3");
  makeDatabase(path, sessions);
  const store = await client.connections.openTarget({ target: path, secrets: { secretKey } });
  const connection = store.connection.id;
  await client.connections.unlock({ connection });
  return { path, connection };
}
