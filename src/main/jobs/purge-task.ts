/**
 * A purge in its worker: bounded batches, each its own transaction that keeps its before-images first and
 * checks every expiry again. The batch size follows the measured lock.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Pace, PurgeStart } from "../../shared/job.ts";
import { ProblemError, problem } from "../problem.ts";
import type { PurgeBatch, PurgeCount, Store } from "../stores/driver.ts";
import { assertFits, binCost } from "./bin-space.ts";
import type { BatchDone } from "./job.ts";
import { firstBatch, nextBatchSize, pauseAfter } from "./purge-size.ts";
import type { Control, Task } from "./task.ts";

export interface PurgeInput extends Omit<PurgeStart, "expected" | keyof Pace>, Pace {
  identity: string;
  title: string;
  /** Bytes the before-images take, from the preview; null: counted first. */
  needs: number | null;
}

/** `binJob` once, before the first batch, where before-images are kept. */
export type PurgeEvent =
  | ({ type: "batch"; slow: boolean } & BatchDone)
  | { type: "binJob"; id: string };

/** How often a batch waits for a lock another program holds before the job fails. */
const mostWaits = 40;
const waitMs = 250;
/** Batches in a row that delete nothing: then what is left is counted, and has to have become less. */
const mostIdle = 20;

export const purgeTask: Task<PurgeInput, PurgeEvent> = async function* (context, input, control) {
  const { store, recipe } = context;
  const { purgeBatch } = store;
  if (!purgeBatch) throw problem("unsupported", "This kind of store cannot be purged.");
  const { identity, title, cutoff, includeNeverRemoved, maxLockMs } = input;
  const bin = input.backup ? context.bin : null;
  if (bin) assertFits(bin, input.needs ?? (await countNeeds(store, input, control)));
  const writer = bin?.begin({ kind: "purge", title, recipe, identity });
  if (writer) yield { type: "binJob", id: writer.id };
  let size = firstBatch;
  let idle = 0;
  let least = Number.POSITIVE_INFINITY;
  let waits = 0;
  for (;;) {
    await control.whilePaused();
    if (control.signal.aborted) return;
    let batch: PurgeBatch;
    try {
      batch = await purgeBatch.call(store, {
        cutoff,
        limit: size,
        includeNeverRemoved,
        ...(writer
          ? { keep: (entries) => writer.keep(entries.map((entry) => ({ entry, after: null }))) }
          : {}),
      });
      waits = 0;
    } catch (error) {
      if (!isLocked(error) || ++waits > mostWaits) throw error;
      const waited = { rows: 0, bytes: 0, skipped: 0, lockMs: 0, pauseMs: waitMs, size };
      yield { type: "batch", slow: true, ...waited, note: "waited for another program's lock" };
      await rest(waitMs, control);
      continue;
    }
    const { deleted, bytes, skipped, lockMs, finished } = batch;
    const slow = lockMs > maxLockMs;
    const pauseMs = finished ? 0 : pauseAfter(lockMs, maxLockMs, input.pauseMs);
    const counted = { rows: deleted, bytes, skipped, lockMs: rounded(lockMs), pauseMs, size };
    yield { type: "batch", slow, ...counted, note: slow ? "over the bound, next one smaller" : "" };
    if (finished) return;
    idle = deleted === 0 ? idle + 1 : 0;
    if (idle > mostIdle) {
      // Nothing to delete may mean that another program (clearsessions, a second purge) is ahead of this one.
      const left = await countLeft(store, input, control);
      if (control.signal.aborted) return;
      if (left > 0 && left >= least)
        throw problem("store_failed", "Some expired sessions could not be deleted.");
      least = left;
      idle = 0;
    }
    // A batch cut short by renewals says little about the next one.
    if (deleted > 0 && (deleted * 2 >= size || slow))
      size = nextBatchSize(size, lockMs, maxLockMs, Math.max(1, bytes / deleted));
    await rest(pauseMs, control);
  }
};

async function countNeeds(store: Store, input: PurgeInput, control: Control): Promise<number> {
  const counted = await count(store, input, control);
  return counted ? purgeNeeds(counted, input.includeNeverRemoved) : 0;
}

/** Infinity where the store cannot tell. */
async function countLeft(store: Store, input: PurgeInput, control: Control): Promise<number> {
  const counted = await count(store, input, control);
  if (!counted) return Number.POSITIVE_INFINITY;
  return counted.count + (input.includeNeverRemoved ? (counted.neverRemoved?.count ?? 0) : 0);
}

async function count(
  store: Store,
  { cutoff }: PurgeInput,
  { signal }: Control,
): Promise<PurgeCount | undefined> {
  let last: PurgeCount | undefined;
  for await (const counted of store.purgeCount?.(cutoff, signal) ?? []) last = counted;
  return last;
}

/** What keeping all of them takes in the bin. */
export function purgeNeeds(counted: PurgeCount, includeNeverRemoved: boolean): number {
  const also = includeNeverRemoved ? counted.neverRemoved : null;
  return binCost(counted.count + (also?.count ?? 0), counted.bytes + (also?.bytes ?? 0));
}

const isLocked = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.code === "locked";

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

/** In slices, so that a stop is seen soon. */
async function rest(ms: number, { signal }: Control): Promise<void> {
  const until = performance.now() + ms;
  for (;;) {
    const left = until - performance.now();
    if (left <= 0 || signal.aborted) return;
    await sleep(Math.min(left, 50));
  }
}
