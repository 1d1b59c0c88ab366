/**
 * Changes sessions by key: each is read just before, kept in the bin, then changed only where it still is
 * what was read. The bin comes first: after a crash it may hold an image of a session that still lives,
 * which a restore passes over, but never miss one that is gone.
 */
import type { ChangeReport } from "../../shared/edit.ts";
import type { BinJob } from "../../shared/job.ts";
import { ProblemError, problem } from "../problem.ts";
import type { Entry, WriteOutcome } from "../stores/driver.ts";
import { assertFits, binCost, contentMark } from "./bin-space.ts";
import { breather } from "./change-breather.ts";
import { reasonOf } from "./change-failure.ts";
import { Report } from "./change-report.ts";
import type { BinWriter, StoreContext } from "./context.ts";

export interface ChangeContext extends StoreContext {
  readonly identity: string;
  readonly signal: AbortSignal;
}

/** What is done to one session; `overwrites` where it stays, changed. */
export interface ManyChange {
  kind: BinJob["kind"];
  title: string;
  overwrites: boolean;
  apply(entry: Entry): Promise<WriteOutcome>;
  /** Why this session is to be left alone after all; null: go on. */
  refuse?(entry: Entry): string | null;
}

/** Sessions kept in one step of the bin, and their bytes at most. */
const chunkKeys = 100;
const chunkBytes = 8 * 1024 * 1024;
/** No store holds more for one session. */
const wholeData = 2 ** 31;

const reasons = {
  gone: "It was gone already.",
  changed: "It changed at that moment, so it was left as it is.",
  stopped: "Stopped before it was reached.",
};

/** Progress of a chunk, for jobs. */
export interface ChunkDone {
  rows: number;
  bytes: number;
  skipped: number;
}

/**
 * Works through the keys; `chunked` hears of each chunk and may wait. bin_full before anything is
 * changed; another problem on the way ends the work, with the sessions not reached as skipped, or is thrown where
 * nothing was done yet.
 */
export async function changeMany(
  context: ChangeContext,
  keys: readonly string[],
  change: ManyChange,
  chunked: (done: ChunkDone) => Promise<void> = async () => {},
): Promise<ChangeReport> {
  const report = new Report();
  const wanted = [...new Set(keys)];
  assertFits(context.bin, await costOf(context, wanted));
  const { recipe, identity } = context;
  const bin = context.bin.begin({ kind: change.kind, title: change.title, recipe, identity });
  let at = 0;
  try {
    while (at < wanted.length && !context.signal.aborted) {
      const before = { done: report.done, skipped: report.skippedCount };
      const { read, bytes } = await changeChunk(context, wanted.slice(at), change, bin, report);
      at += read;
      const rows = report.done - before.done;
      await chunked({ rows, bytes, skipped: report.skippedCount - before.skipped });
    }
  } catch (error) {
    if (!(error instanceof ProblemError) || report.done === 0) throw error;
    for (const key of wanted.slice(at)) report.skip(key, error.problem.message);
    return report.with(bin.id);
  }
  for (const key of wanted.slice(at)) report.skip(key, reasons.stopped);
  return report.with(bin.id);
}

async function costOf({ store }: ChangeContext, keys: readonly string[]): Promise<number> {
  const breathe = breather();
  let bytes = 0;
  let count = 0;
  for (const key of keys) {
    const entry = await getOrNull(store, key, 0);
    await breathe();
    if (!entry) continue;
    count++;
    bytes += entry.size;
  }
  return binCost(count, bytes);
}

/** What is no key is not there either. */
async function getOrNull(
  store: StoreContext["store"],
  key: string,
  maxData: number,
): Promise<Entry | null> {
  try {
    return await store.get(key, maxData);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "bad_key") return null;
    throw error;
  }
}

async function changeChunk(
  { store }: ChangeContext,
  keys: readonly string[],
  change: ManyChange,
  bin: BinWriter,
  report: Report,
): Promise<{ read: number; bytes: number }> {
  const entries: Entry[] = [];
  let bytes = 0;
  let read = 0;
  for (const key of keys) {
    if (read >= chunkKeys || bytes >= chunkBytes) break;
    read++;
    const entry = await getOrNull(store, key, wholeData);
    const refused = entry ? change.refuse?.(entry) : reasons.gone;
    if (!entry || refused) {
      report.skip(key, refused ?? reasons.gone);
      continue;
    }
    entries.push(entry);
    bytes += entry.size;
  }
  bin.keep(entries.map((entry) => ({ entry, after: change.overwrites ? markOf(entry) : null })));
  const breathe = breather();
  const undone = new Set(entries.map(({ key }) => key));
  try {
    for (const entry of entries) {
      const outcome = await change.apply(entry).catch(reasonOf);
      await breathe();
      if (typeof outcome === "string") report.skip(entry.key, outcome);
      else if (outcome.outcome === "done") {
        undone.delete(entry.key);
        if (change.overwrites) bin.settle(entry.key, outcome.token);
        report.done++;
      } else report.skip(entry.key, outcome.outcome === "missing" ? reasons.gone : reasons.changed);
    }
  } finally {
    bin.forget([...undone]);
  }
  return { read, bytes };
}

function markOf({ key, data }: Entry): string {
  if (data === null) throw problem("too_large", `Session ${key} is too large to be changed.`);
  return contentMark(data);
}
