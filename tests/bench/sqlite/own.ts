/** The app's side of the SQLite benchmark, a process of its own a measure: `first`, `scan` and `purge`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { OpenRecipe, StoreContext } from "../../../src/main/jobs/context.ts";
import { readPage } from "../../../src/main/jobs/page.ts";
import type { PurgeEvent, PurgeInput } from "../../../src/main/jobs/purge-task.ts";
import { createTaskRunner } from "../../../src/main/jobs/run-task.ts";
import { scan } from "../../../src/main/jobs/scan.ts";
import { openContext } from "../../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../../src/shared/connection.ts";

/** All that is measured was written before this moment, and half of it expired before it. */
const NOW = "2026-11-01T00:00:00.000000Z";

const [verb = "", path = "", argument = ""] = process.argv.slice(2);
const binPath = join(path, "..", `bin-${process.pid}.sqlite3`);

const recipe = (writable: boolean): OpenRecipe => ({
  connection: connectionSchema.parse({
    id: "bench",
    name: "bench",
    driver: "sqlite",
    options: { path },
  }),
  keys: {
    secretKey: process.env["DJANGO_SECRET_KEY"] ?? "",
    fallbacks: [],
    salt: "django.contrib.sessions.SessionStore",
  },
  settings: filledSettings({}),
  writable,
  binPath,
});

async function first(context: StoreContext, times: number) {
  const ms: number[] = [];
  for (let turn = 0; turn < times; turn++) {
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
  for await (const event of scan(context, runner, {
    filter: `user:${user}`,
    order: "expires",
    limit: 1_000_000,
  })) {
    if (event.type === "rows") continue;
    rows = event.scanned;
    matched = event.matched;
  }
  const seconds = (performance.now() - start) / 1000;
  await runner.close();
  return { rows, matched, seconds };
}

async function purge(context: StoreContext, pace: string, backup: boolean) {
  const [maxLockMs = 50, pauseMs = 20] = pace.split(",").map(Number);
  const runner = createTaskRunner();
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
  let longestLockMs = 0;
  let pausedMs = 0;
  for await (const event of runner.run<PurgeEvent>("purge", context.recipe, input)) {
    if (event.type !== "batch") continue;
    deleted += event.rows;
    batches += 1;
    pausedMs += event.pauseMs;
    longestLockMs = Math.max(longestLockMs, event.lockMs);
  }
  const seconds = (performance.now() - start) / 1000;
  await runner.close();
  return { seconds, deleted, batches, longestLockMs, pausedMs };
}

const { context, close } = await openContext(recipe(verb === "purge"));
const result =
  verb === "first"
    ? await first(context, Number(argument))
    : verb === "scan"
      ? await scanUser(context, argument)
      : await purge(context, argument, process.env["BENCH_BACKUP"] === "1");
await close();
for (const end of ["", "-wal", "-shm"]) rmSync(binPath + end, { force: true });
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(
  JSON.stringify({ ...result, peakMb: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }),
);
