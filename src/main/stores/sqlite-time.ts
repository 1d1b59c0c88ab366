/**
 * expire_date as SQLite holds it: text, "2023-11-28 22:13:20.250000", without a fraction when that is zero.
 *
 * With USE_TZ=True it is UTC; without, local time of TIME_ZONE with no mark of it. SQLite compares it as text.
 *
 *     USE_TZ=True                         2023-11-28 22:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *     USE_TZ=False, America/New_York      2023-11-28 17:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *
 * In the repeated hour when clocks go back a local time means the first of the two, as in Python (fold=0).
 */
import { problem } from "../problem.ts";

export interface ExpiryText {
  /** ISO with microseconds; null for what is no date. Never throws. */
  toIso(stored: unknown): string | null;
  /** Django's own text. Throws bad_request for what no Python datetime holds. */
  toStored(iso: string): string;
}

const STORED =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[ T]((?:[01]\d|2[0-3]):[0-5]\d)(:[0-5]\d)?(?:\.(\d{1,6})\d*)?( ?(?:Z|[+-]\d\d(?::?\d\d)?))?$/;

const isDay = (date: string) =>
  date.slice(8) <= "28" || new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) === date;

export function expiryText(useTz: boolean, timeZone: string): ExpiryText {
  const zone = useTz ? "UTC" : checkedZone(timeZone);
  const local = zone !== "UTC";
  // Offsets by ten minutes of local time: no zone has changed its offset within such a span since 1900.
  const offsets = new Map<string, number>();
  const offsetAt = (minute: string): number => {
    const span = minute.slice(0, 15);
    const known = offsets.get(span);
    if (known !== undefined) return known;
    // "compatible": the first of two, and in a gap the offset before it, both as Python's fold=0.
    const there = Temporal.PlainDateTime.from(`${span}0`).toZonedDateTime(zone);
    const offset = Date.parse(`${span}0:00Z`) - there.epochMilliseconds;
    if (offsets.size > 100_000) offsets.clear();
    offsets.set(span, offset);
    return offset;
  };
  return {
    toIso(stored) {
      const parts = typeof stored === "string" ? STORED.exec(stored) : null;
      if (!parts) return null;
      const [, date = "", minute = "", second = ":00", fraction = "", zoneMark] = parts;
      if (!isDay(date)) return null;
      const micros = fraction.padEnd(6, "0");
      if (zoneMark !== undefined) {
        const instant = Date.parse(
          `${date}T${minute}${second}${zoneMark.trim().replace(/^([+-]\d\d)$/, "$1:00")}`,
        );
        return Number.isNaN(instant)
          ? null
          : `${new Date(instant).toISOString().slice(0, 19)}.${micros}Z`;
      }
      if (!local) return `${date}T${minute}${second}.${micros}Z`;
      const instant = Date.parse(`${date}T${minute}${second}Z`) - offsetAt(`${date}T${minute}`);
      const text = new Date(instant).toISOString();
      return text.length === 24 ? `${text.slice(0, 19)}.${micros}Z` : null;
    },
    toStored(iso) {
      const at = instantOf(iso).toZonedDateTimeISO(zone).toPlainDateTime();
      if (at.year < 1 || at.year > 9999)
        throw problem("bad_request", `${iso} is outside the years 1 to 9999 a store can hold.`);
      const micros = at.millisecond * 1000 + at.microsecond;
      return at
        .toString({ fractionalSecondDigits: micros ? 6 : 0, roundingMode: "trunc" })
        .replace("T", " ");
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
      {
        setting: "TIME_ZONE",
      },
    );
  }
}
