/**
 * datetime.isoformat() and datetime.fromisoformat(), Python's text form of a datetime.
 *
 *     2023-11-14T22:13:20+00:00            aware; `Z` is never written
 *     2023-11-14T22:13:20.250000           naive; six digits, and only when not zero
 *     2023-11-14T22:13:20.25Z, 20231114T2213, 2023-W46-2    read from Python 3.11 on
 *
 * The Python that runs Django decides what is read: up to 3.10 only what isoformat() writes, with any
 * one separator character.
 */
import { PythonError } from "./errors.ts";
import { civil, daysFromCivil, type Moment, SECOND } from "./time.ts";

export type IsoRule = "3.7" | "3.11";

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** datetime.isoformat(sep). */
export function formatIso(at: Moment, separator = "T"): string {
  const c = civil(at.wall);
  const fraction = c.microsecond ? `.${pad(c.microsecond, 6)}` : "";
  const offset = at.offset === null ? "" : formatOffset(at.offset);
  return `${pad(c.year, 4)}-${pad(c.month, 2)}-${pad(c.day, 2)}${separator}${pad(c.hour, 2)}:${pad(c.minute, 2)}:${pad(c.second, 2)}${fraction}${offset}`;
}

function formatOffset(offset: bigint): string {
  const size = offset < 0n ? -offset : offset;
  const seconds = Number(size / SECOND);
  const micros = Number(size % SECOND);
  const tail = micros
    ? `:${pad(seconds % 60, 2)}.${pad(micros, 6)}`
    : seconds % 60
      ? `:${pad(seconds % 60, 2)}`
      : "";
  return `${offset < 0n ? "-" : "+"}${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}${tail}`;
}

/** datetime.fromisoformat(text). ValueError with Python's message where the text does not fit. */
export function parseIso(text: string, rule: IsoRule = "3.11"): Moment {
  const found = rule === "3.7" ? splitOld(text) : splitNew(text);
  if (!found) throw invalid(text);
  const time = found.time === "" ? { wall: 0n, offset: null } : readTime(found.time, rule);
  if (!time) throw invalid(text);
  return { wall: BigInt(found.days) * 86400n * SECOND + time.wall, offset: time.offset };
}

const invalid = (text: string): PythonError =>
  new PythonError("ValueError", `Invalid isoformat string: '${text}'`);

function splitOld(text: string): { days: number; time: string } | null {
  const days = dateDays(text.slice(0, 10));
  // One separator character, which may take two UTF-16 units; then a time is required.
  const separator = String.fromCodePoint(text.codePointAt(10) ?? 0).length;
  if (days === null || text.length === 10 + separator) return null;
  return { days, time: text.length <= 10 ? "" : text.slice(10 + separator) };
}

function splitNew(text: string): { days: number; time: string } | null {
  if (text.length < 7) return null;
  const at = separatorIndex(text);
  const days = dateDays(text.slice(0, at)) ?? compactDays(text.slice(0, at));
  if (days === null) return null;
  if (text.length <= at) return { days, time: "" };
  const time = text.slice(at + String.fromCodePoint(text.codePointAt(at) ?? 0).length);
  return time === "" ? null : { days, time };
}

const isDigit = (char: string | undefined): boolean => char !== undefined && /^[0-9]$/.test(char);

/** Where the date ends, as CPython decides it for text that may be ambiguous. */
function separatorIndex(text: string): number {
  if (text.length === 7) return 7;
  if (text[4] === "-") {
    if (text[5] !== "W") return 10;
    if (text[8] !== "-") return 8;
    return text.length > 10 && isDigit(text[10]) ? 8 : 10;
  }
  if (text[4] !== "W") return 8;
  let index = 7;
  while (index < text.length && isDigit(text[index])) index++;
  if (index < 9) return index;
  return index % 2 === 0 ? 7 : 8;
}

function dateDays(text: string): number | null {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  return match ? checkedDays(Number(match[1]), Number(match[2]), Number(match[3])) : null;
}

function compactDays(text: string): number | null {
  const plain = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text);
  if (plain) return checkedDays(Number(plain[1]), Number(plain[2]), Number(plain[3]));
  const week = /^([0-9]{4})(-?)W([0-9]{2})(?:\2([0-9]))?$/.exec(text);
  if (!week) return null;
  const year = Number(week[1]);
  const number = Number(week[3]);
  const day = week[4] === undefined ? 1 : Number(week[4]);
  const firstMonday = isoYearStart(year);
  const weeks = (isoYearStart(year + 1) - firstMonday) / 7;
  if (year < 1) throw new PythonError("ValueError", `Year is out of range: ${year}`);
  if (number < 1 || number > weeks) throw new PythonError("ValueError", `Invalid week: ${number}`);
  if (day < 1 || day > 7)
    throw new PythonError("ValueError", `Invalid day: ${day} (range is [1, 7])`);
  return firstMonday + (number - 1) * 7 + day - 1;
}

/** The Monday of ISO week 1: the week that holds 4 January. */
function isoYearStart(year: number): number {
  const fourth = daysFromCivil(year, 1, 4);
  return fourth - ((((fourth + 3) % 7) + 7) % 7);
}

function checkedDays(year: number, month: number, day: number): number {
  if (year < 1) throw new PythonError("ValueError", `year ${year} is out of range`);
  if (month < 1 || month > 12) throw new PythonError("ValueError", "month must be in 1..12");
  const first = daysFromCivil(year, month, 1);
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  if (day < 1 || day > next - first)
    throw new PythonError("ValueError", "day is out of range for month");
  return first + day - 1;
}

function readTime(text: string, rule: IsoRule): Moment | null {
  const zoneAt = text.search(rule === "3.7" ? /[+-]/ : /[+\-Z]/);
  const clock = zoneAt < 0 ? readClock(text, rule) : readBeforeZone(text.slice(0, zoneAt), rule);
  if (!clock) return null;
  if (clock.hour > 23) throw new PythonError("ValueError", "hour must be in 0..23");
  if (clock.minute > 59) throw new PythonError("ValueError", "minute must be in 0..59");
  if (clock.second > 59) throw new PythonError("ValueError", "second must be in 0..59");
  const wall = clockMicros(clock);
  if (zoneAt < 0) return { wall, offset: null };
  if (text[zoneAt] === "Z") return zoneAt === text.length - 1 ? { wall, offset: 0n } : null;
  const zone = readClock(text.slice(zoneAt + 1), rule);
  if (!zone) return null;
  const size = clockMicros(zone);
  if (size >= 86400n * SECOND)
    throw new PythonError(
      "ValueError",
      "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24).",
    );
  return { wall, offset: text[zoneAt] === "-" ? -size : size };
}

/** CPython 3.11 overlooks one stray character between whole components and the offset. */
const readBeforeZone = (text: string, rule: IsoRule): Clock | null =>
  readClock(text, rule) ??
  (rule === "3.11" && !/[.,]./.test(text) ? readClock(text.slice(0, -1), rule) : null);

type Clock = { hour: number; minute: number; second: number; microsecond: number };

const clockMicros = (c: Clock): bigint =>
  BigInt(c.hour * 3600 + c.minute * 60 + c.second) * SECOND + BigInt(c.microsecond);

function readClock(text: string, rule: IsoRule): Clock | null {
  const match =
    rule === "3.7"
      ? // CPython's C reader takes a fraction after any component.
        /^([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?(?:\.([0-9]{3}|[0-9]{6}))?$/.exec(text)
      : (/^([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?$/.exec(text) ??
        /^([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?)?$/.exec(text));
  if (!match) return null;
  return {
    hour: Number(match[1]),
    minute: Number(match[2] ?? 0),
    second: Number(match[3] ?? 0),
    microsecond: Number((match[4] ?? "").slice(0, 6).padEnd(6, "0")),
  };
}
