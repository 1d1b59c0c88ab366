/**
 * Points in time as Python's datetime sees them.
 *
 * A `Micros` is an instant: microseconds since 1970-01-01T00:00:00Z. A `Moment` is a Python datetime:
 * a wall clock, with an offset from UTC when aware and without one when naive. Naive arithmetic ignores
 * daylight saving time, as Python's does.
 *
 *     1700000000250000n  <->  2023-11-14T22:13:20.250000Z
 *     moment(1700000000250000n, { USE_TZ: false, TIME_ZONE: "America/New_York" })
 *         = { wall: 1699982000250000n, offset: null }       # 17:13:20.25 in New York
 */
import { PythonError } from "./errors.ts";

/** Microseconds since the Unix epoch, UTC. */
export type Micros = bigint;

/** `wall` counts microseconds since 1970-01-01T00:00:00 on the moment's own clock; `offset` is in microseconds. */
export type Moment = { readonly wall: bigint; readonly offset: bigint | null };

export type ZoneSettings = { readonly USE_TZ: boolean; readonly TIME_ZONE: string };

export const SECOND = 1_000_000n;
/** The years 1 to 9999, which is all that Python's datetime knows. */
export const MIN_WALL = -62135596800000000n;
export const MAX_WALL = 253402300799999999n;

const floorDiv = (a: bigint, b: bigint): bigint => {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
};

/** Days since the epoch of a proleptic Gregorian date. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719468
  );
}

/** The calendar fields of a wall clock. */
export function civil(wall: bigint): {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  /** 0 is Monday. */
  weekday: number;
} {
  const seconds = floorDiv(wall, SECOND);
  const microsecond = Number(wall - seconds * SECOND);
  const days = Number(floorDiv(seconds, 86400n));
  const rest = Number(seconds) - days * 86400;
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    microsecond,
    weekday: (((days + 3) % 7) + 7) % 7,
  };
}

/** Python's round(): half to even. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Microseconds of a number of seconds, rounded half to even as timedelta(seconds=x) does. */
export function microsOfSeconds(seconds: number | bigint): bigint {
  if (typeof seconds === "bigint") return seconds * SECOND;
  if (Number.isNaN(seconds))
    throw new PythonError("ValueError", "cannot convert float NaN to integer");
  if (!Number.isFinite(seconds))
    throw new PythonError("OverflowError", "cannot convert float infinity to integer");
  const whole = Math.trunc(seconds);
  return BigInt(whole) * SECOND + BigInt(roundHalfEven((seconds - whole) * 1e6));
}

/** What Python's time.time() gives at that instant: the nearest float, in seconds. */
export const secondsOf = (at: Micros): number => Number(at) / 1e6;

/** Django's timezone.now(): aware UTC with USE_TZ, else naive local time of TIME_ZONE. */
export function moment(at: Micros, zone: ZoneSettings): Moment {
  if (zone.USE_TZ) return { wall: at, offset: 0n };
  return { wall: at + zoneOffset(at, zone.TIME_ZONE), offset: null };
}

function zoneOffset(at: Micros, timeZone: string): bigint {
  if (timeZone === "UTC") return 0n;
  const instant = new Temporal.Instant(at * 1000n);
  return BigInt(instant.toZonedDateTimeISO(timeZone).offsetNanoseconds / 1000);
}

/**
 * The instant of a moment. A naive one is read as local time of `timeZone`: the earlier of two at
 * the end of daylight saving time, and moved forward in the gap, as Python's fold=0.
 */
export function instant(at: Moment, timeZone: string): Micros {
  if (at.offset !== null) return at.wall - at.offset;
  if (timeZone === "UTC") return at.wall;
  const { microsecond, ...fields } = civil(at.wall);
  const local = Temporal.PlainDateTime.from({
    year: fields.year,
    month: fields.month,
    day: fields.day,
    hour: fields.hour,
    minute: fields.minute,
    second: fields.second,
  });
  return local.toZonedDateTime(timeZone).epochNanoseconds / 1000n + BigInt(microsecond);
}

/** datetime + timedelta. OverflowError outside of the years 1 to 9999. */
export function add(at: Moment, micros: bigint): Moment {
  const days = floorDiv(micros, 86400n * SECOND);
  if (days > 999999999n || days < -999999999n)
    throw new PythonError("OverflowError", `days=${days}; must have magnitude <= 999999999`);
  const wall = at.wall + micros;
  if (wall < MIN_WALL || wall > MAX_WALL)
    throw new PythonError("OverflowError", "date value out of range");
  return { wall, offset: at.offset };
}

/** datetime - datetime, in microseconds. TypeError where one is naive and the other aware. */
export function subtract(a: Moment, b: Moment): bigint {
  if ((a.offset === null) !== (b.offset === null))
    throw new PythonError("TypeError", "can't subtract offset-naive and offset-aware datetimes");
  return a.wall - (a.offset ?? 0n) - (b.wall - (b.offset ?? 0n));
}

/** Whole seconds, rounded down: timedelta.days * 86400 + timedelta.seconds. */
export const wholeSeconds = (micros: bigint): number => Number(floorDiv(micros, SECOND));

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** `2026-01-01T00:00:30.000000Z`: always UTC, always six digits. */
export function isoMicros(at: Micros): string {
  const c = civil(at);
  return `${pad(c.year, 4)}-${pad(c.month, 2)}-${pad(c.day, 2)}T${pad(c.hour, 2)}:${pad(c.minute, 2)}:${pad(c.second, 2)}.${pad(c.microsecond, 6)}Z`;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * django.utils.http.http_date: `Tue, 28 Nov 2023 22:13:20 GMT`, cut to the second.
 * `seconds` since the epoch as Python has it, rounded to microseconds first. ValueError outside of the years 1 to 9999.
 */
export function httpDate(seconds: number): string {
  const at = microsOfSeconds(seconds);
  if (at < MIN_WALL || at > MAX_WALL)
    throw new PythonError("ValueError", `year ${civil(at).year} is out of range`);
  const c = civil(at);
  return `${DAYS[c.weekday]}, ${pad(c.day, 2)} ${MONTHS[c.month - 1]} ${pad(c.year, 4)} ${pad(c.hour, 2)}:${pad(c.minute, 2)}:${pad(c.second, 2)} GMT`;
}
