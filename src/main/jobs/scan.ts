/**
 * A scan: every session of a range is asked once whether it fits the filter, in worker threads over disjoint parts of
 * the store. Matches are handed on as they are found, so they come in no order.
 */
import type { Order, ScanEvent } from "../../shared/session.ts";
import type { StoreContext } from "./context.ts";
import { compileFilter } from "./filter.ts";
import { userIds } from "./filter-match.ts";
import { isEmptyRange } from "./filter-values.ts";
import { merge } from "./merge.ts";
import { isEndless, readPage } from "./page.ts";
import { parallelism } from "./run-task-pool.ts";
import type { PartInput, PartProgress } from "./scan-part.ts";
import type { RunningTask, TaskRunner } from "./task.ts";

export interface ScanQuery {
  filter: string;
  order: Order;
  /** Matches after which it stops by itself. */
  limit: number;
}

const PROGRESS_MS = 250;

/**
 * Rows as they are found, progress four times a second, and last a progress event that says done. Ends early, without
 * an error, when the signal fires. bad_filter before the first event.
 */
export async function* scan(
  context: StoreContext,
  runner: TaskRunner,
  query: ScanQuery,
  signal?: AbortSignal,
): AsyncGenerator<ScanEvent, void> {
  const { store, recipe } = context;
  const now = await store.now();
  const endless = isEndless(store);
  const filter = compileFilter(query.filter, now, endless);
  const meter = createMeter();
  if (filter.key !== null || isEmptyRange(filter.range)) {
    const { rows } = await readPage(context, { ...query, limit: 1 });
    if (rows.length > 0) yield { type: "rows", rows };
    yield {
      ...meter.progress(),
      scanned: rows.length,
      matched: rows.length,
      total: rows.length,
      done: true,
    };
    return;
  }

  const ids = [...(await userIds(store, filter.users))];
  const of = Math.min(parallelism(), store.mostParts ?? Number.POSITIVE_INFINITY);
  const edges = of > 1 ? await store.edges?.(of) : null;
  // Bounds on size are answered by the store where it can, so the rows it goes through are not known beforehand.
  const bounded = filter.minSize !== undefined || filter.maxSize !== undefined;
  const [about] = bounded ? [] : ((await store.estimates?.([filter.range])) ?? []);
  const input = { filter: query.filter, order: query.order, now, endless, ids };
  const tasks: RunningTask<PartProgress>[] = Array.from({ length: of }, (_, index) =>
    runner.run<PartProgress>("scan", recipe, {
      ...input,
      part: { index, of, ...(edges && { edges }) },
    } satisfies PartInput),
  );
  if (about !== undefined) meter.add({ part: -1, scanned: 0, total: about });
  else if (!bounded && store.capabilities.count === "exact")
    tasks.push(runner.run<PartProgress>("rangeTotal", recipe, filter.range));
  const stop = (): void => {
    for (const task of tasks) task.stop();
  };
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();

  try {
    let left = query.limit;
    for await (const event of merge(tasks)) {
      meter.add(event);
      const rows = event.rows?.slice(0, left) ?? [];
      left -= rows.length;
      meter.found(rows.length);
      if (rows.length > 0) yield { type: "rows", rows };
      if (left === 0) break;
      if (meter.due()) yield meter.progress();
    }
    const last = meter.progress();
    const complete = left > 0 && !signal?.aborted;
    yield { ...last, total: complete ? last.scanned : last.total, done: true };
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** Adds the parts up and tells when the next progress is due. */
function createMeter() {
  const started = performance.now();
  const scannedBy = new Map<number, number>();
  let total: number | null = null;
  let matched = 0;
  let told = { at: started, scanned: 0 };
  let rate = 0;
  const scanned = (): number => scannedBy.values().reduce((sum, count) => sum + count, 0);
  return {
    add(event: PartProgress): void {
      if (event.total !== undefined) total = event.total;
      else scannedBy.set(event.part, event.scanned);
    },
    found(rows: number): void {
      matched += rows;
    },
    due: () => performance.now() - told.at >= PROGRESS_MS,
    progress() {
      const at = performance.now();
      const now = scanned();
      const seconds = (at - told.at) / 1000;
      const latest = seconds > 0 ? (now - told.scanned) / seconds : 0;
      // Half of what was told before: steady to look at, and right within a second.
      rate = told.at === started ? latest : (rate + latest) / 2;
      told = { at, scanned: now };
      return {
        type: "progress" as const,
        scanned: now,
        matched,
        total: total === null ? null : Math.max(total, now),
        rate: Math.round(rate),
        done: false,
        tookMs: at - started,
      };
    },
  };
}
