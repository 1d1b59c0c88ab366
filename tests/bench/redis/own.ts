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
const runner = createTaskRunner();

async function scanned(limit: number): Promise<{ rows: number; matched: number }> {
  let found = { rows: 0, matched: 0 };
  const query = { filter: `user:${user}`, order: "expires", limit } as const;
  for await (const event of scan(context, runner, query))
    if (event.type !== "rows") found = { rows: event.scanned, matched: event.matched };
  return found;
}

// Python's clock starts after its imports, so this one after the threads', which the app keeps.
await scanned(1);
const before = process.cpuUsage();
const started = performance.now();
const found = await scanned(1_000_000);
const seconds = (performance.now() - started) / 1000;
const { user: userTime, system } = process.cpuUsage(before);
await close();
rmSync(binPath, { force: true });
const cpuSeconds = (userTime + system) / 1e6;
const peakMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ...found, seconds, cpuSeconds, peakMb }));
process.exit();
