/**
 * Times of day in TIME_ZONE, which a column without a zone holds with USE_TZ=False.
 *
 * In the repeated hour when clocks go back a local time means the first of the two, as in Python (fold=0), and one that
 * clocks skip is read with the offset before it.
 */
import { problem } from "../problem.ts";

export interface Zone {
  /** False where local time is UTC. */
  readonly local: boolean;
  /** What local time is ahead of UTC, in milliseconds, at a local "2023-11-28T17:13". */
  offsetAt(minute: string): number;
  /** The local time of an ISO moment. bad_request for what no Python datetime holds, and for a text without an offset. */
  wallOf(iso: string): Temporal.PlainDateTime;
}

/** bad_setting for an unknown zone. */
export function zoneOf(timeZone: string): Zone {
  const zone = checkedZone(timeZone);
  // Offsets by ten minutes of local time: no zone has changed its offset within such a span since 1900.
  const offsets = new Map<string, number>();
  return {
    local: zone !== "UTC",
    offsetAt(minute) {
      const span = `${minute.slice(0, 15)}0`;
      const known = offsets.get(span);
      if (known !== undefined) return known;
      const there = Temporal.PlainDateTime.from(span).toZonedDateTime(zone);
      const offset = Date.parse(`${span}:00Z`) - there.epochMilliseconds;
      if (offsets.size > 100_000) offsets.clear();
      offsets.set(span, offset);
      return offset;
    },
    wallOf(iso) {
      const at = instantOf(iso).toZonedDateTimeISO(zone).toPlainDateTime();
      if (at.year < 1 || at.year > 9999)
        throw problem("bad_request", `${iso} is outside the years 1 to 9999 a store can hold.`);
      return at;
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
