/** The expiry strip's arithmetic: moments to bins and back, axis ticks, the `expires:` range token. */
import type { Histogram } from "../../../shared/session.ts";
import { clock, dayMonth } from "../../ui/format.ts";

const hour = 3_600_000;
const day = 24 * hour;

export interface StripScale {
  from: number;
  to: number;
  bins: number;
  /** Width of a bin in ms. */
  width: number;
}

/** A range as bin edges: 0 is the left end of the first bin. */
export interface BinRange {
  from: number;
  to: number;
}

export function scaleOf(histogram: Histogram): StripScale {
  const from = Date.parse(histogram.from);
  const to = Date.parse(histogram.to);
  const bins = histogram.bins.length;
  return { from, to, bins, width: (to - from) / Math.max(1, bins) };
}

/** Per cent from the left. */
export const placeOf = (scale: StripScale, ms: number): number =>
  (100 * (ms - scale.from)) / Math.max(1, scale.to - scale.from);

/** The moment at a bin's edge, without its seconds: the text of a token has to be readable. */
function edgeText(scale: StripScale, edge: number): string {
  const ms = Math.round((scale.from + edge * scale.width) / 60_000) * 60_000;
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

/** `2026-11-13T00:00Z..2026-12-04T12:00Z` */
export const rangeText = (scale: StripScale, range: BinRange): string =>
  `${edgeText(scale, range.from)}..${edgeText(scale, range.to)}`;

/** The range of an `expires:` token in bins, cut to the strip; null: the token is no range. */
export function rangeOf(scale: StripScale, value: string): BinRange | null {
  const [left, right, more] = value.split("..");
  if (left === undefined || right === undefined || more !== undefined) return null;
  const edge = (text: string, open: number, dayAtEnd: boolean): number => {
    // A bare date at the right end means the whole of that day.
    const ms =
      text === "" ? Number.NaN : Date.parse(text) + (dayAtEnd && text.length === 10 ? day : 0);
    if (Number.isNaN(ms)) return open;
    return Math.max(0, Math.min(scale.bins, Math.round((ms - scale.from) / scale.width)));
  };
  return { from: edge(left, 0, false), to: edge(right, scale.bins, true) };
}

/** "13 Nov 14:00" or, at midnight, "13 Nov". */
export function edgeWords(ms: number): string {
  const iso = new Date(ms).toISOString();
  const time = clock(iso).slice(0, 5);
  return time === "00:00" ? dayMonth(iso) : `${dayMonth(iso)} ${time}`;
}

const steps = [1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 1440, 2160, 4380, 8760, 17520, 43800].map(
  (hours) => hours * hour,
);

/** At most eight ticks at round moments, none at the very edges. */
export function ticks(scale: StripScale): { at: number; text: string }[] {
  const span = scale.to - scale.from;
  const step = steps.find((candidate) => span / candidate <= 8) ?? span / 4;
  // Days since 1970 began on a Thursday: weeks are counted from a Monday.
  const origin = step >= 7 * day ? 4 * day : 0;
  const found: { at: number; text: string }[] = [];
  const first = Math.ceil((scale.from - origin) / step) * step + origin;
  for (let at = first; at < scale.to; at += step) {
    const place = placeOf(scale, at);
    if (place < 3 || place > 97) continue;
    const iso = new Date(at).toISOString();
    const midnight = at % day === 0;
    found.push({
      at: place,
      text: step < day && !midnight ? clock(iso).slice(0, 5) : dayMonth(iso),
    });
  }
  return found;
}

/** One path for the bars of bins [from, to), in a plot of `bins` by 40. */
export function barsPath(bins: readonly number[], from: number, to: number): string {
  const most = Math.max(1, ...bins);
  let path = "";
  for (let bin = Math.max(0, from); bin < Math.min(to, bins.length); bin++) {
    const value = bins[bin] ?? 0;
    if (value === 0) continue;
    // A single session among thousands still has to be seen.
    const height = Math.max(0.8, (40 * value) / most).toFixed(1);
    path += `M${bin}.14 40v-${height}h0.72v${height}z`;
  }
  return path;
}
