/**
 * Puts sessions back from the bin. A session returns as long as its key is free; an overwritten one also while
 * the key still holds what the app wrote. What is overwritten by this is kept in the bin in turn.
 */
import type { ChangeReport } from "../../shared/edit.ts";
import type { ProblemError } from "../problem.ts";
import type { Half, Store } from "../stores/driver.ts";
import { applyAll, isUncertain } from "./change-apply.ts";
import { breather } from "./change-breather.ts";
import type { ChangeContext } from "./change-many.ts";
import { Report } from "./change-report.ts";
import { tokensOf } from "./pair.ts";
import { type KeptImage, type Plan, planOf } from "./restore-plan.ts";

export interface RestoreSource {
  title: string;
  /** All of a job's, or those asked for, a part at a time. */
  images: Iterable<KeptImage[]>;
  restored(sequences: number[]): void;
}

const wholeData = 2 ** 31;

export async function restore(
  context: ChangeContext,
  { title, images, restored }: RestoreSource,
  progress: (report: Report) => Promise<void> = async () => {},
): Promise<ChangeReport> {
  const report = new Report();
  const { recipe, identity } = context;
  const bin = context.bin.begin({ kind: "edit", title: `Undo: ${title}`, recipe, identity });
  let kept = false;
  for (const part of images) {
    if (context.signal.aborted) break;
    const plans = await planPart(context.store, part, report);
    bin.keep(plans.flatMap(({ kept }) => (kept ? [kept] : [])));
    const { results, failure } = await applyPlans(context.store, plans);
    const reasonOf = (index: number): string | null => results[index]?.reason ?? null;
    const isDone = (index: number): boolean => reasonOf(index) === null;
    restored(plans.flatMap(({ sequence }, index) => (isDone(index) ? [sequence] : [])));
    for (const [index, { key }] of plans.entries()) {
      const reason = reasonOf(index);
      if (reason === null) report.done++;
      else report.skip(key, reason);
    }
    const overwritten = plans.filter((plan) => plan.kept);
    const lost = failure !== null && isUncertain(failure);
    const unmade = plans.filter(
      ({ kept }, index) =>
        kept && !results[index]?.wrote && !(lost && (results[index]?.left ?? 0) > 0),
    );
    bin.forget(unmade.map(({ key }) => key));
    bin.settle(
      plans.flatMap(({ key, kept }, index) => {
        const token = results[index]?.token;
        return kept && token != null ? [{ key, token }] : [];
      }),
    );
    kept ||= overwritten.length > unmade.length;
    if (failure && report.done === 0) throw failure;
    if (failure) break;
    await progress(report);
  }
  return report.with(kept ? bin.id : null);
}

const reasonFor = (outcome: string | undefined): string =>
  outcome === "conflict" || outcome === "missing" || outcome === undefined
    ? "It changed at that moment, so the newer version stays."
    : outcome;

async function planPart(store: Store, part: KeptImage[], report: Report): Promise<Plan[]> {
  const breathe = breather();
  const now = await store.now();
  const plans: Plan[] = [];
  for (const image of part) {
    const current = await store.get(image.entry.key, wholeData);
    await breathe();
    const plan = planOf(image, current, store, now);
    if (typeof plan === "string") report.skip(image.entry.key, plan);
    else plans.push(plan);
  }
  return plans;
}

/** What came of a plan. */
interface Result {
  /** Steps to come. */
  left: number;
  /** Why it was not put back, or not wholly; null: it was. */
  reason: string | null;
  /** Something of it was written. */
  wrote: boolean;
  /** As the store names what is there now; of a pair, null for a half that was not written. */
  token: string | null;
}

/** Each half's writes together, the copies of those rows that are back. */
async function applyPlans(
  store: Store,
  plans: readonly Plan[],
): Promise<{ results: Result[]; failure: ProblemError | null }> {
  const results = plans.map(({ steps }): Result => {
    return { left: steps.length, reason: null, wrote: false, token: null };
  });
  const places: [Half | null, Store | undefined][] = [
    [null, store],
    ["row", store.halves?.row],
    ["copy", store.halves?.copy],
  ];
  for (const [half, place] of places) {
    const steps = plans.flatMap(({ steps }, index) =>
      steps.flatMap((step) =>
        step.half === half && results[index]?.reason === null ? [{ ...step, index }] : [],
      ),
    );
    if (!place || steps.length === 0) continue;
    const { outcomes, tokens, failure } = await applyAll(
      place,
      steps.map(({ change }) => change),
    );
    for (const [at, { index, ended }] of steps.entries()) {
      const result = results[index];
      if (!result) continue;
      const outcome = outcomes[at];
      const done = outcome === "done";
      const isRefused = outcome !== undefined && !/^(done|conflict|missing)$/.test(outcome);
      // A copy that has ended is none any more; the row is back.
      if (!done && !(half === "copy" && ended && isRefused))
        result.reason = reasonFor(outcome ?? failure?.problem.message);
      if (outcome !== undefined) result.left--;
      result.wrote ||= done;
      if (done) result.token = joined(half, result.token, tokens[at] ?? null);
    }
    if (!failure) continue;
    for (const result of results)
      if (result.left > 0) result.reason ??= reasonFor(failure.problem.message);
    return { results, failure };
  }
  return { results, failure: null };
}

function joined(half: Half | null, before: string | null, token: string | null): string | null {
  if (half === null) return token;
  const [row] = before === null ? [null] : tokensOf(before);
  return half === "row" ? pairOf(token, null) : pairOf(row, token || null);
}

const pairOf = (row: string | null, copy: string | null): string => JSON.stringify([row, copy]);
