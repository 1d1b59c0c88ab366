/**
 * Puts sessions back from the bin. A session returns as long as its key is free; an overwritten one also while
 * the key still holds what the app wrote. What is overwritten by this is kept in the bin in turn.
 */
import type { ChangeReport } from "../../shared/edit.ts";
import type { Entry, Store, StoreChange } from "../stores/driver.ts";
import { contentMark } from "./bin-space.ts";
import { applyAll } from "./change-apply.ts";
import { breather } from "./change-breather.ts";
import type { ChangeContext } from "./change-many.ts";
import { Report } from "./change-report.ts";

/** An image as it lies in the bin. */
export interface KeptImage {
  sequence: number;
  entry: Entry;
  after: string | null;
  restoredAt: string | null;
}

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
    const overwritten = plans.filter(({ current }) => current !== null);
    bin.keep(
      overwritten.flatMap(({ current, change }) =>
        current ? [{ entry: current, after: contentMark(change.data) }] : [],
      ),
    );
    const { outcomes, tokens, failure } = await applyAll(
      context.store,
      plans.map(({ change }) => change),
    );
    const isDone = (index: number): boolean => outcomes[index] === "done";
    restored(plans.flatMap(({ sequence }, index) => (isDone(index) ? [sequence] : [])));
    for (const [index, { change }] of plans.entries()) {
      if (isDone(index)) report.done++;
      else report.skip(change.key, reasonFor(outcomes[index] ?? failure?.problem.message));
    }
    const unmade = plans.filter(({ current }, index) => current && !isDone(index));
    bin.forget(unmade.map(({ change }) => change.key));
    bin.settle(
      plans.flatMap(({ current, change }, index) => {
        const token = tokens[index];
        return current && token != null ? [{ key: change.key, token }] : [];
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

interface Plan {
  sequence: number;
  change: Extract<StoreChange, { op: "write" }>;
  /** What is overwritten; null: the key is free. */
  current: Entry | null;
}

async function planPart(store: Store, part: KeptImage[], report: Report): Promise<Plan[]> {
  const breathe = breather();
  const plans: Plan[] = [];
  for (const image of part) {
    const current = await store.get(image.entry.key, wholeData);
    await breathe();
    const plan = planOf(image, current);
    if (typeof plan === "string") report.skip(image.entry.key, plan);
    else plans.push(plan);
  }
  return plans;
}

/** How an image is put back, or why it is not. */
function planOf({ entry, after, restoredAt, sequence }: KeptImage, current: Entry | null) {
  const { key, data, expires, writtenAt } = entry;
  if (restoredAt !== null) return "It has been put back before.";
  if (data === null) return "Its data was not kept.";
  if (current) {
    if (after === null) return "A session with this key lives.";
    const isOurs =
      current.token === after || (current.data !== null && contentMark(current.data) === after);
    if (current.token === entry.token) return "It is as it was.";
    if (!isOurs) return "It changed since, so the newer version stays.";
  }
  const expected = current?.token ?? null;
  const times = { expires, ...(writtenAt === null ? {} : { writtenAt }) };
  return { sequence, current, change: { op: "write" as const, key, data, ...times, expected } };
}
