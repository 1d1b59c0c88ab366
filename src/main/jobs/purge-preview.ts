/** In a worker: what a purge would delete, counted and sampled, without deleting anything. */
import type { PurgePreview, PurgeRequest } from "../../shared/job.ts";
import type { SessionRow } from "../../shared/session.ts";
import { problem } from "../problem.ts";
import type { Entry, PurgeCount, Store } from "../stores/driver.ts";
import type { StoreContext } from "./context.ts";
import { isLarge } from "./count.ts";
import { cutoffOf } from "./purge-cutoff.ts";
import { firstBatch } from "./purge-size.ts";
import { purgeNeeds } from "./purge-task.ts";
import { LIST_DATA, listedRow, withNames } from "./row.ts";
import type { Task } from "./task.ts";

const sampleSize = 9;
const eventEveryMs = 250;
/** Sessions that an estimate of all sizes is made from. */
const weighed = 500;
/** Entries looked through for samples of what is never removed. */
const mostLooked = 20_000;

/** At once with what is known, then as the count grows; the last event is exact, or the only one estimated. */
export const purgePreview: Task<PurgeRequest, PurgePreview> = async function* (
  context,
  request,
  { signal },
) {
  const started = performance.now();
  const { store } = context;
  if (!store.purgeCount)
    throw problem("unsupported", "This kind of store removes expired sessions by itself.");
  const cutoff = await cutoffOf(store, request.before);
  const found = await store.page({
    order: "expires",
    range: { to: cutoff },
    limit: sampleSize,
    maxData: LIST_DATA,
  });
  const sample = await rows(context, found, cutoff);
  const storeTotal = await store.estimate();
  const statement = store.purgeStatement?.(cutoff, firstBatch) ?? "";
  const kept = store.capabilities.neverRemoved ? await neverRemoved(context, cutoff, signal) : [];
  const preview = (counted: PurgeCount, estimated = false): PurgePreview => {
    const never = counted.neverRemoved;
    const needs = purgeNeeds(counted, request.includeNeverRemoved);
    const free = context.bin.free();
    return {
      cutoff,
      count: counted.count,
      bytes: counted.bytes,
      exact: counted.exact,
      estimated,
      storeTotal,
      oldest: counted.oldest,
      sample,
      neverRemoved: never && { ...never, sample: kept },
      checks: checks(context, request, { needs, free }),
      statement,
      bin: { needs, free, fits: needs <= free },
      tookMs: Math.round(performance.now() - started),
    };
  };
  const about = !request.exact && isLarge(storeTotal) ? await estimated(store, cutoff) : null;
  if (about) {
    yield preview(about, true);
    return;
  }
  let told = Number.NEGATIVE_INFINITY;
  for await (const counted of store.purgeCount(cutoff, signal)) {
    if (signal.aborted) return;
    if (!counted.exact && performance.now() - told < eventEveryMs) continue;
    told = performance.now();
    yield preview(counted);
  }
};

/** Sizes are those of the oldest, times the number of all. null: the store has no statistics. */
async function estimated(store: Store, cutoff: string): Promise<PurgeCount | null> {
  const [expected] = (await store.estimates?.([{ to: cutoff }])) ?? [];
  if (expected === undefined) return null;
  const oldest = await store.page({
    order: "expires",
    range: { to: cutoff },
    limit: weighed,
    maxData: -1,
  });
  const count = Math.max(expected, oldest.length);
  const bytes = oldest.reduce((sum, { size }) => sum + size, 0) / Math.max(1, oldest.length);
  return {
    count,
    bytes: Math.round(bytes * count),
    oldest: oldest[0]?.expires ?? null,
    exact: false,
    neverRemoved: null,
  };
}

async function rows(
  { store, recipe }: StoreContext,
  entries: Entry[],
  now: string,
): Promise<SessionRow[]> {
  const rules = { keys: recipe.keys, settings: recipe.settings, now };
  return withNames(
    entries.map((entry) => listedRow(entry, rules)),
    store,
  );
}

async function neverRemoved(
  context: StoreContext,
  now: string,
  signal: AbortSignal,
): Promise<SessionRow[]> {
  const found: Entry[] = [];
  let looked = 0;
  const request = { order: "expires", batch: 500, maxData: LIST_DATA, signal } as const;
  for await (const entries of context.store.scan(request)) {
    found.push(...entries.filter(({ expires }) => expires === null));
    looked += entries.length;
    if (found.length >= sampleSize || looked >= mostLooked) break;
  }
  return rows(context, found.slice(0, sampleSize), now);
}

function checks(
  { recipe, store }: StoreContext,
  { before }: PurgeRequest,
  { needs, free }: { needs: number; free: number },
): PurgePreview["checks"] {
  const all: PurgePreview["checks"] = [
    { level: "ok", text: "Active sessions stay: each batch checks every expiry again." },
    before === undefined
      ? { level: "ok", text: "The cutoff is the store's own clock, read once." }
      : { level: "info", text: "The cutoff was given." },
  ];
  if (needs > free)
    all.push({ level: "warning", text: "The recycle bin has no room for copies of all of them." });
  if (recipe.connection.environment === "production")
    all.push({ level: "warning", text: "This is a production store: its name is asked for." });
  if (store.capabilities.partial) all.push({ level: "info", text: store.capabilities.partial });
  return all;
}
