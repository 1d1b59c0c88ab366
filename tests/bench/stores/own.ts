/** The app's side of the benchmark of SQL servers, a process of its own a measure: `first`, `scan`, `purge` and `purge-kept`. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenRecipe, StoreContext } from "../../../src/main/jobs/context.ts";
import { readPage } from "../../../src/main/jobs/page.ts";
import type { PurgeEvent, PurgeInput } from "../../../src/main/jobs/purge-task.ts";
import { createTaskRunner } from "../../../src/main/jobs/run-task.ts";
import { scan } from "../../../src/main/jobs/scan.ts";
import { openContext } from "../../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../../src/shared/connection.ts";
import { usualPace } from "../../../src/shared/job.ts";

/** As in theirs.py: half of what is measured expired before this moment. */
const NOW = "2026-11-01T00:00:00.000000Z";

const [verb = "", argument = ""] = process.argv.slice(2);
const binPath = join(tmpdir(), `sessionscope-bench-bin-${process.pid}.sqlite3`);
const place: { driver: string; options: Record<string, unknown> } = JSON.parse(
  process.env["BENCH_PLACE"] ?? "{}",
);

const recipe = (writable: boolean): OpenRecipe => ({
  connection: connectionSchema.parse({ id: "bench", name: "bench", ...place }),
  keys: {
    secretKey: process.env["DJANGO_SECRET_KEY"] ?? "",
    fallbacks: [],
    salt: "django.contrib.sessions.SessionStore",
  },
  settings: filledSettings({}),
  writable,
  binPath,
});

async function first(context: StoreContext) {
  const ms: number[] = [];
  for (let turn = 0; turn < 15; turn++) {
    const start = performance.now();
    const { rows } = await readPage(context, { filter: "", order: "-expires", limit: 100 });
    ms.push(performance.now() - start);
    if (rows.length !== 100 || rows.some(({ signature }) => signature !== "valid"))
      throw new Error("The first rows are not what was written.");
  }
  return { ms };
}

async function scanUser(context: StoreContext, user: string) {
  const runner = createTaskRunner();
  const start = performance.now();
  let rows = 0;
  let matched = 0;
  const query = { filter: `user:${user}`, order: "expires", limit: 1_000_000 } as const;
  for await (const event of scan(context, runner, query)) {
    if (event.type === "rows") continue;
    rows = event.scanned;
    matched = event.matched;
  }
  const seconds = (performance.now() - start) / 1000;
  await runner.close();
  return { rows, matched, seconds };
}

/** The pace of the app's own default, or BENCH_PACE=50,20 (longest lock aimed at, pause, in ms). */
async function purge(context: StoreContext, backup: boolean) {
  const runner = createTaskRunner();
  const [maxLockMs = 50, pauseMs = 20] = (
    process.env["BENCH_PACE"] ?? Object.values(usualPace(context.store.capabilities)).join()
  )
    .split(",")
    .map(Number);
  const input: PurgeInput = {
    cutoff: NOW,
    includeNeverRemoved: false,
    backup,
    maxLockMs,
    pauseMs,
    identity: "bench",
    title: "bench",
    needs: null,
  };
  const start = performance.now();
  let deleted = 0;
  let batches = 0;
  let lockedMs = 0;
  let pausedMs = 0;
  let longestLockMs = 0;
  for await (const event of runner.run<PurgeEvent>("purge", context.recipe, input)) {
    if (event.type !== "batch") continue;
    deleted += event.rows;
    batches += 1;
    lockedMs += event.lockMs;
    pausedMs += event.pauseMs;
    longestLockMs = Math.max(longestLockMs, event.lockMs);
  }
  const seconds = (performance.now() - start) / 1000;
  await runner.close();
  return { seconds, deleted, batches, lockedMs, pausedMs, longestLockMs };
}

const { context, close } = await openContext(recipe(verb.startsWith("purge")));
const result =
  verb === "first"
    ? await first(context)
    : verb === "scan"
      ? await scanUser(context, argument)
      : await purge(context, verb === "purge-kept");
await close();
for (const end of ["", "-wal", "-shm"]) rmSync(binPath + end, { force: true });
const { userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(JSON.stringify({ ...result, cpu: (userCPUTime + systemCPUTime) / 1e6 }));
