/** A host of its own home, called the way the page calls it: through a real MessageChannel. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { createORPCClient, isDefinedError, safe } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { ContractRouterClient } from "@orpc/contract";
import { portFace } from "../../src/main/server/port.ts";
import { createHost, type HostOptions } from "../../src/main/server/router.ts";
import type { Contract } from "../../src/shared/contract.ts";
import type { Job } from "../../src/shared/job.ts";
import type { Problem } from "../../src/shared/problem.ts";

export type Client = ContractRouterClient<Contract>;

export interface TestHost {
  client: Client;
  folder: string;
  home: string;
  /** Another host on the same home, as after a restart. */
  restart(options?: Partial<HostOptions>): Promise<TestHost>;
  /** The port goes away, as when the page is closed. */
  hangUp(): void;
  close(): Promise<void>;
}

export function startHost(
  options: Partial<HostOptions> = {},
  folder = mkdtempSync(join(tmpdir(), "sessionscope-")),
): TestHost {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const env = { ...options.env, SESSIONSCOPE_HOME: home };
  const host = createHost({ face: "cli", ...options, env });
  const { port1, port2 } = new MessageChannel();
  portFace(host.router)(port1);
  const client: Client = createORPCClient(new RPCLink({ port: port2 }));
  port2.start();
  const stop = async () => {
    port2.close();
    port1.close();
    await host.close();
  };
  return {
    client,
    folder,
    home,
    async restart(changed = {}) {
      await stop();
      return startHost({ ...options, ...changed }, folder);
    },
    hangUp: () => port2.close(),
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The problem a call fails with; throws where it does not, or with something else. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const [error] = await safe(call);
  if (!error) throw new Error("The call did not fail.");
  if (!isDefinedError(error)) throw error;
  return (error as { data: Problem }).data;
}

/** The job when it has ended. */
export async function ended(client: Client, job: string): Promise<Job> {
  let last: Job | undefined;
  for await (const now of await client.jobs.watch({ job })) last = now;
  if (!last?.endedAt) throw new Error("The job did not end.");
  return last;
}

export async function collect<Event>(events: Promise<AsyncIterable<Event>>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of await events) all.push(event);
  return all;
}
