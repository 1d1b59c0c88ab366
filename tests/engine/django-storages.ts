/** The storage ports over what real Django uses: a SQLite file, a folder, a cache table, a cache folder. */
import { randomBytes } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { cacheFileName } from "../../src/main/django/cache-key.ts";
import type { Cache, FileStorage, Row, RowStorage } from "../../src/main/engine/backends/ports.ts";
import {
  databaseCacheExpires,
  isAliveForGet,
  isAliveForHasKey,
  readDatabaseCacheValue,
  writeDatabaseCacheValue,
} from "../../src/main/engine/caches/database.ts";
import {
  cacheFileExpires,
  isCacheFileExpired,
  readCacheFile,
  writeCacheFile,
} from "../../src/main/engine/caches/filebased.ts";
import { makeCacheKey } from "../../src/main/engine/caches/keys.ts";
import { PythonError } from "../../src/main/engine/errors.ts";
import { formatIso, parseIso } from "../../src/main/engine/iso.ts";
import { addedSeconds } from "../../src/main/engine/session.ts";
import type { Micros } from "../../src/main/engine/time.ts";
import type { PyValue } from "../../src/main/python/value.ts";

const columnText = (at: Micros): string => formatIso({ wall: at, offset: null }, " ");
const columnTime = (text: string): Micros => parseIso(text).wall;
const secondsOf = (timeout: PyValue): number | null =>
  timeout === null ? null : addedSeconds(timeout);
const keySettings = { KEY_PREFIX: "", VERSION: 1 };
const utc = { USE_TZ: true, TIME_ZONE: "UTC" };

interface Columns {
  session_key: string;
  session_data: string;
  expire_date: string;
}

export class SqliteRows implements RowStorage {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async exists(sessionKey: string): Promise<boolean> {
    const sql = "SELECT 1 FROM django_session WHERE session_key = ?";
    return this.#db.prepare(sql).get(sessionKey) !== undefined;
  }

  async findLive(sessionKey: string, now: Micros): Promise<Row | undefined> {
    const row = this.#db
      .prepare<string[], Columns>(
        "SELECT * FROM django_session WHERE session_key = ? AND expire_date > ?",
      )
      .get(sessionKey, columnText(now));
    return (
      row && {
        sessionKey: row.session_key,
        sessionData: row.session_data,
        expireDate: columnTime(row.expire_date),
      }
    );
  }

  async insert(row: Row): Promise<void> {
    try {
      this.#db
        .prepare("INSERT INTO django_session VALUES (?, ?, ?)")
        .run(row.sessionKey, row.sessionData, columnText(row.expireDate));
    } catch (error) {
      throw new PythonError("IntegrityError", String(error));
    }
  }

  async update(row: Row): Promise<number> {
    return this.#db
      .prepare("UPDATE django_session SET session_data = ?, expire_date = ? WHERE session_key = ?")
      .run(row.sessionData, columnText(row.expireDate), row.sessionKey).changes;
  }

  async delete(sessionKey: string): Promise<void> {
    this.#db.prepare("DELETE FROM django_session WHERE session_key = ?").run(sessionKey);
  }

  async deleteExpired(now: Micros): Promise<number> {
    return this.#db.prepare("DELETE FROM django_session WHERE expire_date < ?").run(columnText(now))
      .changes;
  }
}

export class FolderFiles implements FileStorage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  async list(): Promise<string[]> {
    return readdirSync(this.#folder);
  }

  async exists(name: string): Promise<boolean> {
    return existsSync(this.#path(name));
  }

  async read(name: string): Promise<{ content: Uint8Array; modified: Micros } | undefined> {
    if (!existsSync(this.#path(name))) return undefined;
    const { mtimeNs } = statSync(this.#path(name), { bigint: true });
    return { content: readFileSync(this.#path(name)), modified: mtimeNs / 1000n };
  }

  async createEmpty(name: string): Promise<boolean> {
    if (existsSync(this.#path(name))) return false;
    writeFileSync(this.#path(name), "", { flag: "wx" });
    return true;
  }

  async replace(name: string, content: Uint8Array): Promise<void> {
    const temporary = this.#path(`${name}_out_${randomBytes(4).toString("hex")}`);
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, this.#path(name));
  }

  async remove(name: string): Promise<void> {
    rmSync(this.#path(name), { force: true });
  }
}

export class SqliteCache implements Cache {
  readonly name = "<django.core.cache.backends.db.DatabaseCache object>";
  readonly #db: Database;
  readonly #now: () => Micros;

  constructor(db: Database, now: () => Micros) {
    this.#db = db;
    this.#now = now;
  }

  #row(key: string): { value: string; expires: Micros } | undefined {
    const row = this.#db
      .prepare<string[], { value: string; expires: string }>(
        "SELECT value, expires FROM cache_table WHERE cache_key = ?",
      )
      .get(makeCacheKey(keySettings, key));
    return row && { value: row.value, expires: columnTime(row.expires) };
  }

  async get(key: string): Promise<PyValue | undefined> {
    const row = this.#row(key);
    if (row === undefined || !isAliveForGet(row.expires, this.#now(), utc)) return undefined;
    return readDatabaseCacheValue(row.value).value;
  }

  async has(key: string): Promise<boolean> {
    const row = this.#row(key);
    return row !== undefined && isAliveForHasKey(row.expires, this.#now(), utc);
  }

  async add(key: string, value: PyValue, timeout: PyValue): Promise<boolean> {
    if (await this.has(key)) return false;
    await this.set(key, value, timeout);
    return true;
  }

  async set(key: string, value: PyValue, timeout: PyValue): Promise<void> {
    this.#db
      .prepare("INSERT OR REPLACE INTO cache_table VALUES (?, ?, ?)")
      .run(
        makeCacheKey(keySettings, key),
        writeDatabaseCacheValue(value),
        columnText(databaseCacheExpires(secondsOf(timeout), this.#now(), utc)),
      );
  }

  async delete(key: string): Promise<void> {
    this.#db
      .prepare("DELETE FROM cache_table WHERE cache_key = ?")
      .run(makeCacheKey(keySettings, key));
  }
}

export class FolderCache implements Cache {
  readonly name = "<django.core.cache.backends.filebased.FileBasedCache object>";
  readonly #folder: string;
  readonly #now: () => Micros;

  constructor(folder: string, now: () => Micros) {
    this.#folder = folder;
    this.#now = now;
  }

  #path(key: string): string {
    return join(this.#folder, cacheFileName(makeCacheKey(keySettings, key)));
  }

  async get(key: string): Promise<PyValue | undefined> {
    if (!existsSync(this.#path(key))) return undefined;
    const entry = readCacheFile(readFileSync(this.#path(key)));
    return entry === undefined || isCacheFileExpired(entry.expires, this.#now())
      ? undefined
      : entry.pickle.value;
  }

  async has(key: string): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  async add(key: string, value: PyValue, timeout: PyValue): Promise<boolean> {
    if (await this.has(key)) return false;
    await this.set(key, value, timeout);
    return true;
  }

  async set(key: string, value: PyValue, timeout: PyValue): Promise<void> {
    writeFileSync(
      this.#path(key),
      writeCacheFile(value, cacheFileExpires(secondsOf(timeout), this.#now())),
    );
  }

  async delete(key: string): Promise<void> {
    rmSync(this.#path(key), { force: true });
  }
}
