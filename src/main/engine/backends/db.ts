/**
 * django.contrib.sessions.backends.db: a row per session.
 *
 * Alive means expire_date > now, so a row is gone at the very instant it expires; clearExpired deletes
 * expire_date < now, so it is still there. exists() ignores expiry: an expired key is never handed out again.
 */
import type { PyValue } from "../../python/value.ts";
import { isPythonError, PythonError } from "../errors.ts";
import { SessionStore } from "../session.ts";
import type { Settings } from "../settings.ts";
import { instant, type Micros, type Moment, moment } from "../time.ts";
import type { Environment, Row, RowStorage } from "./ports.ts";

const columnNow = (environment: Environment): Micros =>
  moment(environment.now(), environment.settings).wall;

/** What the column holds (see Row); a naive value under USE_TZ is taken in TIME_ZONE, the reverse is refused. */
function columnTime(at: Moment, settings: Settings): Micros {
  if (settings.USE_TZ) return instant(at, settings.TIME_ZONE);
  if (at.offset === null) return at.wall;
  throw new PythonError(
    "ValueError",
    "the database backend does not support timezone-aware datetimes when USE_TZ is False.",
  );
}

export class DbSessionStore extends SessionStore {
  protected readonly rows: RowStorage;

  constructor(environment: Environment, rows: RowStorage, sessionKey: string | null = null) {
    super(environment, sessionKey);
    this.rows = rows;
  }

  /** The live row of the current key; without one the key is forgotten, so that it is never adopted. */
  protected async findRow(): Promise<Row | undefined> {
    const key = this.sessionKey;
    const row =
      key === null ? undefined : await this.rows.findLive(key, columnNow(this.environment));
    if (row === undefined) this.setSessionKey(null);
    return row;
  }

  override async load(): Promise<PyValue> {
    const row = await this.findRow();
    return row === undefined ? new Map() : this.decode(row.sessionData);
  }

  override async exists(sessionKey: string | null): Promise<boolean> {
    return sessionKey !== null && (await this.rows.exists(sessionKey));
  }

  override async create(): Promise<void> {
    while (!(await this.createUnderNewKey()));
  }

  override async save(mustCreate = false): Promise<void> {
    if (this.sessionKey === null) return this.create();
    const data = await this.data(mustCreate);
    const row: Row = {
      // A load just now may have dropped the key; the update under the drawn one then fails, as in Django.
      sessionKey: await this.keyOrNew(),
      sessionData: this.encode(data),
      expireDate: columnTime(await this.getExpiryDate(), this.environment.settings),
    };
    try {
      if (mustCreate) await this.rows.insert(row);
      else if ((await this.rows.update(row)) === 0)
        throw new PythonError("DatabaseError", "Forced update did not affect any rows.");
    } catch (error) {
      if (isPythonError(error, "IntegrityError")) {
        if (mustCreate) throw new PythonError("CreateError");
        throw error;
      }
      // Any database failure of an update counts as a vanished row, a lost connection included.
      if (isPythonError(error, "DatabaseError") && !mustCreate)
        throw new PythonError("UpdateError");
      throw error;
    }
  }

  override async delete(sessionKey: string | null = this.sessionKey): Promise<void> {
    if (sessionKey !== null) await this.rows.delete(sessionKey);
  }

  override async clearExpired(): Promise<void> {
    await this.rows.deleteExpired(columnNow(this.environment));
  }
}
