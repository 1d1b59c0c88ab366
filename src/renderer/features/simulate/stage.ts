/** What the stage shows of a scenario: the playhead, the selected step, the part of the axis, and how it plays. */
import { create } from "zustand";
import type { SimRun } from "../../../shared/run.ts";

/** Seconds after the start. */
export interface Axis {
  from: number;
  to: number;
}

export type Speed = "1" | "60" | "600" | "fit";

interface Stage {
  /** The last run that worked. */
  run: SimRun | null;
  time: number;
  selected: number | null;
  playing: boolean;
  speed: Speed;
  axis: Axis;
  table: boolean;
  side: "policy" | "steps" | "presets";
  /** Data keys that have a lane; null: chosen by themselves. */
  followed: string[] | null;
}

export const useStage = create<Stage>(() => ({
  run: null,
  time: 0,
  selected: null,
  playing: false,
  speed: "fit",
  axis: { from: 0, to: 60 },
  table: false,
  side: "policy",
  followed: null,
}));

const set = useStage.setState;
const shortest = 0.5;

/** The moment of the last step. */
export const lastAt = (run: SimRun): number =>
  run.steps.reduce((last, step) => Math.max(last, step.at), 0);

/** What the axis can show at most: a little more than there is. */
export const endOf = (run: SimRun): number => Math.max(run.span, 1.08 * lastAt(run), 1);

/** The axis around the steps, with what follows from them where that is not far away. */
export function fitAxis(run: SimRun): Axis {
  const last = lastAt(run);
  const whole = endOf(run);
  return { from: 0, to: last > 0 && whole > 4 * last ? 1.5 * last : whole };
}

export const wholeAxis = (run: SimRun): Axis => ({ from: 0, to: endOf(run) });

export function setAxis({ from, to }: Axis): void {
  const { run } = useStage.getState();
  const end = run ? endOf(run) : to;
  const width = Math.min(Math.max(to - from, shortest), end);
  const start = Math.min(Math.max(0, from), end - width);
  set({ axis: { from: start, to: start + width } });
}

/** `factor` below 1 looks closer; the moment `around` stays where it is. */
export function zoom(factor: number, around?: number): void {
  const { axis, time } = useStage.getState();
  const inside = time >= axis.from && time <= axis.to;
  const center = around ?? (inside ? time : (axis.from + axis.to) / 2);
  setAxis({
    from: center - (center - axis.from) * factor,
    to: center + (axis.to - center) * factor,
  });
}

/** Where the playhead can stop: steps, and what time alone does. */
export function momentsOf(run: SimRun): number[] {
  const all = [...run.steps.map((step) => step.at), ...run.marks.map((mark) => mark.at)];
  return [...new Set(all)].sort((a, b) => a - b);
}

const lastStepAt = (run: SimRun, time: number): number | null => {
  const index = run.steps.findLastIndex((step) => step.at <= time);
  return index === -1 ? null : index;
};

/** Brings a moment into sight, without changing how close one looks. */
function reveal(time: number): void {
  const { axis } = useStage.getState();
  if (time >= axis.from && time <= axis.to) return;
  const width = axis.to - axis.from;
  setAxis({ from: time - width * 0.2, to: time + width * 0.8 });
}

/** The playhead at a moment; the last step before it is the one explained. */
export function seek(time: number): void {
  const { run } = useStage.getState();
  const shown = Math.min(Math.max(0, time), run?.span ?? time);
  set({ time: shown, selected: run ? lastStepAt(run, shown) : null });
  reveal(shown);
}

export function selectStep(index: number): void {
  const step = useStage.getState().run?.steps[index];
  set({ selected: index });
  if (!step) return;
  set({ time: step.at, playing: false });
  reveal(step.at);
}

/** Previous or next step or event. Steps at one moment are gone through one by one. */
export function stepMoment(by: -1 | 1): void {
  const { run, time, selected } = useStage.getState();
  if (!run) return;
  set({ playing: false });
  const at = selected === null ? undefined : run.steps[selected];
  const neighbour = selected === null ? undefined : run.steps[selected + by];
  if (neighbour && at?.at === time && neighbour.at === time) {
    selectStep(neighbour.index);
    return;
  }
  const moments = momentsOf(run);
  const next = by > 0 ? moments.find((one) => one > time) : moments.findLast((one) => one < time);
  if (next === undefined) return;
  // Backwards the last step of a moment comes first, forwards the first.
  const here = run.steps.filter((step) => step.at === next);
  const step = by > 0 ? here[0] : here.at(-1);
  if (step) selectStep(step.index);
  else seek(next);
}

/** A new run: of the same scenario the view stays, another one is shown from its last step. */
export function showRun(run: SimRun, fresh: boolean): void {
  const { selected, time, axis, run: before } = useStage.getState();
  const fitted = before !== null && JSON.stringify(axis) === JSON.stringify(fitAxis(before));
  set({ run });
  if (fresh || !before) {
    const last = run.steps.length - 1;
    set({
      axis: fitAxis(run),
      playing: false,
      selected: last >= 0 ? last : null,
      time: run.steps[last]?.at ?? 0,
      followed: null,
    });
    return;
  }
  setAxis(fitted ? fitAxis(run) : axis);
  const kept = selected !== null && selected < run.steps.length ? selected : null;
  set({
    time: Math.min(time, run.span),
    selected: kept ?? (run.steps.length > 0 ? run.steps.length - 1 : null),
  });
}
