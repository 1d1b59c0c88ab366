/** The cookie Django would send if the session were saved at this moment. */
import type { SessionSettings, StoreKind } from "../../shared/connection.ts";
import type { CookieView, SessionRow } from "../../shared/session.ts";
import { sessionCookie } from "../engine/cookie.ts";
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { getExpireAtBrowserClose, getExpiryAge } from "../engine/lifetime.ts";
import { type GivenSettings, resolveSettings } from "../engine/settings.ts";
import { httpDate, instant, secondsOf } from "../engine/time.ts";
import { type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { lengthText } from "./inspect-words.ts";
import type { RowRules } from "./row.ts";

/** A cookie of more than this, name and value together, is dropped by browsers. */
const COOKIE_LIMIT = 4096;

/** `value` is the session key, or the whole stored value under signed_cookies. */
export function cookieOf(
  row: SessionRow,
  value: string,
  dict: PyDict | null,
  rules: RowRules,
  kind: StoreKind,
): CookieView {
  const settings = resolveSettings(given(rules.settings));
  const notes: string[] = [];
  const ends = dict ?? new Map();
  const browser = getExpireAtBrowserClose(ends, settings);
  let age: { maxAge: number; expires: string } | null = null;
  if (!browser)
    try {
      const now = instant(parseIso(rules.now), "UTC");
      const seconds = numberOf(getExpiryAge(ends, { settings, version: "5.2", now }));
      age = { maxAge: Math.trunc(seconds) + 0, expires: httpDate(secondsOf(now) + seconds) };
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
      notes.push(`Django fails when it sends this cookie: ${error.message}.`);
    }
  const length = lengthText(settings.SESSION_COOKIE_AGE);
  if (browser)
    notes.push(
      `The cookie ends with the browser; what is stored lives for SESSION_COOKIE_AGE (${length}).`,
    );
  if (row.state === "expired")
    notes.push("A browser that still sends this cookie gets a new, empty session.");
  if (!dict) notes.push("The value cannot be read, so a custom expiry in it is not known.");
  if (kind === "signed_cookies")
    notes.push("The cookie is the session: logging out does not revoke a copy of it.");
  if (!settings.SESSION_COOKIE_SECURE)
    notes.push("SESSION_COOKIE_SECURE is off: the cookie is sent over plain http as well.");
  if (!settings.SESSION_COOKIE_HTTPONLY)
    notes.push("SESSION_COOKIE_HTTPONLY is off: scripts of the page can read the cookie.");
  const sameSite = settings.SESSION_COOKIE_SAMESITE || null;
  if (sameSite === "None" && !settings.SESSION_COOKIE_SECURE)
    notes.push("Browsers refuse SameSite=None without Secure.");
  const size = settings.SESSION_COOKIE_NAME.length + value.length + 1;
  if (size > COOKIE_LIMIT) notes.push(`At ${size} bytes, browsers drop the cookie.`);
  return {
    name: settings.SESSION_COOKIE_NAME,
    value,
    maxAge: age?.maxAge ?? null,
    expires: age?.expires ?? null,
    domain: settings.SESSION_COOKIE_DOMAIN,
    path: settings.SESSION_COOKIE_PATH,
    secure: settings.SESSION_COOKIE_SECURE,
    httpOnly: settings.SESSION_COOKIE_HTTPONLY,
    sameSite,
    header: sessionCookie(settings, value, age),
    notes,
  };
}

/** The settings the engine knows under the same names. */
function given(settings: Required<SessionSettings>): GivenSettings {
  const { SESSION_COOKIE_SAMESITE, ...rest } = settings;
  return { ...rest, SESSION_COOKIE_SAMESITE: SESSION_COOKIE_SAMESITE ?? false };
}

function numberOf(age: PyValue): number {
  if (age instanceof PyFloat) return age.value;
  if (typeof age === "number" || typeof age === "bigint" || typeof age === "boolean")
    return Number(age);
  throw new PythonError("TypeError", "the stored expiry is no number of seconds");
}
