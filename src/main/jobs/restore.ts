/**
 * Puts sessions back from the bin. A session returns as long as its key is free; an overwritten one also while
 * the key still holds what the app wrote. What is overwritten by this is kept in the bin in turn.
 */
import type { ChangeReport } from "../../shared/edit.ts";
import { ProblemError } from "../problem.ts";
import type { Entry, Store } from "../stores/driver.ts";
import { contentMark } from "./bin-space.ts";
import { breather } from "./change-breather.ts";
import { reasonOf } from "./change-failure.ts";
import type { ChangeContext } from "./change-many.ts";
import { Report } from "./change-report.ts";
import type { BinWriter } from "./context.ts";

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
  const breathe = breather();
  const { recipe, identity } = context;
  const bin = context.bin.begin({ kind: "edit", title: `Undo: ${title}`, recipe, identity });
  let kept = false;
  for (const part of images) {
    if (context.signal.aborted) break;
    const done: number[] = [];
    try {
      for (const image of part) {
        const reason = await putBack(context.store, bin, image).catch(reasonOf);
        await breathe();
        if (typeof reason === "string") report.skip(image.entry.key, reason);
        else {
          done.push(image.sequence);
          report.done++;
          kept ||= reason.kept;
        }
      }
    } catch (error) {
      if (!(error instanceof ProblemError) || report.done === 0) throw error;
      report.skip(part[done.length]?.entry.key ?? "", error.problem.message);
      return report.with(kept ? bin.id : null);
    } finally {
      restored(done);
    }
    await progress(report);
  }
  return report.with(kept ? bin.id : null);
}

/** Why it was left alone, or whether what it replaced was kept. */
async function putBack(
  store: Store,
  bin: BinWriter,
  image: KeptImage,
): Promise<string | { kept: boolean }> {
  const { entry, after, restoredAt } = image;
  if (restoredAt !== null) return "It has been put back before.";
  if (entry.data === null) return "Its data was not kept.";
  const current = await store.get(entry.key, wholeData);
  const write = {
    key: entry.key,
    data: entry.data,
    expires: entry.expires,
    ...(entry.writtenAt === null ? {} : { writtenAt: entry.writtenAt }),
  };
  if (after === null || !current) {
    if (current) return "A session with this key lives.";
    const { outcome } = await store.write({ ...write, expected: null });
    return outcome === "done" ? { kept: false } : "A session with this key lives.";
  }
  if (current.token !== after && !(current.data !== null && contentMark(current.data) === after))
    return "It changed since, so the newer version stays.";
  bin.keep([{ entry: current, after: contentMark(entry.data) }]);
  const outcome = await store.write({ ...write, expected: current.token });
  if (outcome.outcome !== "done") {
    bin.forget([entry.key]);
    return "It changed at that moment, so the newer version stays.";
  }
  bin.settle(entry.key, outcome.token);
  return { kept: true };
}
