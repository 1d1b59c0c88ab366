/**
 * Dates and times as Python's isoformat() writes them, and as datetime's pickles hold them.
 *
 *   datetime   10 bytes: year (2, big endian), month (+128 where fold is 1), day, hour, minute, second,
 *              microsecond (3, big endian)      07 E7 0B 0E 16 0D 14 00 00 05 -> 2023-11-14T22:13:20.000005
 *   date        4 bytes: year (2), month, day
 *   time        6 bytes: hour (+128 where fold is 1), minute, second, microsecond (3)
 *   text       YYYY-MM-DD, HH:MM:SS[.ffffff], an offset +HH:MM[:SS[.ffffff]]
 */

export type Fields = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  /** Microseconds east of UTC; undefined where naive. */
  offset: number | undefined;
};

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");
const fraction = (microsecond: number): string =>
  microsecond === 0 ? "" : `.${pad(microsecond, 6)}`;

export const dateText = (f: Fields): string => `${pad(f.year, 4)}-${pad(f.month)}-${pad(f.day)}`;
export const timeText = (f: Fields): string =>
  `${pad(f.hour)}:${pad(f.minute)}:${pad(f.second)}${fraction(f.microsecond)}${offsetText(f.offset)}`;
export const datetimeText = (f: Fields): string => `${dateText(f)}T${timeText(f)}`;

/** `+02:00`, `-05:30:15.000001`, "" for undefined; from microseconds. */
function offsetText(offset: number | undefined): string {
  if (offset === undefined) return "";
  const size = Math.abs(offset);
  const seconds = Math.floor(size / 1e6);
  const part = size % 1e6;
  const rest = seconds % 60 || part ? `:${pad(seconds % 60)}${fraction(part)}` : "";
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}${rest}`;
}

const datePattern = "(\\d{4})-(\\d\\d)-(\\d\\d)";
const timePattern =
  "(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,6}))?)?(?:(Z)|([+-])(\\d\\d):?(\\d\\d)(?::?(\\d\\d)(?:\\.(\\d{1,6}))?)?)?";
const dateOnly = new RegExp(`^${datePattern}$`);
const timeOnly = new RegExp(`^${timePattern}$`);
const both = new RegExp(`^${datePattern}[T ]${timePattern}$`);

/** The fields of an ISO text of that kind, or undefined where it is none or names no real moment. */
export function parseIso(kind: "date" | "time" | "datetime", text: string): Fields | undefined {
  const match = (kind === "date" ? dateOnly : kind === "time" ? timeOnly : both).exec(text);
  if (match === null) return undefined;
  const part = (at: number): number => Number(match[at] ?? 0);
  const micro = (at: number): number => Number((match[at] ?? "").padEnd(6, "0"));
  const d = kind === "time" ? -2 : 1;
  const t = kind === "date" ? 99 : kind === "time" ? 1 : 4;
  const size = (part(t + 6) * 3600 + part(t + 7) * 60 + part(t + 8)) * 1e6 + micro(t + 9);
  const fields: Fields = {
    year: d < 0 ? 1 : part(d),
    month: d < 0 ? 1 : part(d + 1),
    day: d < 0 ? 1 : part(d + 2),
    hour: part(t),
    minute: part(t + 1),
    second: part(t + 2),
    microsecond: micro(t + 3),
    offset: match[t + 4] ? 0 : match[t + 5] ? (match[t + 5] === "-" ? -size : size) : undefined,
  };
  return isReal(fields) && part(t + 7) < 60 && part(t + 8) < 60 ? fields : undefined;
}

function isReal(f: Fields): boolean {
  const leap = (f.year % 4 === 0 && f.year % 100 !== 0) || f.year % 400 === 0;
  const days = f.month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(f.month) ? 30 : 31;
  return (
    f.year >= 1 &&
    f.year <= 9999 &&
    f.month >= 1 &&
    f.month <= 12 &&
    f.day >= 1 &&
    f.day <= days &&
    f.hour < 24 &&
    f.minute < 60 &&
    f.second < 60 &&
    f.microsecond < 1_000_000 &&
    Math.abs(f.offset ?? 0) < 86_400e6
  );
}

/** Fields and fold out of a pickle's bytes; undefined where Python would refuse them. */
export function fieldsFromBytes(b: Uint8Array): { fields: Fields; fold: 0 | 1 } | undefined {
  const at = (i: number): number => b[i] ?? 0;
  const fields: Fields = {
    year: 1,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    microsecond: 0,
    offset: undefined,
  };
  let fold: 0 | 1 = 0;
  let time = 0;
  if (b.length === 10 || b.length === 4) {
    fields.year = at(0) * 256 + at(1);
    fields.month = at(2);
    fields.day = at(3);
    time = 4;
    if (b.length === 10 && fields.month > 127) {
      fold = 1;
      fields.month -= 128;
    }
  }
  if (b.length === 10 || b.length === 6) {
    fields.hour = at(time);
    if (b.length === 6 && fields.hour > 127) {
      fold = 1;
      fields.hour -= 128;
    }
    fields.minute = at(time + 1);
    fields.second = at(time + 2);
    fields.microsecond = at(time + 3) * 65536 + at(time + 4) * 256 + at(time + 5);
  }
  const known = b.length === 10 || b.length === 6 || b.length === 4;
  return known && isReal(fields) ? { fields, fold } : undefined;
}

export function fieldsToBytes(
  kind: "date" | "time" | "datetime",
  f: Fields,
  fold: 0 | 1,
): Uint8Array {
  const date = [f.year >> 8, f.year & 255, f.month, f.day];
  const us = f.microsecond;
  const time = [f.hour, f.minute, f.second, us >> 16, (us >> 8) & 255, us & 255];
  const bytes = kind === "date" ? date : kind === "time" ? time : [...date, ...time];
  const marked = kind === "datetime" ? 2 : 0;
  if (fold === 1 && kind !== "date") bytes[marked] = (bytes[marked] ?? 0) + 128;
  return Uint8Array.from(bytes);
}
