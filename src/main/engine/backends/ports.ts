/**
 * What a backend needs from the outside: a clock and keys, and one of three storages. The engine does no I/O of
 * its own; the simulator hands in memory, the tests hand in real SQLite and real folders.
 *
 * Failures that Django's code looks at are PythonErrors: IntegrityError and DatabaseError from rows, anything
 * from a cache; a FileStorage answers undefined or false where the file is missing.
 */
import type { PyValue } from "../../python/value.ts";
import type { DjangoVersion, Settings } from "../settings.ts";
import type { Micros } from "../time.ts";

/** One line of Django's logging: `django.security.SuspiciousSession` and `django.contrib.sessions` are used. */
export interface LogLine {
  logger: string;
  level: "WARNING" | "ERROR";
  message: string;
}

/** What every backend is built with. Settings are read at each use, so a change takes effect at once, as in Django. */
export interface Environment {
  readonly version: DjangoVersion;
  readonly settings: Settings;
  /** Microseconds since the epoch. */
  now(): Micros;
  /** A candidate for a new session key: 32 characters of a-z0-9. */
  newKey(): string;
  log(line: LogLine): void;
}

/**
 * A row of django_session. `expireDate` is in microseconds: the instant with USE_TZ, else the wall clock of
 * TIME_ZONE read as if it were UTC, because that is what Django puts into the column and compares with.
 */
export interface Row {
  sessionKey: string;
  sessionData: string;
  expireDate: Micros;
}

export interface RowStorage {
  /** Whatever its expiry. */
  exists(sessionKey: string): Promise<boolean>;
  /** The row whose expireDate is greater than `now`. */
  findLive(sessionKey: string, now: Micros): Promise<Row | undefined>;
  /** Throws IntegrityError where the key is taken. */
  insert(row: Row): Promise<void>;
  /** Rows matched (not changed): 0 where the key is gone. */
  update(row: Row): Promise<number>;
  delete(sessionKey: string): Promise<void>;
  /** Deletes every row whose expireDate is less than `now`; says how many. */
  deleteExpired(now: Micros): Promise<number>;
}

/**
 * Django's low-level cache API, keys before KEY_FUNCTION. `timeout` is what get_expiry_age() gave: a number of
 * seconds, or something that is none, which fails in the cache (addedSeconds of session.ts) as it does in Django.
 */
export interface Cache {
  /** How Django's log prints the cache, e.g. `<django.core.cache.backends.locmem.LocMemCache object>`. */
  readonly name: string;
  get(key: string): Promise<PyValue | undefined>;
  /** False where the key is taken, or where the cache failed silently. */
  add(key: string, value: PyValue, timeout: PyValue): Promise<boolean>;
  set(key: string, value: PyValue, timeout: PyValue): Promise<void>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** A folder of session files, by bare file name. */
export interface FileStorage {
  list(): Promise<string[]>;
  exists(name: string): Promise<boolean>;
  /** Undefined where the file is missing or cannot be read. `modified` in microseconds since the epoch. */
  read(name: string): Promise<{ content: Uint8Array; modified: Micros } | undefined>;
  /** An empty file, created exclusively; false where it exists. */
  createEmpty(name: string): Promise<boolean>;
  /** Writes a temporary file beside it and renames over it; throws OSError where that fails. */
  replace(name: string, content: Uint8Array): Promise<void>;
  /** A missing file is fine. */
  remove(name: string): Promise<void>;
}
