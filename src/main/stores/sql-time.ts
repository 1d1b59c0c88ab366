/**
 * expire_date as a server holds it: canonical text of a column, always with six digits, without a zone.
 *
 * A column with a zone (PostgreSQL's timestamptz) is read and written in UTC, whatever USE_TZ says. One without (MySQL's
 * datetime) holds UTC with USE_TZ=True and local time of TIME_ZONE without, and nothing in it says which.
 *
 *     UTC                                 2023-11-28 22:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *     USE_TZ=False, America/New_York      2023-11-28 17:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 */
import { zoneOf } from "./sql-zone.ts";

export interface ExpiryText {
  /** ISO with microseconds; null for what is no date ("infinity", a zero date). Never throws. */
  toIso(stored: string | null): string | null;
  /** Canonical text, cut to what the column holds. Throws bad_request for what no Python datetime holds. */
  toStored(iso: string): string;
}

const STORED = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d\.\d{6})$/;

/** Of a server's text, "2026-01-01 00:00:30.5+00": "2026-01-01 00:00:30.500000". */
export function canonical(text: string): string {
  const bare = text.endsWith("+00") ? text.slice(0, -3) : text;
  if (bare.length === 26) return bare;
  return bare.length === 19 ? `${bare}.000000` : /\.\d+$/.test(bare) ? bare.padEnd(26, "0") : text;
}

/** `digits`: of a second's fraction, 0 to 6. bad_setting for an unknown zone. */
export function expiryText(timeZone: string, digits: number): ExpiryText {
  const { local, offsetAt, wallOf } = zoneOf(timeZone);
  return {
    toIso(stored) {
      const parts = stored === null ? null : STORED.exec(stored);
      if (!parts) return null;
      const [, date = "", minute = "", rest = ""] = parts;
      if (date.startsWith("0000") || date.includes("-00")) return null;
      if (!local) return `${date}T${minute}${rest}Z`;
      const there = `${date}T${minute}`;
      const text = new Date(Date.parse(`${there}:00Z`) - offsetAt(there)).toISOString();
      return text.length === 24 ? `${text.slice(0, 16)}${rest}Z` : null;
    },
    toStored(iso) {
      const text = wallOf(iso).toString({ fractionalSecondDigits: 6, roundingMode: "trunc" });
      return text
        .replace("T", " ")
        .slice(0, 20 + digits)
        .padEnd(26, "0");
    },
  };
}
