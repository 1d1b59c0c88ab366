/**
 * Django's SessionBase, once, asynchronous: a dict loaded on first use, two flags that nothing takes back (but see
 * pop), and an expiry kept inside the dict. What a backend adds are the methods declared abstract.
 *
 * Reading through it behaves as Django does, which is not harmless: load() may delete and create records. The
 * browser side reads with read.ts instead.
 */
import { pyRepr } from "../python/repr.ts";
import { typeName } from "../python/type-name.ts";
import {
  isDict,
  PyDatetime,
  type PyDict,
  PyFloat,
  PyTimedelta,
  type PyValue,
} from "../python/value.ts";
import { decodeSession, encodeSession } from "./backends/coding.ts";
import { storedKey } from "./backends/dict.ts";
import type { Environment } from "./backends/ports.ts";
import { isPythonError, PythonError } from "./errors.ts";
import { formatIso } from "./iso.ts";
import { acceptedKey } from "./keys.ts";
import {
  EXPIRY_KEY,
  type ExpiryRules,
  getExpireAtBrowserClose,
  getExpiryAge,
  getExpiryDate,
} from "./lifetime.ts";
import { atLeast } from "./settings.ts";
import { SESSION_SALT } from "./signing.ts";
import { add, type Moment, moment } from "./time.ts";

const testCookieName = "testcookie";
const testCookieValue = "worked";

/** `modification` defaults to now; an `expiry` of null means "none", an absent one the stored one. */
export type ExpiryArguments = Pick<ExpiryRules, "modification" | "expiry">;

export abstract class SessionStore {
  accessed = false;
  modified = false;
  protected readonly environment: Environment;
  #key: string | null;
  #data: PyValue | undefined;

  /** A key of less than eight characters counts as none. */
  constructor(environment: Environment, sessionKey: string | null = null) {
    this.environment = environment;
    this.#key = acceptedKey(sessionKey);
  }

  /** Null for a new session until its first save. */
  get sessionKey(): string | null {
    return this.#key;
  }

  protected setSessionKey(key: string | null): void {
    this.#key = acceptedKey(key);
  }

  /** Salt of the signature: Django takes the qualified name of the class, so a subclass has its own. */
  get keySalt(): string {
    return SESSION_SALT;
  }

  /** session_data for a dict; sets no flag. TypeError where the serializer cannot. */
  encode(data: PyValue): string {
    return encodeSession(this.environment, this.keySalt, data);
  }

  /** The dict of session_data; what cannot be read becomes an empty one, as in Django. */
  decode(text: string): PyValue {
    return decodeSession(this.environment, this.keySalt, text);
  }

  /** The value in memory, loaded on first use; `noLoad` takes an empty dict instead. Sets accessed. */
  protected async data(noLoad = false): Promise<PyValue> {
    this.accessed = true;
    this.#data ??= this.#key === null || noLoad ? new Map() : await this.load();
    return this.#data;
  }

  /** Puts a value in memory without loading, and without a flag. */
  protected replaceData(data: PyValue): void {
    this.#data = data;
  }

  /** A signed value that decodes to a list or a string fails here, at its first use, as in Django. */
  async #dict(): Promise<PyDict> {
    const data = await this.data();
    if (!isDict(data)) throw new PythonError("AttributeError", "session data is no dict");
    return data;
  }

  async has(key: PyValue): Promise<boolean> {
    return storedKey(await this.#dict(), key) !== undefined;
  }

  async get(key: PyValue, fallback: PyValue = null): Promise<PyValue> {
    const dict = await this.#dict();
    const stored = storedKey(dict, key);
    return stored === undefined ? fallback : (dict.get(stored) ?? null);
  }

  /** `session[key]`: KeyError where absent. */
  async getItem(key: PyValue): Promise<PyValue> {
    if (!(await this.has(key))) throw new PythonError("KeyError", pyRepr(key));
    return this.get(key);
  }

  /** `session[key] = value`: modified even where the value is equal to the old one. */
  async set(key: PyValue, value: PyValue): Promise<void> {
    const dict = await this.#dict();
    dict.set(storedKey(dict, key) ?? key, value);
    this.modified = true;
  }

  /** `del session[key]`: KeyError where absent, and then not modified. */
  async deleteItem(key: PyValue): Promise<void> {
    const dict = await this.#dict();
    const stored = storedKey(dict, key);
    if (stored === undefined) throw new PythonError("KeyError", pyRepr(key));
    dict.delete(stored);
    this.modified = true;
  }

  /**
   * Modified only where the key was there; without a fallback a missing key is a KeyError. Django looks at the flag
   * before it loads: a load that sets it (an expired file, an unreadable cookie) is forgotten here.
   */
  async pop(key: PyValue, fallback?: PyValue): Promise<PyValue> {
    const { modified } = this;
    const dict = await this.#dict();
    const stored = storedKey(dict, key);
    this.modified = modified || stored !== undefined;
    if (stored === undefined) {
      if (fallback === undefined) throw new PythonError("KeyError", pyRepr(key));
      return fallback;
    }
    const value = dict.get(stored) ?? null;
    dict.delete(stored);
    return value;
  }

  async setdefault(key: PyValue, value: PyValue): Promise<PyValue> {
    if (await this.has(key)) return this.get(key);
    await this.set(key, value);
    return value;
  }

  /** Always modified, even by an empty dict. */
  async update(values: PyDict): Promise<void> {
    await this.#dict();
    this.modified = true;
    for (const [key, value] of values) await this.set(key, value);
  }

  async keys(): Promise<PyValue[]> {
    return [...(await this.#dict()).keys()];
  }

  async values(): Promise<PyValue[]> {
    return [...(await this.#dict()).values()];
  }

  async items(): Promise<[PyValue, PyValue][]> {
    return [...(await this.#dict())];
  }

  /** Empties without loading; the key stays. */
  clear(): void {
    this.#data = new Map();
    this.accessed = true;
    this.modified = true;
  }

  /** True where there is neither a key nor data; never loads, sets no flag. */
  isEmpty(): boolean {
    if (this.#key !== null) return false;
    return this.#data === undefined || (isDict(this.#data) && this.#data.size === 0);
  }

  async setTestCookie(): Promise<void> {
    await this.set(testCookieName, testCookieValue);
  }

  async testCookieWorked(): Promise<boolean> {
    return (await this.get(testCookieName)) === testCookieValue;
  }

  async deleteTestCookie(): Promise<void> {
    await this.deleteItem(testCookieName);
  }

  getSessionCookieAge(): number {
    return this.environment.settings.SESSION_COOKIE_AGE;
  }

  /** Seconds to live: a stored number as it is, else whole ones. Loads unless `expiry` is given. */
  async getExpiryAge(given: ExpiryArguments = {}): Promise<PyValue> {
    return getExpiryAge(await this.#expiryDict(given), this.#expiryRules(given));
  }

  /** The datetime of the end. Loads unless `expiry` is given. */
  async getExpiryDate(given: ExpiryArguments = {}): Promise<Moment> {
    return getExpiryDate(await this.#expiryDict(given), this.#expiryRules(given));
  }

  async getExpireAtBrowserClose(): Promise<boolean> {
    return getExpireAtBrowserClose(await this.#dict(), this.environment.settings);
  }

  async #expiryDict({ expiry }: ExpiryArguments): Promise<PyDict> {
    return expiry === undefined ? this.#dict() : new Map();
  }

  #expiryRules(given: ExpiryArguments): ExpiryRules {
    const { settings, version } = this.environment;
    return {
      settings: {
        SESSION_COOKIE_AGE: this.getSessionCookieAge(),
        SESSION_EXPIRE_AT_BROWSER_CLOSE: settings.SESSION_EXPIRE_AT_BROWSER_CLOSE,
        USE_TZ: settings.USE_TZ,
        TIME_ZONE: settings.TIME_ZONE,
      },
      version,
      now: this.environment.now(),
      ...given,
    };
  }

  /**
   * Seconds of inactivity (0: until the browser closes), a PyDatetime, a PyTimedelta from now, or null to go back
   * to the settings. Dates are kept as ISO text since 4.1, before as themselves, which JSON then cannot write
   * (3.2 has pytz's UTC in them, this has datetime's: the same moment).
   */
  async setExpiry(value: PyValue): Promise<void> {
    if (value === null) {
      if (await this.has(EXPIRY_KEY)) await this.deleteItem(EXPIRY_KEY);
      return;
    }
    let stored = value;
    if (value instanceof PyTimedelta) {
      const now = moment(this.environment.now(), this.environment.settings);
      stored = new PyDatetime(formatIso(add(now, timedeltaMicros(value))));
    }
    if (stored instanceof PyDatetime && atLeast(this.environment.version, "4.2"))
      stored = stored.iso;
    await this.set(EXPIRY_KEY, stored);
  }

  /** Empties, deletes the record and forgets the key: the next save draws a new one. */
  async flush(): Promise<void> {
    this.clear();
    await this.delete();
    this.setSessionKey(null);
  }

  /** Same data under a new key; the old record goes last. Works on an anonymous session too. */
  async cycleKey(): Promise<void> {
    const data = await this.data();
    const key = this.#key;
    await this.create();
    this.replaceData(data);
    if (key !== null) await this.delete(key);
  }

  /** A drawn key that no record has, expired ones included. Draws for ever where exists() always says yes. */
  protected async newSessionKey(): Promise<string> {
    for (;;) {
      const key = this.environment.newKey();
      if (!(await this.exists(key))) return key;
    }
  }

  /** The current key, or a drawn one that becomes it. */
  protected async keyOrNew(): Promise<string> {
    const key = this.#key ?? (await this.newSessionKey());
    this.#key = key;
    return key;
  }

  /** One try at a record under a new key with what is in memory; false where another process took that key first. */
  protected async createUnderNewKey(): Promise<boolean> {
    this.setSessionKey(await this.newSessionKey());
    try {
      await this.save(true);
    } catch (error) {
      if (isPythonError(error, "CreateError")) return false;
      throw error;
    }
    this.modified = true;
    return true;
  }

  abstract exists(sessionKey: string | null): Promise<boolean>;

  /** A new record under a new key with whatever is in memory; sets modified. */
  abstract create(): Promise<void>;

  /** CreateError where `mustCreate` meets a taken key, UpdateError where the record has vanished. */
  abstract save(mustCreate?: boolean): Promise<void>;

  /** Deletes the record of this key, by default its own; data and key in memory stay. */
  abstract delete(sessionKey?: string): Promise<void>;

  /** The stored value. Called directly it does not put it in place. */
  abstract load(): Promise<PyValue>;

  /** Removes what has expired; nothing where the storage does so itself. */
  abstract clearExpired(): Promise<void>;
}

/** An int, float or bool as a number of seconds, undefined for anything else. */
export function secondsIn(value: PyValue): number | undefined {
  if (value instanceof PyFloat) return value.value;
  const isNumber =
    typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
  return isNumber ? Number(value) : undefined;
}

/** The number in `time.time() + value`: TypeError for what cannot be added. */
export function addedSeconds(value: PyValue): number {
  const seconds = secondsIn(value);
  if (seconds !== undefined) return seconds;
  throw new PythonError(
    "TypeError",
    `unsupported operand type(s) for +: 'float' and '${typeName(value)}'`,
  );
}

const timedeltaMicros = ({ days, seconds, microseconds }: PyTimedelta): bigint =>
  (BigInt(days) * 86400n + BigInt(seconds)) * 1_000_000n + BigInt(microseconds);
