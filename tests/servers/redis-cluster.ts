/** What happens to a Redis cluster while it is in use: slots move between masters, replicas take over. */
import { startRedis, type TestCluster, type TestRedis, until } from "./redis.ts";

const idOf = async ({ client }: TestRedis): Promise<string> =>
  String(await client.call("CLUSTER", "MYID"));

/** A replica of each master, caught up. They count as nodes of nobody: the caller closes them. */
export async function addReplicas({ nodes }: TestCluster): Promise<TestRedis[]> {
  const replicas: TestRedis[] = [];
  for (const master of nodes) {
    const replica = await startRedis([
      ...["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"],
      ...["--cluster-node-timeout", "2000"],
    ]);
    replicas.push(replica);
    const id = await idOf(master);
    await replica.client.call("CLUSTER", "MEET", "127.0.0.1", nodes[0]?.port ?? 0);
    await until(async () => String(await replica.client.call("CLUSTER", "NODES")).includes(id));
    await replica.client.call("CLUSTER", "REPLICATE", id);
    await until(async () =>
      (await replica.client.info("replication")).includes("master_link_status:up"),
    );
  }
  return replicas;
}

/** Every master's slots as it tells them itself: ranges, and those on their way in brackets. */
export async function slotsOf({ client }: TestRedis): Promise<string> {
  const text = String(await client.call("CLUSTER", "NODES"));
  const own = text.split("\n").find((line) => line.includes("myself")) ?? "";
  return own.split(" ").slice(8).join(" ");
}

export interface Moving {
  /** Hands the slots over to where their keys are by now, and waits until all nodes know. */
  finish(): Promise<void>;
}

/** Opens slots, moves all of their keys, and leaves them open: their keys are at the target, the slots still the source's. */
export async function moveKeys(
  { nodes }: TestCluster,
  source: TestRedis,
  target: TestRedis,
  slots: readonly number[],
): Promise<Moving> {
  const [from, to] = [await idOf(source), await idOf(target)];
  for (const slot of slots) {
    await target.client.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from);
    // Gossip of before may give a slot back to its last owner for a moment.
    await until(async () => {
      await source.client.call("CLUSTER", "SETSLOT", slot, "MIGRATING", to);
      return true;
    });
    for (;;) {
      const keys = await source.client.call("CLUSTER", "GETKEYSINSLOT", slot, 1000);
      if (!Array.isArray(keys) || keys.length === 0) break;
      const where = ["127.0.0.1", target.port, "", 0, 5000] as const;
      await source.client.call("MIGRATE", ...where, "KEYS", ...keys.map(String));
    }
  }
  return {
    async finish() {
      const others = nodes.filter((one) => one !== target && one !== source);
      for (const slot of slots)
        for (const { client } of [target, source, ...others])
          await client.call("CLUSTER", "SETSLOT", slot, "NODE", to);
      for (const one of nodes)
        for (const slot of [slots[0] ?? 0, slots.at(-1) ?? 0])
          await until(async () => (await ownerOf(one, slot)) === target.port);
      // A master that has not heard of the newest epoch takes its own for it, and claims the next slot with an old one.
      await until(async () => new Set(await Promise.all(nodes.map(epochOf))).size === 1);
    },
  };
}

const epochOf = async ({ client }: TestRedis): Promise<string | undefined> =>
  /cluster_current_epoch:\d+/.exec(String(await client.call("CLUSTER", "INFO")))?.[0];

/** The port of a slot's master, as a node has it. */
async function ownerOf({ client }: TestRedis, slot: number): Promise<number> {
  const ranges = await client.cluster("SLOTS");
  const own = ranges.find(([from, to]) => Number(from) <= slot && slot <= Number(to));
  return Number(Array.isArray(own?.[2]) ? own[2][1] : 0);
}
