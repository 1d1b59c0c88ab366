/**
 * expire_date as SQLite holds it: text, "2023-11-28 22:13:20.250000", without a fraction when that is zero.
 *
 * With USE_TZ=True it is UTC; without, local time of TIME_ZONE with no mark of it. SQLite compares it as text.
 *
 *     USE_TZ=True                         2023-11-28 22:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 *     USE_TZ=False, America/New_York      2023-11-28 17:13:20.250000 -> 2023-11-28T22:13:20.250000Z
 */
import { zoneOf } from "./sql-zone.ts";

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
  const { local, offsetAt, wallOf } = zoneOf(useTz ? "UTC" : timeZone);
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
      const at = wallOf(iso);
      const micros = at.millisecond * 1000 + at.microsecond;
      return at
        .toString({ fractionalSecondDigits: micros ? 6 : 0, roundingMode: "trunc" })
        .replace("T", " ");
    },
  };
}
