/** A SQLite file in a folder of its own for every test: `folder` and `path` are those of the running one. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { openSqlite, TABLE, tempFolder } from "./places.ts";

export let folder: string;
export let path: string;
export const stores: Store[] = [];

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, "db.sqlite3");
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

export async function open(options: Parameters<typeof openSqlite>[1] = {}): Promise<Store> {
  const store = await openSqlite(path, options);
  stores.push(store);
  return store;
}

export function made(sql = TABLE): Database.Database {
  const db = new Database(path);
  db.pragma("synchronous = OFF");
  db.exec(sql);
  return db;
}

export async function problemOf(work: () => Promise<unknown>) {
  const error = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof ProblemError) return error.problem;
  throw error ?? new Error("no problem");
}

export async function all(store: Store, batch = 100): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const step of store.scan({ order: "expires", batch, maxData: 1000 }))
    entries.push(...step);
  return entries;
}
