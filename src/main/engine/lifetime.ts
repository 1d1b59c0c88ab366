/**
 * When a session ends, by Django's own rules (SessionBase.get_expiry_age and its two companions), as pure
 * functions of the decoded dict. A custom expiry is kept in it under `_session_expiry`:
 *
 *     absent, None      SESSION_COOKIE_AGE after the last save
 *     300, 1.5, True    that many seconds after the last save
 *     0                 the cookie ends with the browser; what is stored lives for SESSION_COOKIE_AGE
 *     "2023-11-14T23:13:20+00:00", or a datetime out of a pickle     at that moment, however often it is saved
 */
import { typeName } from "../python/type-name.ts";
import {
  PyDate,
  PyDatetime,
  PyDecimal,
  type PyDict,
  PyFloat,
  PySet,
  PyTimedelta,
  PyTuple,
  type PyValue,
} from "../python/value.ts";
import { PythonError } from "./errors.ts";
import { parseIso } from "./iso.ts";
import { atLeast, type DjangoVersion, type Settings } from "./settings.ts";
import {
  add,
  type Micros,
  type Moment,
  microsOfSeconds,
  moment,
  subtract,
  wholeSeconds,
} from "./time.ts";

export const EXPIRY_KEY = "_session_expiry";

export type ExpirySettings = Pick<
  Settings,
  "SESSION_COOKIE_AGE" | "SESSION_EXPIRE_AT_BROWSER_CLOSE" | "USE_TZ" | "TIME_ZONE"
>;

export type ExpiryRules = {
  readonly settings: ExpirySettings;
  readonly version: DjangoVersion;
  readonly now: Micros;
  /** When it was saved; default now. */
  readonly modification?: Moment | undefined;
  /** Instead of the stored one; null means no custom expiry. */
  readonly expiry?: PyValue | undefined;
};

/** Python's `not value`. */
export function isFalsy(value: PyValue): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  if (value instanceof PyFloat) return value.value === 0;
  if (value instanceof Map) return value.size === 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof PyTuple || value instanceof PySet) return value.items.length === 0;
  if (value instanceof PyTimedelta)
    return value.days === 0 && value.seconds === 0 && value.microseconds === 0;
  return value instanceof PyDecimal && Number(value.text) === 0;
}

const stored = (data: PyDict, rules: ExpiryRules): PyValue =>
  rules.expiry === undefined ? (data.get(EXPIRY_KEY) ?? null) : rules.expiry;

/** The datetime an expiry states, or null where it states something else. ValueError for a text that is no datetime. */
function statedDate(expiry: PyValue, version: DjangoVersion): Moment | null {
  if (expiry instanceof PyDatetime) return parseIso(expiry.iso);
  // Texts are dates since 4.1; before, they were kept and failed later.
  return typeof expiry === "string" && atLeast(version, "4.2") ? parseIso(expiry) : null;
}

/**
 * get_expiry_age(): seconds from `modification` to the end, rounded down for a date; a number stored is
 * returned as it is (so is anything else that is no date). TypeError where one of the two is naive and the
 * other aware, ValueError for an unreadable date.
 */
export function getExpiryAge(data: PyDict, rules: ExpiryRules): PyValue {
  const expiry = stored(data, rules);
  if (isFalsy(expiry)) return rules.settings.SESSION_COOKIE_AGE;
  const date = statedDate(expiry, rules.version);
  if (!date) return expiry;
  return wholeSeconds(subtract(date, rules.modification ?? moment(rules.now, rules.settings)));
}

/**
 * get_expiry_date(): the datetime of the end. OverflowError outside of the years 1 to 9999, TypeError for
 * an expiry that is no number of seconds, ValueError for an unreadable date.
 */
export function getExpiryDate(data: PyDict, rules: ExpiryRules): Moment {
  const expiry = stored(data, rules);
  const date = statedDate(expiry, rules.version);
  if (date) return date;
  const from = rules.modification ?? moment(rules.now, rules.settings);
  return add(from, secondsMicros(isFalsy(expiry) ? rules.settings.SESSION_COOKIE_AGE : expiry));
}

/** timedelta(seconds=value) in microseconds. */
function secondsMicros(value: PyValue): bigint {
  if (value instanceof PyFloat) return microsOfSeconds(value.value);
  if (typeof value === "boolean") return value ? 1_000_000n : 0n;
  if (typeof value === "number" || typeof value === "bigint") return microsOfSeconds(value);
  throw new PythonError(
    "TypeError",
    `unsupported type for timedelta seconds component: ${cName(value)}`,
  );
}

/** C types carry their module in their name. */
function cName(value: PyValue): string {
  if (value instanceof PyTimedelta || value instanceof PyDate) return `datetime.${typeName(value)}`;
  return value instanceof PyDecimal ? `decimal.${typeName(value)}` : typeName(value);
}

/** get_expire_at_browser_close(): whether the cookie is sent without an end. */
export function getExpireAtBrowserClose(
  data: PyDict,
  settings: Pick<Settings, "SESSION_EXPIRE_AT_BROWSER_CLOSE">,
): boolean {
  const expiry = data.get(EXPIRY_KEY) ?? null;
  if (expiry === null) return settings.SESSION_EXPIRE_AT_BROWSER_CLOSE;
  if (expiry instanceof PyFloat) return expiry.value === 0;
  if (expiry instanceof PyDecimal) return Number(expiry.text) === 0;
  return expiry === 0 || expiry === false;
}
