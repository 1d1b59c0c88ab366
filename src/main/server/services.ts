/** What the router's procedures work with; made once per host. */
import type { ReadEntries } from "../jobs/edit-base.ts";
import type { JobRegistry } from "../jobs/registry.ts";
import type { RowRules } from "../jobs/row.ts";
import type { TaskRunner } from "../jobs/task.ts";
import type { Connections } from "../workspace/connections.ts";
import type { CredentialStore } from "../workspace/credentials.ts";
import type { Events } from "../workspace/events.ts";
import type { OpenStores } from "../workspace/open-stores.ts";
import type { Projects } from "../workspace/project/projects.ts";
import type { RecycleBin } from "../workspace/recycle-bin.ts";

export type Face = "electron" | "headless" | "cli";

export interface Services {
  face: Face;
  home: string;
  env: NodeJS.ProcessEnv;
  connections: Connections;
  stores: OpenStores;
  credentials: CredentialStore;
  projects: Projects;
  bin: RecycleBin;
  events: Events;
  jobs: JobRegistry;
  /** Sessions as the page read them. */
  read: ReadEntries;
  /** Bin space a purge needs, as its preview counted it. */
  previewed: Map<string, number>;
  runner: TaskRunner;
  /** Tells listeners what the bin holds now. */
  tellBin(): void;
  /** What a place's sessions are read with, also where it is not open: then without keys. */
  rulesOf(connection: string): Promise<RowRules>;
  /** Makes the demo store anew; it has to be closed. */
  resetDemo(): void;
}
