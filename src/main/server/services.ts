/** What the router's procedures work with; made once per host. */
import type { JobRegistry } from "../jobs/registry.ts";
import type { TaskRunner } from "../jobs/task.ts";
import type { Connections } from "../workspace/connections.ts";
import type { Events } from "../workspace/events.ts";
import type { OpenStores } from "../workspace/open-stores.ts";
import type { RecycleBin } from "../workspace/recycle-bin.ts";

export type Face = "electron" | "headless" | "cli";

export interface Services {
  face: Face;
  home: string;
  env: NodeJS.ProcessEnv;
  connections: Connections;
  stores: OpenStores;
  bin: RecycleBin;
  events: Events;
  jobs: JobRegistry;
  runner: TaskRunner;
  /** Makes the demo store anew; it has to be closed. */
  resetDemo(): void;
}
