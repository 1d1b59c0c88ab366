/** Stores for end-to-end tests, made of the demo store's sessions; and looking into them past the app. */
import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { readStored } from "../../src/main/engine/read.ts";
import { makeDemo } from "../../src/main/workspace/demo.ts";

/** A SQLite store named so in the folder; its path. `times` repeats every session under other keys. */
export function makeSqlite(folder: string, name: string, times = 1): string {
  const path = join(folder, name);
  makeDemo(folder, true);
  renameSync(join(folder, "demo.sqlite3"), path);
  const db = new Database(path);
  const copy = db.prepare(
    "INSERT INTO django_session SELECT substr(session_key, 1, 28) || ?, session_data, expire_date FROM django_session WHERE length(session_key) = 32 AND session_key NOT LIKE '%zz__'",
  );
  db.transaction(() => {
    for (let n = 1; n < times; n++) copy.run(`zz${n.toString(36).padStart(2, "0")}`);
  })();
  db.close();
  return path;
}

/** A folder of files as Django's file backend writes them: 20 expired, 20 that live, 3 empty ones it never removes. */
export function makeFiles(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  const db = new Database(makeSqlite(folder, `${name}.sqlite3`), { readonly: true });
  // Anonymous carts: nothing in them sets an expiry of its own, so a file's time decides.
  const rows = db
    .prepare("SELECT session_key AS key, session_data AS data FROM django_session LIMIT 400")
    .all() as { key: string; data: string }[];
  db.close();
  const plain = rows.filter(({ data }) => {
    const { value } = readStored(data, {}, { verify: false });
    return value instanceof Map && !value.has("_session_expiry");
  });
  const old = new Date(Date.now() - 40 * 86_400_000);
  for (const [index, { key, data }] of plain.slice(0, 40).entries()) {
    const file = join(path, `sessionid${key}`);
    writeFileSync(file, data);
    if (index < 20) utimesSync(file, old, old);
  }
  for (const n of [1, 2, 3]) writeFileSync(join(path, `sessionid${String(n).repeat(32)}`), "");
  return path;
}

/** Rows of a SQLite store, expired by now and in all, as SQL sees them. */
export function countRows(path: string): { all: number; expired: number } {
  const db = new Database(path, { readonly: true });
  const now = new Date().toISOString().replace("T", " ").replace("Z", "000");
  const row = db
    .prepare("SELECT count(*) AS 'all', sum(expire_date < ?) AS expired FROM django_session")
    .get(now) as { all: number; expired: number };
  db.close();
  return { all: row.all, expired: row.expired ?? 0 };
}
