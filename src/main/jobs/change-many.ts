/**
 * Changes sessions by key: each is read just before, kept in the bin, then changed only where it still is
 * what was read. The bin comes first: after a crash it may hold an image of a session that still lives,
 * which a restore passes over, but never miss one that is gone.
 */
import type { ChangeReport } from "../../shared/edit.ts";
import type { BinJob } from "../../shared/job.ts";
import { ProblemError } from "../problem.ts";
import type { Entry, Store, StoreChange } from "../stores/driver.ts";
import { assertFits, binCost, marksOf, storedSize } from "./bin-space.ts";
import { applyAll, isUncertain } from "./change-apply.ts";
import { breather } from "./change-breather.ts";
import { Report } from "./change-report.ts";
import type { BinWriter, StoreContext } from "./context.ts";

export interface ChangeContext extends StoreContext {
  readonly identity: string;
  readonly signal: AbortSignal;
}

/** What is done to each session; `overwrites` where it stays, changed. */
export interface ManyChange {
  kind: BinJob["kind"];
  title: string;
  overwrites: boolean;
  change(entry: Entry): StoreChange;
  /** Why this session is to be left alone after all; null: go on. */
  refuse?(entry: Entry): string | null;
}

/** Sessions kept in one step of the bin, and their bytes at most. */
export const changedTogether = 100;
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
  while (at < wanted.length && !context.signal.aborted) {
    const before = { done: report.done, skipped: report.skippedCount };
    const part = await readPart(
      context.store,
      wanted.slice(at, at + changedTogether),
      change,
      report,
    );
    const failure = await changePart(context.store, part.entries, change, bin, report);
    if (failure && report.done === 0) throw failure;
    at += part.read;
    if (failure) {
      for (const key of wanted.slice(at)) report.skip(key, failure.problem.message);
      return report.with(bin.id);
    }
    const rows = report.done - before.done;
    await chunked({ rows, bytes: part.bytes, skipped: report.skippedCount - before.skipped });
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
    bytes += storedSize(entry);
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

interface Part {
  entries: Entry[];
  /** Keys looked at. */
  read: number;
  bytes: number;
}

async function readPart(
  store: Store,
  keys: readonly string[],
  change: ManyChange,
  report: Report,
): Promise<Part> {
  const breathe = breather();
  const part: Part = { entries: [], read: 0, bytes: 0 };
  for (const key of keys) {
    if (part.bytes >= chunkBytes) break;
    part.read++;
    const entry = await getOrNull(store, key, wholeData);
    await breathe();
    const refused = entry ? (change.refuse?.(entry) ?? null) : reasons.gone;
    if (!entry || refused !== null) {
      report.skip(key, refused ?? reasons.gone);
      continue;
    }
    part.entries.push(entry);
    part.bytes += entry.size;
  }
  return part;
}

/** Keeps the entries, then changes them; a problem of the store or the bin is given back. */
async function changePart(
  store: Store,
  entries: readonly Entry[],
  change: ManyChange,
  bin: BinWriter,
  report: Report,
): Promise<ProblemError | null> {
  try {
    bin.keep(
      entries.map((entry) => ({
        entry,
        ...(change.overwrites ? marksOf(entry) : { after: null }),
      })),
    );
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    for (const { key } of entries) report.skip(key, error.problem.message);
    return error;
  }
  const { outcomes, tokens, failure } = await applyAll(store, entries.map(change.change));
  const undone: string[] = [];
  for (const [index, { key }] of entries.entries()) {
    const outcome = outcomes[index] ?? failure?.problem.message ?? reasons.stopped;
    if (outcome === "done") report.done++;
    else {
      if (outcomes[index] !== undefined || !failure || !isUncertain(failure)) undone.push(key);
      if (outcome === "missing") report.skip(key, reasons.gone);
      else report.skip(key, outcome === "conflict" ? reasons.changed : outcome);
    }
  }
  bin.forget(undone);
  if (change.overwrites)
    bin.settle(
      entries.flatMap(({ key }, index) => {
        const token = tokens[index];
        return token == null ? [] : [{ key, token }];
      }),
    );
  return failure;
}
