/** Where things go on the lanes so that they do not lie on each other. Places are per cent of the axis. */
import type { SessionSpan } from "../../../shared/run.ts";
import type { Axis } from "./stage.ts";

export const place = (axis: Axis, at: number): number =>
  (100 * (at - axis.from)) / (axis.to - axis.from);

/** Whether any of a span is in sight. */
export const inSight = (axis: Axis, from: number, to = from): boolean =>
  to >= axis.from && from <= axis.to;

/** The left edge and the width of a span, both cut to what is in sight. */
export function extent(axis: Axis, from: number, to: number): { left: string; width: string } {
  const a = Math.max(-1, place(axis, from));
  const b = Math.min(101, place(axis, to));
  return { left: `${a}%`, width: `max(2px, ${b - a}%)` };
}

/** Whether so many characters fit into a span. */
export const fits = (
  axis: Axis,
  pixels: number,
  span: { from: number; to: number },
  characters: number,
): boolean => ((place(axis, span.to) - place(axis, span.from)) * pixels) / 100 > 6 * characters;

/** Of spans in order of time those that differ on the screen: on a line no two begin on the same pixel. */
export function thin<T extends { from: number; to: number }>(
  spans: readonly T[],
  axis: Axis,
  pixels: number,
  lineOf: (span: T) => number = () => 0,
): T[] {
  const last: number[] = [];
  return spans.filter((span) => {
    if (!inSight(axis, span.from, span.to)) return false;
    const at = (place(axis, span.from) * pixels) / 100;
    const line = lineOf(span);
    if (at - (last[line] ?? Number.NEGATIVE_INFINITY) < 1) return false;
    last[line] = at;
    return true;
  });
}

/** Of moments in order those that can be told apart as pins. */
export function pinned(axis: Axis, moments: readonly number[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return moments.filter((at) => {
    const x = place(axis, at);
    if (!inSight(axis, at) || x - last < 1.2) return false;
    last = x;
    return true;
  });
}

/**
 * Where a bar's words go: between its pins as drawn, into the first gap between its pins that takes them, else into the widest. Pixels from the
 * bar's left edge; null where no gap takes anything.
 */
export function wordsPlace(
  axis: Axis,
  pixels: number,
  bar: { from: number; to: number },
  pins: readonly number[],
  length: number,
): { left: number; width: number } | null {
  const x = (at: number) => (Math.min(101, Math.max(-1, place(axis, at))) * pixels) / 100;
  const from = x(bar.from);
  const edges = [...pins.map((at) => x(at) - from), x(bar.to) - from];
  const starts = [(edges[0] ?? 0) > 2 ? -13 : (edges[0] ?? 0), ...edges.slice(1, -1)];
  const gaps = starts.map((start) => {
    const end = edges.find((edge) => edge > start + 2) ?? start;
    return { left: start + 20, width: end - start - 22 };
  });
  const needed = 6 * length;
  const best =
    gaps.find((gap) => gap.width >= needed) ??
    gaps.reduce((widest, gap) => (gap.width > widest.width ? gap : widest), { left: 0, width: 0 });
  return best.width >= Math.min(needed, 70) ? best : null;
}

export interface Gap {
  gap: true;
  from: number;
  to: number;
}

/** Spans in order, and between them the times where there is none. */
export function withGaps<T extends { from: number; to: number }>(spans: readonly T[]): (T | Gap)[] {
  return spans.flatMap((span, index) => {
    const before = spans[index - 1];
    const gap = before && span.from - before.to > 0.001;
    return gap ? [{ gap: true as const, from: before.to, to: span.from }, span] : [span];
  });
}

export interface Placed<T> {
  item: T;
  /** Line of its label; null: there is no room for one. */
  row: number | null;
  /** The label is left of the dot: right of it the axis ends. */
  left: boolean;
  /** How many stand here, where more than one falls on the place of a dot. */
  many: number;
}

const dot = 16;

/** Dots with their labels on three lines; dots that would hide each other are one. */
export function placeLabels<T extends { at: number; index: number; text: string }>(
  items: readonly T[],
  axis: Axis,
  pixels: number,
  keep: number | null,
): Placed<T>[] {
  const ends = [-100, -100, -100];
  const placed: Placed<T>[] = [];
  let lastX = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    if (!inSight(axis, item.at)) continue;
    const x = (place(axis, item.at) * pixels) / 100;
    const before = placed.at(-1);
    if (before && x - lastX < dot && items.length > 60 && item.index !== keep) {
      before.many += 1;
      continue;
    }
    lastX = x;
    const width = 6 * item.text.length + 12;
    const left = x + width > pixels + 24;
    const row = ends.findIndex((end) => end < (left ? x - width : x));
    if (row !== -1) ends[row] = left ? x : x + width;
    placed.push({ item, row: row === -1 ? null : row, left, many: 1 });
  }
  return placed;
}

const maxRows = 4;

/** The line of every session key: a key keeps its line, lines are used again. */
export function rowsOfKeys(spans: readonly SessionSpan[]): {
  rows: Map<string, number>;
  count: number;
  hidden: number;
} {
  const ends: number[] = [];
  const rows = new Map<string, number>();
  const ranges = new Map<string, { from: number; to: number }>();
  for (const { key, from, to } of spans) {
    const range = ranges.get(key);
    ranges.set(key, {
      from: Math.min(from, range?.from ?? from),
      to: Math.max(to, range?.to ?? to),
    });
  }
  let hidden = 0;
  for (const [key, { from, to }] of [...ranges].sort((a, b) => a[1].from - b[1].from)) {
    const free = ends.findIndex((end) => end <= from);
    const row = free === -1 ? ends.length : free;
    if (row >= maxRows) {
      hidden += 1;
      continue;
    }
    ends[row] = to;
    rows.set(key, row);
  }
  return { rows, count: Math.max(1, ends.length), hidden };
}
