/**
 * From the keys of a window to entries: values of those that fit, in answers of bounded size.
 *
 * Where size and expiry came with the keys, only what fits and is short enough is asked for, with MGET. Else the script
 * that reads (redis-read.ts) tells all three.
 */
import type { Entry, ExpiryRange } from "./driver.ts";
import type { Master } from "./redis-link.ts";
import { entryOf, type Held, isoOf, microsOf, type Sessions } from "./redis-read.ts";
import { ANSWER } from "./redis-scripts.ts";
import type { Met, Window } from "./redis-window.ts";

export type Facts = Pick<Held, "size" | "expires">;
/** A part of a window. */
export type Lot = Pick<Window, "master" | "met" | "looked">;

/** Keys that one command may name; fewer where their values are not known to be small. */
const KEYS = { looked: 2000, listed: 500, whole: 100 };

/** Parts of a window that one answer holds the values of, without those known not to fit. */
export function* lots(window: Lot, maxData: number, fits: (one: Facts) => boolean): Generator<Lot> {
  const { looked } = window;
  const wanted = looked ? window.met.filter(fits) : window.met;
  const most = looked ? KEYS.looked : maxData > ANSWER ? KEYS.whole : KEYS.listed;
  let start = 0;
  let bytes = 0;
  for (let at = 0; at < wanted.length; at++) {
    const size = wanted[at]?.size ?? 0;
    const own = looked && size <= maxData ? size : 0;
    if (at > start && (at - start === most || bytes + own > ANSWER)) {
      yield { ...window, met: wanted.slice(start, at) };
      start = at;
      bytes = 0;
    }
    bytes += own;
  }
  if (start < wanted.length) yield { ...window, met: wanted.slice(start) };
}

/** Entries of keys that one master gave, wherever they are by now. With a `maxData` of -1 no values are asked for. */
export async function entriesOf(
  { link, reader }: Sessions,
  { master, met, looked }: Lot,
  maxData: number,
  fits: (one: Facts) => boolean,
): Promise<Entry[]> {
  const successor = (): Master =>
    link.masters().find(({ name }) => name === master.name) ?? link.masters()[0] ?? master;
  const keysOf = (some: readonly Met[]) => some.map(({ key }) => key);
  if (looked) {
    const short = keysOf(met.filter(({ size }) => size <= maxData));
    const values = await link.patiently(() => reader.values(successor(), short));
    if (values) return joined(met, values, maxData, fits);
  }
  const found = await link.patiently(() => reader.held(successor(), keysOf(met), maxData));
  const entries: Entry[] = [];
  let at = 0;
  for (const one of found) {
    // In the order asked for, without those that are gone.
    while (met[at]?.key !== one.key) at += 1;
    if (fits(one)) entries.push(entryOf(met[at]?.sessionKey ?? "", one));
  }
  return entries;
}

/** The entries of a whole window, without values. */
export async function* measured(
  sessions: Sessions,
  window: Window,
  fits: (one: Facts) => boolean,
): AsyncGenerator<Entry[], void> {
  for (const lot of lots(window, -1, fits)) yield await entriesOf(sessions, lot, -1, fits);
}

/** `values` are those of the short ones; what is gone or no string since has none. */
function joined(
  met: readonly Met[],
  values: readonly unknown[],
  maxData: number,
  fits: (one: Facts) => boolean,
): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (const { key, sessionKey, size, expires } of met) {
    const one: Held = { key, value: null, size, expires };
    if (size <= maxData) {
      const value = values[at++];
      if (!(value instanceof Buffer)) continue;
      one.size = value.length;
      if (one.size <= maxData) one.value = value;
    }
    if (fits(one)) entries.push(entryOf(sessionKey, one));
  }
  return entries;
}

/** Half-open, and entries without an expiry belong to a range without bounds only. */
export function inRange({ expires }: Pick<Facts, "expires">, { from, to }: ExpiryRange): boolean {
  if (from === undefined && to === undefined) return true;
  if (expires === null) return false;
  const at = isoOf(expires);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

/** Whether a range ends before now: Redis has no such keys. */
export async function isPast({ link }: Sessions, { to }: ExpiryRange): Promise<boolean> {
  if (to === undefined) return false;
  const micros = microsOf(
    await link.patiently(async () => (link.masters()[0] ?? link).send("TIME")),
  );
  return to <= isoOf(Math.floor(micros / 1000));
}
