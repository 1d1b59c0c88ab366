/**
 * A run as the page draws it: what each step did, spans for the lanes, marks, and the verdict. Spans come from the
 * trace, not from comparing stores, so that a run costs the same however much is stored.
 */
import type { Mark, SimRun, StepFact } from "../../shared/run.ts";
import { isoMicros, type Micros } from "../engine/time.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { CookieLane } from "./lane-cookie.ts";
import { DataLane } from "./lane-data.ts";
import { RecordLane } from "./lane-records.ts";
import { marksOf } from "./marks.ts";
import { Presence } from "./presence.ts";
import { releaseOf, runScenario } from "./run.ts";
import type { Scenario, Step } from "./scenario.ts";
import { stepFact } from "./step-fact.ts";
import { type StepResult, startRun } from "./stepper.ts";
import { timelineText } from "./timeline.ts";
import { isStoreEvent } from "./trace.ts";
import { verdictOf } from "./verdict.ts";

/** Steps after which the host answers others. */
const BREATH = 250;
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs the scenario and tells it; leaves checkpoints for explaining its steps where they are wanted. Throws what
 * runScenario throws; too_large only with the timeline.
 */
export async function tellRun(
  scenario: Scenario,
  withTimeline = false,
  checkpoints?: Checkpoints,
): Promise<SimRun> {
  const seconds = (at: Micros): number => Number(at - scenario.start) / 1e6;
  const run = await startRun(scenario);
  const cookieLane = new CookieLane();
  const records = new RecordLane(run.engine !== "cache");
  const copies = new RecordLane(false);
  const data = new DataLane();
  const presence = new Presence();
  const steps: StepFact[] = [];
  let savedAt: number | null = null;
  const marks: Mark[] = [];

  const store = (at: number, { trace, fileEnds }: Pick<StepResult, "trace" | "fileEnds">): void => {
    for (const event of trace) {
      if (!isStoreEvent(event)) continue;
      const { area, call, key, hit } = event;
      const lane = area === "cache" && run.engine === "cached_db" ? copies : records;
      if (call === "insert" || call === "update") {
        if (!hit) continue;
        const ends = area === "files" ? (fileEnds.get(key) ?? null) : (event.expires ?? null);
        lane.wrote(at, key, ends === null ? null : seconds(ends));
      } else if (call === "delete" || call === "purge")
        lane.gone(at, key, call === "purge" ? "purged" : "deleted");
      else if (call === "evict") lane.gone(at, key, "evicted");
    }
  };
  const look = (at: number): void => {
    const cookie = run.cookie();
    const present = run.present();
    const end = (of: Micros | null | undefined): number | null => (of == null ? null : seconds(of));
    presence.now(at, present, { cookie: end(cookie?.expires), stored: end(present?.ends) });
    data.after(at, present?.data ?? null);
  };
  const held = () => {
    const cookie = run.cookie();
    return (
      cookie && { ...cookie, expires: cookie.expires === null ? null : seconds(cookie.expires) }
    );
  };

  if (scenario.initial !== null) {
    store(seconds(scenario.initial.saved), run.begun);
    cookieLane.after(0, held(), false, false);
    look(0);
  }
  for (const [index, step] of scenario.steps.entries()) {
    if (index % BREATH === BREATH - 1) await breathe();
    const { at } = step;
    const lost = presence.until(at, savedAt);
    if (lost !== null) {
      data.after(lost.at, null);
      marks.push(lost);
    }
    const before = presence.present;
    const result = await run.step(step);
    checkpoints?.passed(index + 1, run);
    const fact = stepFact(index, step, result);
    steps.push(fact);
    // Another visitor's save, without the browser's cookie, renews nothing here.
    if (fact.saved && fact.setCookie.length > 0 && inJar(step)) savedAt = at;
    store(at, result);
    const closed = !("request" in step) && step.event === "closeBrowser";
    cookieLane.after(at, held(), fact.setCookie.length > 0, closed);
    const torn = presence.tornBy(index, step, result);
    if (torn !== null) marks.push(torn);
    look(at);
    marks.push(...marksOf(index, step, result, fact, before));
  }

  const last = scenario.steps.at(-1)?.at ?? 0;
  const span = axis(last, [
    ...records.upcoming(last),
    ...copies.upcoming(last),
    ...(cookieLane.expires === null ? [] : [cookieLane.expires]),
  ]);
  const until = presence.ends;
  const after = presence.until(span, savedAt);
  if (after !== null) {
    data.after(after.at, null);
    marks.push(after);
  }
  records.finish(span);
  copies.finish(span);
  cookieLane.finish(span);
  const spans = presence.finish(span);
  const lanes = {
    cookie: cookieLane.spans,
    session: records.spans,
    cache: copies.spans,
    data: data.finish(span),
    present: spans.present,
    signedIn: spans.signedIn,
  };
  return {
    title: scenario.title,
    django: releaseOf(scenario.django),
    engine: run.engine,
    start: isoMicros(scenario.start),
    span,
    steps,
    lanes,
    marks,
    verdict: verdictOf({
      scenario,
      engine: run.engine,
      steps,
      lanes,
      marks,
      presence,
      last,
      until,
    }),
    timeline: withTimeline ? timelineText(await runScenario(scenario)) : null,
  };
}

const inJar = (step: Step): boolean => "request" in step && step.request.cookie === "jar";

/** The last step and what ends soon after it, with a little room. */
function axis(last: number, ends: readonly number[]): number {
  const soon = ends.filter((end) => end > last && (last === 0 || end <= last * 2));
  const from = last === 0 ? Math.min(...soon) : Math.max(last, ...soon);
  return Number.isFinite(from) && from > 0 ? from * 1.04 : 60;
}
