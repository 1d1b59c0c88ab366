/**
 * expire_date as a server holds it: canonical text of a column, always with six digits, without a zone.
 *
 * A column with a zone (PostgreSQL's timestamptz) is read and written in UTC, whatever USE_TZ says. One without (MySQL's
 * datetime) holds UTC with USE_TZ=True and local time of TIME_ZONE without, and nothing in it says which.
 *
 *     UTC                                 2023-11-28 22:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *     USE_TZ=False, America/New_York      2023-11-28 17:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *
 * In the repeated hour when clocks go back a local time means the first of the two, as in Python (fold=0).
 */
import { problem } from "../problem.ts";

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
  const zone = checkedZone(timeZone);
  const local = zone !== "UTC";
  // Offsets by ten minutes of local time: no zone has changed its offset within such a span since 1900.
  const offsets = new Map<string, number>();
  const offsetAt = (minute: string): number => {
    const span = `${minute.slice(0, 15)}0`;
    const known = offsets.get(span);
    if (known !== undefined) return known;
    // "compatible": the first of two, and in a gap the offset before it, both as Python's fold=0.
    const there = Temporal.PlainDateTime.from(span).toZonedDateTime(zone);
    const offset = Date.parse(`${span}:00Z`) - there.epochMilliseconds;
    if (offsets.size > 100_000) offsets.clear();
    offsets.set(span, offset);
    return offset;
  };
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
      const at = instantOf(iso).toZonedDateTimeISO(zone).toPlainDateTime();
      if (at.year < 1 || at.year > 9999)
        throw problem("bad_request", `${iso} is outside the years 1 to 9999 a store can hold.`);
      const text = at.toString({ fractionalSecondDigits: 6, roundingMode: "trunc" });
      return text
        .replace("T", " ")
        .slice(0, 20 + digits)
        .padEnd(26, "0");
    },
  };
}

function instantOf(iso: string): Temporal.Instant {
  try {
    return Temporal.Instant.from(iso);
  } catch {
    throw problem("bad_request", `${JSON.stringify(iso)} is not an ISO 8601 time with an offset.`);
  }
}

function checkedZone(timeZone: string): string {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone).timeZoneId;
  } catch {
    throw problem(
      "bad_setting",
      `TIME_ZONE ${JSON.stringify(timeZone)} is no known time zone.`,
      undefined,
      { setting: "TIME_ZONE" },
    );
  }
}
