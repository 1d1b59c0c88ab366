/**
 * The session a browser's cookie leads to at a moment, found without a load: Django's own loads delete and create.
 *
 * When each engine stops serving a record:
 *     db               at expire_date
 *     cache            at the entry's time; cached_db at the later of both, since a hit is believed without the row
 *     file             a whole second short of the end (the age is cut to seconds and has to be above 0), never for a
 *                      positive number in `_session_expiry`
 *     signed_cookies   a moment after SESSION_COOKIE_AGE since the signature's second
 */

import { cacheKeyPrefix } from "../engine/backends/cache.ts";
import { cachedDbKeyPrefix } from "../engine/backends/cached-db.ts";
import { decodeSession, unsignSession } from "../engine/backends/coding.ts";
import type { EngineName } from "../engine/backends/engines.ts";
import type { Environment } from "../engine/backends/ports.ts";
import type { LocMemCache } from "../engine/caches/locmem.ts";
import { fromBase62 } from "../engine/encodings.ts";
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { EXPIRY_KEY } from "../engine/lifetime.ts";
import { secondsIn } from "../engine/session.ts";
import { atLeast } from "../engine/settings.ts";
import { SESSION_SALT, SIGNED_COOKIES_SALT } from "../engine/signing.ts";
import { instant, type Micros, microsOfSeconds, SECOND } from "../engine/time.ts";
import { loadPickle } from "../python/pickle-read.ts";
import { isDict, PyDatetime, type PyDict, type PyValue } from "../python/value.ts";
import type { MemoryFile, MemoryFiles, MemoryRows } from "./memory.ts";

export interface Present {
  readonly key: string;
  readonly data: PyDict;
  /** The first moment at which it is served no more; null: never. */
  readonly ends: Micros | null;
}

export interface Holdings {
  readonly engine: EngineName;
  readonly environment: Environment;
  readonly rows: MemoryRows;
  readonly cache: LocMemCache;
  readonly files: MemoryFiles;
}

/** Looks sessions up; values are decoded once. */
export class Lookup {
  readonly #in: Holdings;
  readonly #decoded = new WeakMap<object, PyValue>();
  #cookie: { value: string; present: Present | null } | null = null;

  constructor(holdings: Holdings) {
    this.#in = holdings;
  }

  /** Null where the next request would find nothing. The value is for looking at. */
  find(key: string): Present | null {
    const found = this.#record(key);
    if (found === null) return null;
    const { ends } = found;
    return ends !== null && ends <= this.#in.environment.now() ? null : found;
  }

  /** The dict of a stored text, decoded once per `record`; for looking at. */
  decoded(record: object, text: string): PyValue {
    const known = this.#decoded.get(record);
    if (known !== undefined) return known;
    const value = decodeSession({ ...this.#in.environment, log() {} }, SESSION_SALT, text);
    this.#decoded.set(record, value);
    return value;
  }

  /** When a file stops being served. */
  fileEnds({ content, modified }: MemoryFile, data: PyValue): Micros | null {
    if (content.length === 0) return null;
    const { settings, version } = this.#in.environment;
    const expiry = isDict(data) ? (data.get(EXPIRY_KEY) ?? null) : null;
    const seconds = secondsIn(expiry);
    if (seconds !== undefined && seconds !== 0) return seconds > 0 ? null : modified;
    try {
      if (expiry instanceof PyDatetime || (typeof expiry === "string" && atLeast(version, "4.2")))
        return lastSecond(
          instant(parseIso(expiry instanceof PyDatetime ? expiry.iso : expiry), settings.TIME_ZONE),
        );
    } catch (error) {
      // Loading such a file fails every request; it is never too old.
      if (error instanceof PythonError) return null;
      throw error;
    }
    return lastSecond(modified + microsOfSeconds(settings.SESSION_COOKIE_AGE));
  }

  #record(key: string): Present | null {
    switch (this.#in.engine) {
      case "db":
        return this.#row(key);
      case "cache":
        return this.#entry(cacheKeyPrefix, key);
      case "cached_db": {
        const copy = this.#entry(cachedDbKeyPrefix, key);
        const row = this.#row(key);
        if (copy === null || row === null) return copy ?? row;
        const { now } = this.#in.environment;
        if (copy.ends !== null && copy.ends <= now()) return row;
        return copy.ends === null || (row.ends !== null && row.ends <= copy.ends)
          ? copy
          : { ...copy, ends: row.ends };
      }
      case "file":
        return this.#file(key);
      case "signed_cookies":
        if (this.#cookie?.value !== key) this.#cookie = { value: key, present: this.#signed(key) };
        return this.#cookie.present;
    }
  }

  #row(key: string): Present | null {
    const { rows, environment } = this.#in;
    const row = rows.row(key);
    if (row === undefined) return null;
    const { USE_TZ, TIME_ZONE } = environment.settings;
    const ends = instant({ wall: row.expireDate, offset: USE_TZ ? 0n : null }, TIME_ZONE);
    return present(key, this.decoded(row, row.sessionData), ends);
  }

  #entry(prefix: string, key: string): Present | null {
    const entry = this.#in.cache.stored(prefix + key);
    if (entry === undefined) return null;
    let data = this.#decoded.get(entry.pickle);
    if (data === undefined) {
      data = loadPickle(entry.pickle).value;
      this.#decoded.set(entry.pickle, data);
    }
    return present(key, data, entry.expires);
  }

  #file(key: string): Present | null {
    const { files, environment } = this.#in;
    const file = files.file(environment.settings.SESSION_COOKIE_NAME + key);
    if (file === undefined) return null;
    const text = Buffer.from(file.content).toString();
    const data = text === "" ? new Map() : this.decoded(file, text);
    return present(key, data, this.fileEnds(file, data));
  }

  #signed(cookie: string): Present | null {
    const { environment } = this.#in;
    const { SESSION_COOKIE_AGE } = environment.settings;
    try {
      const data = unsignSession(environment, SIGNED_COOKIES_SALT, cookie, SESSION_COOKIE_AGE);
      const signedAt = fromBase62(cookie.split(":").at(-2) ?? "");
      const ends = (signedAt + BigInt(Math.trunc(SESSION_COOKIE_AGE))) * SECOND + 1n;
      return present(cookie, data, ends);
    } catch {
      return null;
    }
  }
}

const present = (key: string, data: PyValue, ends: Micros | null): Present => ({
  key,
  data: isDict(data) ? data : new Map(),
  ends,
});

const lastSecond = (end: Micros): Micros => end - SECOND + 1n;
