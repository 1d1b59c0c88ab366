/** A store unlocked for writing whose server goes away: writable again when it is back, until the unlock ends. */
import { expect, it } from "vitest";
import { startProxy } from "../servers/proxy.ts";
import { hasRedis, startRedis } from "../servers/redis.ts";
import { problemOf, startHost } from "./host.ts";
import { keyOf } from "./store.ts";

const test = hasRedis || process.env["CI"] === "true" ? it : it.skip;
const name = `:1:django.contrib.sessions.cache${keyOf("a")}`;

test("is opened again, writable still, and repeats nothing", async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const host = startHost({ reconnectDelays: [20], lookMs: 0 });
  const { client } = host;
  await redis.client.set(name, '{"n":1}', "EX", 9999);
  const heard: unknown[] = [];
  const events = await client.app.events();
  void (async () => {
    for await (const event of events) if (event.type === "connection") heard.push(event.state);
  })().catch(() => {});
  const { connection } = await client.connections.openTarget({
    target: `redis://127.0.0.1:${proxy.port}/0`,
  });
  const id = connection.id;
  const unlocked = await client.connections.unlock({ connection: id });
  const read = await client.sessions.get({ connection: id, key: keyOf("a") });
  const draft = (text: string, token: string) =>
    ({ connection: id, key: keyOf("a"), token, text, expiry: "keep" }) as const;

  proxy.refuse = true;
  proxy.cut();
  expect(await problemOf(client.sessions.save(draft('{"n":2}', read.token)))).toMatchObject({
    code: "store_gone",
  });
  await expect.poll(() => heard.includes("lost")).toBe(true);
  expect(await redis.client.get(name)).toBe('{"n":1}');
  proxy.refuse = false;
  await expect.poll(() => heard.at(-1)).toBe("back");
  expect(await client.connections.open({ connection: id })).toMatchObject({
    locked: false,
    unlockedUntil: unlocked.unlockedUntil,
  });
  const again = await client.sessions.get({ connection: id, key: keyOf("a") });
  expect(again.token).toBe(read.token);
  await expect
    .poll(async () => (await client.sessions.save(draft('{"n":3}', again.token))).outcome)
    .toBe("saved");
  expect(await redis.client.get(name)).toBe('{"n":3}');

  // Lost while only the reader is asked: the next write finds it open.
  proxy.refuse = true;
  proxy.cut();
  await problemOf(client.sessions.page({ connection: id }));
  proxy.refuse = false;
  await client.connections.reconnect({ connection: id });
  expect(await client.sessions.extend({ connection: id, keys: [keyOf("a")] })).toMatchObject({
    ...{ done: 1, skippedCount: 0 },
  });
  await client.connections.lock({ connection: id });
  expect(
    await problemOf(client.sessions.delete({ connection: id, keys: [keyOf("a")] })),
  ).toMatchObject({ code: "read_only" });
  await host.close();
  await proxy.close();
  await redis.close();
});
