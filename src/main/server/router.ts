/** One host: the services it consists of, and the contract implemented over them. */
import { join } from "node:path";
import { createRegistry } from "../jobs/registry.ts";
import { createTaskRunner } from "../jobs/run-task.ts";
import type { TaskRunner } from "../jobs/task.ts";
import { openConnections } from "../workspace/connections.ts";
import { demoConnection, demoId, demoSecrets, makeDemo } from "../workspace/demo.ts";
import { createEvents } from "../workspace/events.ts";
import { openHome } from "../workspace/home.ts";
import { createOpenStores } from "../workspace/open-stores.ts";
import { openRecycleBin } from "../workspace/recycle-bin.ts";
import { asTypedError, os } from "./implementer.ts";
import { appRoutes } from "./routes/app.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { jobRoutes } from "./routes/jobs.ts";
import type { Face, Services } from "./services.ts";

export interface HostOptions {
  face: Face;
  /** Default: the process's own. SESSIONSCOPE_HOME and keys are read from it. */
  env?: NodeJS.ProcessEnv;
  /** Default: worker threads. */
  taskRunner?: TaskRunner;
  /** How long writes stay unlocked, in ms. Default 15 minutes. */
  unlockMs?: number;
}

const quarterHour = 15 * 60_000;

/** Opens the app's home. `close` stops jobs after their current step and closes every store. */
export function createHost(options: HostOptions) {
  const { face, env = process.env, unlockMs = quarterHour } = options;
  const home = openHome(env);
  const own = options.taskRunner ? null : createTaskRunner();
  const events = createEvents();
  const demo = demoConnection(home);
  const connections = openConnections(home, demo);
  const binPath = join(home, "recycle-bin.sqlite3");
  const bin = openRecycleBin(binPath);
  const jobs = createRegistry(
    (job) => events.publish({ type: "job", job }),
    (error) => asTypedError(error, ["jobs"]),
  );
  const stores = createOpenStores({
    connections,
    bin,
    binPath,
    events,
    env,
    unlockMs,
    knownSecrets: ({ id }) => (id === demoId ? demoSecrets() : undefined),
    prepare: ({ id }) => {
      if (id === demoId) makeDemo(home);
    },
  });
  const services: Services = {
    face,
    home,
    env,
    connections,
    stores,
    bin,
    events,
    jobs,
    runner: options.taskRunner ?? own ?? createTaskRunner(),
    resetDemo: () => makeDemo(home, true),
  };
  void bin.sweep().catch(() => {});
  return {
    router: routerOf(services),
    async close() {
      await jobs.stopAll();
      await stores.closeAll();
      await own?.close();
      bin.close();
    },
  };
}

const routerOf = (services: Services) =>
  os.router({
    ...appRoutes(services),
    connections: connectionRoutes(services),
    jobs: jobRoutes(services),
  });
