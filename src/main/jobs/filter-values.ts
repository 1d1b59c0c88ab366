/**
 * Values of the filter tokens that measure something.
 *
 *     expires:<1h      from now until in an hour          expires:>2d    in two days or later
 *     expires:<-1d     more than a day ago                expires:>-1d   a day ago or later
 *     expires:2026-11-13..2026-12-04    from the first day's start to the last day's end, UTC
 *     expires:2026-11-20T10:00..        from that moment on
 *     expires:never                     without an end
 *     size:>4kb  size:<=512b            kb, mb, gb are powers of 1024
 */
import { parseIso } from "../engine/iso.ts";
import { instant, isoMicros, type Micros, SECOND } from "../engine/time.ts";
import type { ExpiryRange } from "../stores/driver.ts";

const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Microseconds of "90m" or "1d12h", with a sign where there is one; null where it is none. */
export function readDuration(text: string): bigint | null {
  const match = /^([+-]?)((?:\d{1,9}(?:\.\d{1,6})?(?:min|[smhdw]))+)$/i.exec(text);
  if (!match) return null;
  let micros = 0n;
  for (const [, number, unit] of (match[2] ?? "").matchAll(/([\d.]+)([a-z]+)/gi))
    micros += BigInt(
      Math.round(Number(number) * (unitSeconds[unit?.toLowerCase() ?? ""] ?? 0) * 1e6),
    );
  return match[1] === "-" ? -micros : micros;
}

/** A day or a moment as [start, end): a day ends a day later, a moment at once. UTC unless it says otherwise. */
function readTime(text: string): { from: Micros; to: Micros } | null {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  try {
    const from = instant(parseIso(text.replace(" ", "T").replace(/z$/, "Z")), "UTC");
    return { from, to: text.length === 10 ? from + 86_400n * SECOND : from };
  } catch {
    return null;
  }
}

export type Expires = { range: ExpiryRange } | { never: true };

/** null where the value is none of the forms above, or its range is the wrong way round. */
export function readExpires(value: string, now: Micros): Expires | null {
  if (value.toLowerCase() === "never") return { never: true };
  const compared = /^(<|>)=?(.+)$/.exec(value);
  if (compared) return readCompared(compared[1] === "<", compared[2] ?? "", now);
  const dots = value.indexOf("..");
  if (dots < 0) {
    const day = readTime(value);
    return day && day.to > day.from ? { range: rangeOf(day.from, day.to) } : null;
  }
  const first = value.slice(0, dots);
  const last = value.slice(dots + 2);
  const from = first === "" ? null : readTime(first);
  const to = last === "" ? null : readTime(last);
  if ((first !== "" && !from) || (last !== "" && !to) || (!from && !to)) return null;
  if (from && to && from.from >= to.to) return null;
  return { range: rangeOf(from?.from, to?.to) };
}

function readCompared(before: boolean, text: string, now: Micros): Expires | null {
  const duration = readDuration(text);
  if (duration !== null) {
    const at = now + duration;
    // "in less than an hour" does not speak of those that are over.
    if (before) return { range: rangeOf(duration > 0n ? now : undefined, at) };
    return { range: rangeOf(at, undefined) };
  }
  const time = readTime(text);
  if (!time) return null;
  return { range: before ? rangeOf(undefined, time.from) : rangeOf(time.to, undefined) };
}

const lastMoment = 253402300799999999n; // 9999-12-31T23:59:59.999999
const firstMoment = -62135596800000000n;

const rangeOf = (from: Micros | undefined, to: Micros | undefined): ExpiryRange => ({
  ...(from === undefined ? {} : { from: isoMicros(clamp(from)) }),
  ...(to === undefined ? {} : { to: isoMicros(clamp(to)) }),
});

const clamp = (at: Micros): Micros =>
  at > lastMoment ? lastMoment : at < firstMoment ? firstMoment : at;

/** Exclusive bounds in bytes; null where the value is no comparison with a size. */
export function readSize(value: string): { above?: number; below?: number } | null {
  const match = /^(<=|>=|<|>|=)?(\d{1,12}(?:\.\d{1,6})?)\s*(b|k|kb|kib|m|mb|mib|g|gb|gib)?$/i.exec(
    value,
  );
  if (!match) return null;
  const unit = match[3]?.toLowerCase().charAt(0) ?? "b";
  const bytes = Math.round(Number(match[2]) * 1024 ** "bkmg".indexOf(unit));
  switch (match[1] ?? "=") {
    case ">":
      return { above: bytes };
    case ">=":
      return { above: bytes - 1 };
    case "<":
      return { below: bytes };
    case "<=":
      return { below: bytes + 1 };
    default:
      return { above: bytes - 1, below: bytes + 1 };
  }
}

/** The part both ranges share; empty when `from` is not before `to`. */
export function intersect(a: ExpiryRange, b: ExpiryRange): ExpiryRange {
  const from = later(a.from, b.from);
  const to = earlier(a.to, b.to);
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a;
const earlier = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

export const inRange = (expires: string | null, range: ExpiryRange): boolean =>
  expires === null
    ? range.from === undefined && range.to === undefined
    : !(range.from !== undefined && expires < range.from) &&
      !(range.to !== undefined && expires >= range.to);

export const isEmptyRange = (range: ExpiryRange): boolean =>
  range.from !== undefined && range.to !== undefined && range.from >= range.to;

/** A day (its start) or a moment as typed, in full; null where it is none. UTC unless it says otherwise. */
export function isoMoment(text: string): string | null {
  const time = readTime(text);
  return time && isoMicros(clamp(time.from));
}
