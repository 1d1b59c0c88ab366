/**
 * django.contrib.sessions.backends.file: a file per session, named SESSION_COOKIE_NAME + key, holding session_data.
 *
 * Expiry is looked at while loading and only there: an integer `_session_expiry` above zero therefore never
 * expires, anything else falls back to the file's modification time + SESSION_COOKIE_AGE. Loading an expired file
 * deletes it and creates an empty one under a new key.
 */
import { typeName } from "../../python/type-name.ts";
import { isDict, PyDatetime, type PyDict, type PyValue } from "../../python/value.ts";
import { isPythonError, PythonError } from "../errors.ts";
import { formatIso } from "../iso.ts";
import { isFileKey } from "../keys.ts";
import { EXPIRY_KEY, isFalsy } from "../lifetime.ts";
import { SessionStore, secondsIn } from "../session.ts";
import { add, type Micros, microsOfSeconds, moment } from "../time.ts";
import type { Environment, FileStorage } from "./ports.ts";

export class FileSessionStore extends SessionStore {
  readonly #files: FileStorage;

  constructor(environment: Environment, files: FileStorage, sessionKey: string | null = null) {
    super(environment, sessionKey);
    this.#files = files;
  }

  /** InvalidSessionKey before any file is touched, so no key can name a path. */
  #fileName(sessionKey: string): string {
    if (!isFileKey(sessionKey))
      throw new PythonError("InvalidSessionKey", "Invalid characters in session key");
    return this.environment.settings.SESSION_COOKIE_NAME + sessionKey;
  }

  override async load(): Promise<PyValue> {
    return this.#load(() => this.create());
  }

  /** A bad key or a missing file forgets the key. An empty file, as a crashed save leaves it, is never expired. */
  async #load(create: () => Promise<void>): Promise<PyValue> {
    const key = await this.keyOrNew();
    const file = isFileKey(key) ? await this.#files.read(this.#fileName(key)) : undefined;
    if (file === undefined) {
      this.setSessionKey(null);
      return new Map();
    }
    if (file.content.length === 0) return new Map();
    const data = this.decode(asciiText(file.content));
    if (!isDict(data)) throw new PythonError("AttributeError", "session data is no dict");
    if (await this.#isLive(data, file.modified)) return data;
    await this.delete();
    await create();
    return new Map();
  }

  async #isLive(data: PyDict, modified: Micros): Promise<boolean> {
    const age = await this.getExpiryAge({ expiry: this.#end(data, modified) });
    const seconds = secondsIn(age);
    if (seconds !== undefined) return seconds > 0;
    throw new PythonError(
      "TypeError",
      `'<=' not supported between instances of '${typeName(age)}' and 'int'`,
    );
  }

  /** The custom expiry where there is one that is not falsy, else the file's time + SESSION_COOKIE_AGE. */
  #end(data: PyDict, modified: Micros): PyValue {
    const expiry = data.get(EXPIRY_KEY) ?? null;
    if (!isFalsy(expiry)) return expiry;
    const written = moment(modified, this.environment.settings);
    return new PyDatetime(formatIso(add(written, microsOfSeconds(this.getSessionCookieAge()))));
  }

  override async exists(sessionKey: string | null): Promise<boolean> {
    return sessionKey !== null && this.#files.exists(this.#fileName(sessionKey));
  }

  override async create(): Promise<void> {
    while (!(await this.createUnderNewKey()));
  }

  /**
   * The file is made or looked for first, the content renamed over it after: a value that cannot be serialized
   * leaves an empty file behind, and a full disk goes unnoticed.
   */
  override async save(mustCreate = false): Promise<void> {
    if (this.sessionKey === null) return this.create();
    const data = await this.data(mustCreate);
    const name = this.#fileName(await this.keyOrNew());
    if (mustCreate) {
      if (!(await this.#files.createEmpty(name))) throw new PythonError("CreateError");
    } else if (!(await this.#files.exists(name))) throw new PythonError("UpdateError");
    const content = Buffer.from(this.encode(data));
    try {
      await this.#files.replace(name, content);
    } catch (error) {
      if (!isPythonError(error, "OSError")) throw error;
    }
  }

  override async delete(sessionKey: string | null = this.sessionKey): Promise<void> {
    if (sessionKey !== null) await this.#files.remove(this.#fileName(sessionKey));
  }

  /**
   * Loads every file with the prefix, creation off; expired ones go. What stays: names outside the alphabet
   * (left-over temporary files among them), keys below eight characters, empty files, positive integer expiries.
   */
  override async clearExpired(): Promise<void> {
    const prefix = this.environment.settings.SESSION_COOKIE_NAME;
    for (const name of await this.#files.list()) {
      if (!name.startsWith(prefix)) continue;
      const session = new FileSessionStore(
        this.environment,
        this.#files,
        name.slice(prefix.length),
      );
      await session.#load(async () => {});
    }
  }
}

/** Files are opened as ASCII; anything else escapes from load() as an error. */
function asciiText(content: Uint8Array): string {
  const position = content.findIndex((byte) => byte > 127);
  if (position < 0) return Buffer.from(content).toString("latin1");
  const byte = (content[position] ?? 0).toString(16).padStart(2, "0");
  throw new PythonError(
    "UnicodeDecodeError",
    `'ascii' codec can't decode byte 0x${byte} in position ${position}: ordinal not in range(128)`,
  );
}
