/** Words for times, sizes and counts. Relative in tables, absolute with UTC beside; no locale guessing. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A span in at most two units: "13 d 21 h", "42 min", "6 min 51 s", "under 1 s". Input in ms. */
export function duration(ms: number): string {
  const t = Math.abs(ms);
  if (t < 1000) return t === 0 ? "0 s" : "under 1 s";
  const two = (big: number, bigName: string, small: number, smallName: string) => {
    const a = Math.floor(t / big);
    const b = Math.floor((t % big) / small);
    return b === 0 ? `${count(a)} ${bigName}` : `${count(a)} ${bigName} ${b} ${smallName}`;
  };
  if (t >= 1000 * day) return `${count(Math.floor(t / (365.25 * day)))} y`;
  if (t >= day) return two(day, "d", hour, "h");
  if (t >= hour) return two(hour, "h", minute, "min");
  if (t >= minute) return two(minute, "min", 1000, "s");
  return `${Math.floor(t / 1000)} s`;
}

/** The same in one unit, for narrow columns: "16 d", "2 h", "14 min". */
export function span(ms: number): string {
  const t = Math.abs(ms);
  if (t >= 1000 * day) return `${count(Math.floor(t / (365.25 * day)))} y`;
  if (t >= day) return `${Math.floor(t / day)} d`;
  if (t >= hour) return `${Math.floor(t / hour)} h`;
  if (t >= minute) return `${Math.floor(t / minute)} min`;
  return `${Math.floor(t / 1000)} s`;
}

/** "in 3 d 4 h" or "2 d 6 h ago"; "now" within a second. `now` in ms since 1970. */
export function relative(iso: string, now: number): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  const delta = at - now;
  if (Math.abs(delta) < 1000) return "now";
  const short = Math.abs(delta) >= minute && Math.abs(delta) < hour;
  const text = short ? `${Math.floor(Math.abs(delta) / minute)} min` : duration(delta);
  return delta > 0 ? `in ${text}` : `${text} ago`;
}

const two = (n: number) => String(n).padStart(2, "0");

/** "9 Nov 2026, 14:51 UTC"; with seconds "9 Nov 2026, 14:51:07 UTC". */
export function absolute(iso: string, seconds = false): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return iso;
  const tail = seconds ? `:${two(t.getUTCSeconds())}` : "";
  return `${date(iso)}, ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}${tail} UTC`;
}

/** "9 Nov 2026" in UTC. */
export function date(iso: string): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return iso;
  return `${t.getUTCDate()} ${months[t.getUTCMonth()]} ${t.getUTCFullYear()}`;
}

/** "9 Nov" in UTC, for axis ticks. */
export function dayMonth(iso: string): string {
  const t = new Date(iso);
  return Number.isNaN(t.getTime()) ? iso : `${t.getUTCDate()} ${months[t.getUTCMonth()]}`;
}

/** "14:51:07" in UTC, with a tenth where asked. */
export function clock(iso: string, tenths = false): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return iso;
  const tail = tenths ? `.${Math.floor(t.getUTCMilliseconds() / 100)}` : "";
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}${tail}`;
}

/** "2,418,306" */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

/** "2.42 M", "48.2 k", "1,284" */
export function compact(n: number): string {
  if (n < 10_000) return count(n);
  const [value, unit] =
    n < 999_500 ? [n / 1e3, "k"] : n < 999_500_000 ? [n / 1e6, "M"] : [n / 1e9, "G"];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

/** Number and unit apart: figures set them in different sizes. Units of 1000: B, kB, MB, GB, TB. */
export function sizeParts(bytes: number): [string, string] {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1), units[unit] ?? "TB"];
}

/** "512 B", "1.1 kB", "918 MB" */
export function size(bytes: number): string {
  return sizeParts(bytes).join(" ");
}

/** "66.6 %", of a whole that may be 0. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return "0 %";
  const value = (100 * part) / whole;
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}

/** "1 session", "2,071 sessions" */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Rows a second: "3,950", "41.8 k". */
export function rate(perSecond: number): string {
  return compact(Math.round(perSecond));
}

/** "4mn9x2…t8qf": enough of a session key to tell it apart in a table. */
export function shortKey(key: string): string {
  return key.length <= 14 ? key : `${key.slice(0, 6)}…${key.slice(-4)}`;
}

/** Minutes and seconds of a countdown: "11:48". */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/**
 * A fact in the host's words as the page writes it: an ISO time as an absolute one, numbers of five digits and more in
 * groups; four digits only before a word ("2000 sessions"), since a year has four as well.
 */
export function factText(text: string): string {
  return text
    .split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/)
    .map((part, at) =>
      at % 2 === 1
        ? absolute(part, true)
        : part.replace(/(?<![\w.,:/-])(?:\d{5,15}|\d{4}(?= [a-z]))(?![\w:/-]|[.,]\d)/g, (digits) =>
            count(Number(digits)),
          ),
    )
    .join("");
}
