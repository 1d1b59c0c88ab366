/**
 * When Django's file backend lets a session go (load() of backends/file.py):
 *
 *     limit = session["_session_expiry"] or (mtime + SESSION_COOKIE_AGE)
 *     get_expiry_age(expiry=limit) <= 0: the file is removed
 *
 * So only a date or nothing counts from a moment; a number is its own age, whatever the time:
 *
 *     nothing, 0, ""         mtime + cookie age
 *     "2026-01-01T00:00:00"  that moment; with the wrong kind of zone for USE_TZ Django raises instead
 *     900                    never: 900 > 0 for ever
 *     -5                     at once
 *     empty file             never: Django does not even look
 *     not decodable          mtime + cookie age, as for an empty dict
 *
 * Times are microseconds since 1970, UTC.
 */
import type { ExpiryReader } from "./driver.ts";

/** "never": Django's rule does not remove it; `why` for a person. */
export type Limit = { at: number } | { at: null; why: string };

export interface ExpiryRule {
  limit(data: string | Uint8Array, mtime: number): Limit;
  /** Whether expiry counts from the file's time, so that setting that sets the expiry. */
  followsMtime(data: string | Uint8Array): boolean;
  /** SESSION_COOKIE_AGE in microseconds. */
  readonly age: number;
}

const SECOND = 1e6;
const never = (why: string): Limit => ({ at: null, why });

export function expiryRule(reader: ExpiryReader, useTz: boolean, timeZone: string): ExpiryRule {
  const age = reader.cookieAge * SECOND;
  return {
    age,
    followsMtime: (data) => data.length > 0 && !reader.storedExpiry(data),
    limit(data, mtime) {
      if (data.length === 0) return never("An empty file: Django skips the expiry check.");
      const stored = reader.storedExpiry(data);
      if (!stored) return { at: mtime + age };
      if (typeof stored === "number")
        return stored > 0
          ? never("_session_expiry is a number: its age never runs out on disk.")
          : { at: mtime + stored * SECOND };
      const at = moment(stored, useTz, timeZone);
      return at === null
        ? never("_session_expiry is a text Django cannot compare with the present: loading raises.")
        : { at };
    },
  };
}

function moment(text: string, useTz: boolean, timeZone: string): number | null {
  const aware = /(?:Z|[+-]\d\d(?::?\d\d(?::?\d\d(?:\.\d+)?)?)?)$/i.test(text.slice(10));
  // Django raises TypeError for a mix of the two.
  if (aware !== useTz) return null;
  try {
    const instant = aware
      ? Temporal.Instant.from(text)
      : Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).toInstant();
    return Number(instant.epochNanoseconds / 1000n);
  } catch {
    return null;
  }
}

/** ISO with microseconds; null beyond the years ISO text sorts in (0 to 9999). */
export function isoOf(micros: number): string | null {
  const whole = Math.round(micros);
  const seconds = Math.floor(whole / SECOND);
  if (!(seconds >= -62_167_219_200 && seconds <= 253_402_300_799)) return null;
  const fraction = String(whole - seconds * SECOND).padStart(6, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Microseconds of an ISO time with an offset; throws RangeError. */
export const microsOf = (iso: string): number =>
  Number(Temporal.Instant.from(iso).epochNanoseconds / 1000n);
