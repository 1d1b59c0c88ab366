/** The host in this very process, and the store an argument names. */
import type { ContractRouterClient } from "@orpc/contract";
import { createRouterClient } from "@orpc/server";
import type { OpenStore } from "../../shared/connection.ts";
import type { Contract } from "../../shared/contract.ts";
import { createHost } from "../server/router.ts";
import { note } from "./output.ts";
import { secretsFrom } from "./secrets.ts";
import { storeTarget } from "./target.ts";
import { safeLine } from "./text.ts";
import type { Given } from "./verb.ts";

export type Client = ContractRouterClient<Contract>;

/** Runs work against the router; the host is closed whatever comes of it. */
export async function withHost<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const host = await createHost({ face: "cli" });
  try {
    const client: Client = createRouterClient(host.router);
    for (const notice of (await client.app.info()).notices)
      note(`sessionscope: ${safeLine(notice)}`);
    return await work(client);
  } finally {
    await host.close();
  }
}

/** The same with the store of the first argument open, read-only, with the keys of the environment. */
export async function withStore<Result>(
  given: Given,
  work: (client: Client, store: OpenStore) => Promise<Result>,
): Promise<Result> {
  const secrets = secretsFrom(process.env, given.text("secret-key-env"));
  const [table, storeClass] = [given.text("table"), given.text("store-class")];
  const cache = given.text("cache");
  return withHost(async (client) =>
    work(
      client,
      await client.connections.openTarget({
        target: storeTarget(given.rest[0] ?? "", given.text("cookie-name")),
        ...(table === undefined ? {} : { table }),
        ...(storeClass === undefined ? {} : { storeClass }),
        ...(cache === undefined ? {} : { cache }),
        ...(secrets ? { secrets } : {}),
      }),
    ),
  );
}

/** Unlocks writes for a change that has been agreed to. */
export async function unlock(client: Client, store: OpenStore, given: Given) {
  const confirm = confirmation(given);
  await client.connections.unlock({ connection: store.connection.id, ...confirm });
  return confirm;
}

/** The name typed for a production connection. */
export function confirmation(given: Given): { confirmName?: string } {
  const name = given.text("confirm");
  return name === undefined ? {} : { confirmName: name };
}
