/** Places for the conformance suite: real files, written by another program's means. */
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { ExpiryReader, Store } from "../../src/main/stores/driver.ts";
import { file } from "../../src/main/stores/file.ts";
import { sqlite } from "../../src/main/stores/sqlite.ts";
import { storedExpiry } from "../../src/main/workspace/stored-expiry.ts";
import type { Place, Put } from "./conformance.ts";

export const tempFolder = (): string => mkdtempSync(join(tmpdir(), "sessionscope-store-"));

export const COOKIE_AGE = 1_209_600;

export const expiry: ExpiryReader = {
  cookieAge: COOKIE_AGE,
  cookieName: "sessionid",
  storedExpiry,
};

export interface OpenWith {
  writable?: boolean;
  useTz?: boolean;
  timeZone?: string;
}

export const openSqlite = (
  path: string,
  {
    writable = false,
    useTz = true,
    timeZone = "UTC",
    ...options
  }: OpenWith & { table?: string; usersTable?: string; userNameColumn?: string } = {},
): Promise<Store> =>
  sqlite.open({
    options: sqlite.options.parse({ path, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });

export const openFolder = (
  path: string,
  {
    writable = false,
    useTz = true,
    timeZone = "UTC",
    ...options
  }: OpenWith & { cookieName?: string } = {},
): Promise<Store> =>
  file.open({
    options: file.options.parse({ path, ...options }),
    writable,
    useTz,
    timeZone,
    expiry,
  });

/** Django's own table, as its migration makes it. */
export const TABLE = `
  CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
  CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");`;

export const stored = (iso: string): string =>
  iso
    .replace("T", " ")
    .replace("Z", "")
    .replace(/\.000000$/, "");

export function sqlitePlace(journal: "wal" | "delete"): Place {
  const folder = tempFolder();
  const path = join(folder, "db.sqlite3");
  const db = new Database(path);
  db.pragma(`journal_mode = ${journal}`);
  db.pragma("synchronous = OFF");
  db.exec(TABLE);
  const insert = db.prepare<[string, string, string]>(
    "INSERT INTO django_session VALUES (?, ?, ?)",
  );
  const renew = db.prepare("UPDATE django_session SET expire_date = ? WHERE session_key = ?");
  const remove = db.prepare("DELETE FROM django_session WHERE session_key = ?");
  return {
    open: (writable) => openSqlite(path, { writable }),
    target: { driver: "sqlite", options: { path } },
    put: db.transaction((sessions: Put[]) => {
      for (const { key, expires, data = "data" } of sessions)
        insert.run(key, data, stored(expires));
    }),
    renew: (key, expires) => {
      renew.run(stored(expires), key);
    },
    remove: (key) => {
      remove.run(key);
    },
    vanish: () => rmSync(path),
    cleanUp: () => {
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function folderPlace(): Place {
  const root = tempFolder();
  const folder = join(root, "sessions");
  mkdirSync(folder);
  const fileOf = (key: string) => join(folder, `sessionid${key}`);
  const renew = (key: string, expires: string) => {
    const seconds =
      Number(Temporal.Instant.from(expires).epochNanoseconds / 1000n) / 1e6 - COOKIE_AGE;
    try {
      utimesSync(fileOf(key), seconds, seconds);
    } catch {
      // Removed meanwhile, as the suite does.
    }
  };
  return {
    open: (writable) => openFolder(folder, { writable }),
    target: { driver: "file", options: { path: folder } },
    put: (sessions) => {
      for (const { key, expires, data = "data" } of sessions) {
        writeFileSync(fileOf(key), data);
        renew(key, expires);
      }
    },
    renew,
    remove: (key) => {
      try {
        unlinkSync(fileOf(key));
      } catch {
        // Gone already.
      }
    },
    vanish: () => rmSync(folder, { recursive: true }),
    cleanUp: () => rmSync(root, { recursive: true }),
  };
}
