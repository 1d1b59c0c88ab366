/**
 * django.contrib.sessions.backends.cached_db: rows, written through to a cache that is read first.
 *
 * The cache holds the dict itself, pickled and unsigned, under `django.contrib.sessions.cached_db` + key. A hit is
 * believed without a look at the row, which may be gone, changed or expired.
 */
import { sessionNames } from "../../django/cache-key.ts";
import { PyDatetime, type PyValue } from "../../python/value.ts";
import { formatIso } from "../iso.ts";
import { atLeast } from "../settings.ts";
import { DbSessionStore } from "./db.ts";
import type { Cache, Environment, RowStorage } from "./ports.ts";

export const cachedDbKeyPrefix = sessionNames.cached_db;

export class CachedDbSessionStore extends DbSessionStore {
  readonly #cache: Cache;

  constructor(
    environment: Environment,
    rows: RowStorage,
    cache: Cache,
    sessionKey: string | null = null,
  ) {
    super(environment, rows, sessionKey);
    this.#cache = cache;
  }

  async #cacheKey(): Promise<string> {
    return cachedDbKeyPrefix + (await this.keyOrNew());
  }

  /** Reading the cache may fail silently; filling it may not: a cache that is down then fails every read. */
  override async load(): Promise<PyValue> {
    const cached = await this.#read();
    if (cached !== null) return cached;
    const row = await this.findRow();
    if (row === undefined) return new Map();
    const data = this.decode(row.sessionData);
    const offset = this.environment.settings.USE_TZ ? 0n : null;
    const end = new PyDatetime(formatIso({ wall: row.expireDate, offset }));
    const age = await this.getExpiryAge({ expiry: end });
    await this.#cache.set(await this.#cacheKey(), data, age);
    return data;
  }

  async #read(): Promise<PyValue> {
    try {
      return (await this.#cache.get(await this.#cacheKey())) ?? null;
    } catch {
      return null;
    }
  }

  override async exists(sessionKey: string | null): Promise<boolean> {
    if (sessionKey !== null && (await this.#cache.has(cachedDbKeyPrefix + sessionKey))) return true;
    return super.exists(sessionKey);
  }

  /** A new session is written to the cache twice, by the inner create() and here; harmless, and Django's own. */
  override async save(mustCreate = false): Promise<void> {
    await super.save(mustCreate);
    try {
      const key = await this.#cacheKey();
      const data = await this.data();
      await this.#cache.set(key, data, await this.getExpiryAge());
    } catch (error) {
      // Before 5.1 a failing cache failed the request, although the row was written.
      if (!atLeast(this.environment.version, "5.2")) throw error;
      this.environment.log({
        logger: "django.contrib.sessions",
        level: "ERROR",
        message: `Error saving to cache (${this.#cache.name})`,
      });
    }
  }

  override async delete(sessionKey: string | null = this.sessionKey): Promise<void> {
    await super.delete(sessionKey);
    if (sessionKey !== null) await this.#cache.delete(cachedDbKeyPrefix + sessionKey);
  }
}
