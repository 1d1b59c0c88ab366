/** The process of bounded.ts: opens a store, goes through it as asked, and tells how much was alive at the most. */
import { text } from "node:stream/consumers";
import type { Entry, Store } from "../../src/main/stores/driver.ts";
import { openStore } from "../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../src/shared/connection.ts";
import type { Measured, Work } from "./bounded.ts";

const { target, work, cutoff, maxData } = JSON.parse(await text(process.stdin));
const collect = globalThis.gc;
if (!collect) throw new Error("It is to be started with --expose-gc.");

const store = await openStore({
  connection: connectionSchema.parse({ id: "bounded", name: "bounded", ...target }),
  keys: { fallbacks: [], salt: "" },
  settings: filledSettings({}),
  writable: true,
  binPath: "",
});

function live(): number {
  collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const range = { order: "expires", batch: 500, maxData } as const;

/** Steps of entries. */
const ways: Record<Work, (store: Store) => AsyncIterable<readonly Entry[] | number>> = {
  async *page() {
    yield await store.page({ order: "-expires", limit: 50, maxData });
  },
  async *pages() {
    for (let after: string | undefined; ; ) {
      const page = await store.page({
        order: "-expires",
        limit: 2000,
        maxData,
        ...(after && { after }),
      });
      if (!page.length) return;
      yield page;
      after = page.at(-1)?.cursor;
    }
  },
  scan: () => store.scan(range),
  async *parts() {
    for (const index of [0, 1, 2]) yield* store.scan({ ...range, part: { index, of: 3 } });
  },
  async *count() {
    yield await store.count({});
  },
  async *purgeCount() {
    for await (const { count, exact } of store.purgeCount?.(cutoff) ?? [])
      if (exact) yield count;
      else yield [];
  },
  async *purge() {
    for (;;) {
      let kept = 0;
      const keep = (entries: Entry[]) => {
        kept = entries.length;
        sample(entries);
      };
      const batch = await store.purgeBatch?.({ cutoff, limit: 2000, keep });
      if (batch && batch.deleted > kept) throw new Error("Deleted without having been kept.");
      yield batch?.deleted ?? 0;
      if (!batch || batch.finished) return;
    }
  },
  /** What must not be: everything held at once. */
  async *hoard() {
    const all: Entry[] = [];
    for await (const step of store.scan(range)) {
      all.push(...step);
      yield step;
    }
    yield all.slice(0, 0);
    if (all.length === 0) throw new Error("Nothing to hoard.");
  },
};

let start = live();
let most = 0;
function sample(_: unknown): void {
  most = Math.max(most, live() - start);
}

const results: Measured[] = [];
for (const name of work as Work[]) {
  const result: Measured = { work: name, count: 0, most: 0, large: [] };
  start = live();
  most = 0;
  let sampled = -1;
  for await (const step of ways[name](store)) {
    result.count += typeof step === "number" ? step : step.length;
    // Every 5,000 entries: a collection costs some milliseconds.
    const due = Math.floor(result.count / 5000) !== sampled;
    if (due) sample(step);
    sampled = Math.floor(result.count / 5000);
    if (typeof step === "number") continue;
    for (const { key, size, data } of step) {
      if (size < 1_000_000) continue;
      result.large.push({ key, size, data: data !== null });
      if (!due) sample(step);
    }
  }
  results.push({ ...result, most });
}
await store.close();
process.stdout.write(JSON.stringify(results));
