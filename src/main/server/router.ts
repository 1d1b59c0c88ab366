/** One host: the services it consists of, and the contract implemented over them. */
import { join } from "node:path";
import { ReadEntries } from "../jobs/edit-base.ts";
import { createRegistry } from "../jobs/registry.ts";
import { createTaskRunner } from "../jobs/run-task.ts";
import type { TaskRunner } from "../jobs/task.ts";
import { openConnections } from "../workspace/connections.ts";
import { openCredentials, type Vault } from "../workspace/credentials.ts";
import { demoConnection, demoId, demoSecrets, makeDemo } from "../workspace/demo.ts";
import { createEvents } from "../workspace/events.ts";
import { openHome } from "../workspace/home.ts";
import { maskedProblem } from "../workspace/mask.ts";
import { createOpenStores } from "../workspace/open-stores.ts";
import { createProjects } from "../workspace/project/projects.ts";
import { openRecycleBin } from "../workspace/recycle-bin.ts";
import { filledSettings } from "../workspace/settings.ts";
import { asTypedError, os } from "./implementer.ts";
import { isoNow } from "./now.ts";
import { appRoutes } from "./routes/app.ts";
import { binRoutes } from "./routes/bin.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { cookieRoutes } from "./routes/cookies.ts";
import { editRoutes } from "./routes/edit.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { projectRoutes } from "./routes/project.ts";
import { purgeRoutes } from "./routes/purge.ts";
import { browseRoutes } from "./routes/sessions.ts";
import { simulatorRoutes } from "./routes/simulator.ts";
import { userRoutes } from "./routes/users.ts";
import type { Face, Services } from "./services.ts";
import { watchedRunner } from "./watch-tasks.ts";

export interface HostOptions {
  face: Face;
  /** Default: the process's own. SESSIONSCOPE_HOME and keys are read from it. */
  env?: NodeJS.ProcessEnv;
  /** Default: worker threads. */
  taskRunner?: TaskRunner;
  /** How long writes stay unlocked, in ms. Default 15 minutes. */
  unlockMs?: number;
  /** The system's credential store, where there is one. Default: none, secrets stay in memory. */
  vault?: Vault;
  /** ms before each further try at a lost store, and between looks at an idle server. */
  reconnectDelays?: readonly number[];
  lookMs?: number;
}

const quarterHour = 15 * 60_000;

/** Opens the app's home. `close` stops jobs after their current step and closes every store. */
export function createHost(options: HostOptions) {
  const { face, env = process.env, unlockMs = quarterHour } = options;
  const home = openHome(env);
  const own = options.taskRunner ? null : createTaskRunner();
  const events = createEvents();
  const credentials = openCredentials(home, options.vault ?? null);
  const projects = createProjects(env);
  const demo = demoConnection(home);
  const connections = openConnections(home, demo);
  const binPath = join(home, "recycle-bin.sqlite3");
  const bin = openRecycleBin(binPath);
  const jobs = createRegistry(
    (job) => {
      const problem = job.problem && maskedProblem(job.problem);
      events.publish({ type: "job", job: { ...job, problem } });
    },
    (error) => asTypedError(error, ["jobs"]),
  );
  const stores = createOpenStores({
    connections,
    bin,
    binPath,
    events,
    env,
    home,
    credentials,
    secretsOf: (handle) => projects.secrets(handle),
    reconnectDelays: options.reconnectDelays,
    lookMs: options.lookMs,
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
    credentials,
    projects,
    bin,
    events,
    jobs,
    read: new ReadEntries(),
    previewed: new Map(),
    runner: watchedRunner(options.taskRunner ?? own ?? createTaskRunner(), (id) =>
      stores.suspect(id),
    ),
    tellBin: () => events.publish({ type: "bin", usage: bin.usage() }),
    async rulesOf(id) {
      if (stores.view(id)) {
        const { recipe, store } = stores.reading(id);
        return { keys: recipe.keys, settings: recipe.settings, now: await store.now() };
      }
      const settings = (connections.get(id) ?? bin.connection(id))?.settings ?? {};
      const keys = { fallbacks: [], salt: "" };
      return { keys, settings: filledSettings(settings), now: isoNow() };
    },
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
    project: projectRoutes(services),
    sessions: { ...browseRoutes(services), ...editRoutes(services) },
    users: userRoutes(services),
    purge: purgeRoutes(services),
    jobs: jobRoutes(services),
    bin: binRoutes(services),
    ...simulatorRoutes(services),
    ...cookieRoutes(services),
  });
