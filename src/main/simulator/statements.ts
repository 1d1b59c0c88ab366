/** What the store was told, in the words of what keeps it. */
import type { Settings } from "../engine/settings.ts";
import { isoMicros, type Micros } from "../engine/time.ts";
import type { StoreEvent } from "./trace.ts";
import { cut } from "./words.ts";

/** SQL for rows, the low-level cache API for caches, what happens to the file for files. */
export function statementOf(event: StoreEvent, settings: Settings, now: Micros): string {
  if (event.area === "rows") return sql(event, settings, now);
  return event.area === "cache" ? cacheCall(event) : fileCall(event, settings);
}

const column = (at: Micros): string => isoMicros(at).replace("T", " ").replace(/Z$/, "");

/** Times as the column has them: UTC with USE_TZ. */
function sql({ call, key, row, hit }: StoreEvent, _: Settings, now: Micros): string {
  const data = `'${cut(row?.sessionData ?? "", 24)}'`;
  const expires = row === undefined ? "" : `'${column(row.expireDate)}'`;
  switch (call) {
    case "exists":
      return `SELECT 1 FROM django_session WHERE session_key = '${key}' -- ${hit ? "taken" : "free"}`;
    case "find":
      return `SELECT * FROM django_session WHERE session_key = '${key}' AND expire_date > '${column(now)}' -- ${hit ? "1 row" : "no row"}`;
    case "insert":
      return `INSERT INTO django_session (session_key, session_data, expire_date) VALUES ('${key}', ${data}, ${expires})`;
    case "update":
      return `UPDATE django_session SET session_data = ${data}, expire_date = ${expires} WHERE session_key = '${key}' -- ${hit ? "1 row" : "no row"}`;
    case "purge":
      return `DELETE FROM django_session WHERE expire_date < '${column(now)}' -- ${key} among them`;
    default:
      return `DELETE FROM django_session WHERE session_key = '${key}' -- ${hit ? "1 row" : "no row"}`;
  }
}

function cacheCall({ call, key, hit, expires }: StoreEvent): string {
  const name = `"…${key}"`;
  const until = expires == null ? "" : `, until ${isoMicros(expires)}`;
  switch (call) {
    case "exists":
      return `cache.has_key(${name}) -- ${hit}`;
    case "find":
      return `cache.get(${name}) -- ${hit ? "hit" : "miss"}`;
    case "insert":
      return `cache.add(${name}, …${until}) -- ${hit ? "added" : "refused"}`;
    case "update":
      return `cache.set(${name}, …${until})`;
    case "evict":
      return `-- the cache drops ${name}`;
    default:
      return `cache.delete(${name})`;
  }
}

function fileCall({ call, key, hit }: StoreEvent, settings: Settings): string {
  const name = settings.SESSION_COOKIE_NAME + key;
  switch (call) {
    case "exists":
      return `os.path.exists("${name}") -- ${hit}`;
    case "find":
      return `open("${name}").read() -- ${hit ? "found" : "no such file"}`;
    case "create":
      return `os.open("${name}", O_CREAT | O_EXCL) -- ${hit ? "made" : "taken"}`;
    case "update":
      return `os.rename(temporary, "${name}")`;
    default:
      return `os.unlink("${name}") -- ${hit ? "gone" : "no such file"}`;
  }
}
