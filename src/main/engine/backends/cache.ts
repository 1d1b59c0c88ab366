/**
 * django.contrib.sessions.backends.cache: the dict in a cache, pickled and unsigned, under
 * `django.contrib.sessions.cache` + key. What the cache loses is lost; an outage looks like a logout.
 */
import { sessionNames } from "../../django/cache-key.ts";
import type { PyValue } from "../../python/value.ts";
import { PythonError } from "../errors.ts";
import { SessionStore } from "../session.ts";
import type { Cache, Environment } from "./ports.ts";

export const cacheKeyPrefix = sessionNames.cache;

export class CacheSessionStore extends SessionStore {
  readonly #cache: Cache;

  constructor(environment: Environment, cache: Cache, sessionKey: string | null = null) {
    super(environment, sessionKey);
    this.#cache = cache;
  }

  async #cacheKey(): Promise<string> {
    return cacheKeyPrefix + (await this.keyOrNew());
  }

  /** Any failure is a miss: some caches raise on keys they cannot hold. */
  override async load(): Promise<PyValue> {
    let data: PyValue = null;
    try {
      data = (await this.#cache.get(await this.#cacheKey())) ?? null;
    } catch {}
    if (data !== null) return data;
    this.setSessionKey(null);
    return new Map();
  }

  /** A cache may refuse in silence, so that a taken key and a missing server look alike: hence an end to trying. */
  override async create(): Promise<void> {
    for (let attempt = 0; attempt < 10000; attempt++) if (await this.createUnderNewKey()) return;
    throw new PythonError(
      "RuntimeError",
      "Unable to create a new session key. It is likely that the cache is unavailable.",
    );
  }

  /** Not atomic: an update looks first and then sets. */
  override async save(mustCreate = false): Promise<void> {
    if (this.sessionKey === null) return this.create();
    if (!mustCreate && ((await this.#cache.get(await this.#cacheKey())) ?? null) === null)
      throw new PythonError("UpdateError");
    const key = await this.#cacheKey();
    const data = await this.data(mustCreate);
    const age = await this.getExpiryAge();
    if (!mustCreate) await this.#cache.set(key, data, age);
    else if (!(await this.#cache.add(key, data, age))) throw new PythonError("CreateError");
  }

  override async exists(sessionKey: string | null): Promise<boolean> {
    return Boolean(sessionKey) && (await this.#cache.has(cacheKeyPrefix + sessionKey));
  }

  override async delete(sessionKey: string | null = this.sessionKey): Promise<void> {
    if (sessionKey !== null) await this.#cache.delete(cacheKeyPrefix + sessionKey);
  }

  /** The cache expires by itself. */
  override async clearExpired(): Promise<void> {}
}
