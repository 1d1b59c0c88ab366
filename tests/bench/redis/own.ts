/** The app's side of the Redis benchmark, in a process of its own: the jobs' scan for one user. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTaskRunner } from "../../../src/main/jobs/run-task.ts";
import { scan } from "../../../src/main/jobs/scan.ts";
import { openContext } from "../../../src/main/workspace/open-context.ts";
import { filledSettings } from "../../../src/main/workspace/settings.ts";
import { connectionSchema } from "../../../src/shared/connection.ts";

const [port = "", user = ""] = process.argv.slice(2);
const binPath = join(tmpdir(), `sessionscope-bench-${process.pid}.sqlite3`);
const { context, close } = await openContext({
  connection: connectionSchema.parse({
    ...{ id: "bench", name: "bench", driver: "redis" },
    options: { hosts: `127.0.0.1:${port}` },
  }),
  keys: { fallbacks: [], salt: "django.contrib.sessions.SessionStore" },
  settings: filledSettings({}),
  writable: false,
  binPath,
});
const started = performance.now();
let rows = 0;
let matched = 0;
const query = { filter: `user:${user}`, order: "expires", limit: 1_000_000 } as const;
for await (const event of scan(context, createTaskRunner(), query)) {
  if (event.type === "rows") continue;
  rows = event.scanned;
  matched = event.matched;
}
const seconds = (performance.now() - started) / 1000;
await close();
rmSync(binPath, { force: true });
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
console.log(JSON.stringify({ rows, matched, seconds, cpuSeconds, peakMb: maxRSS / 1024 }));
process.exit();
