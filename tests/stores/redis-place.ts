/** Places in Redis: a server of its own each, written to by a client that is not the driver's. */
import type { Store } from "../../src/main/stores/driver.ts";
import { redis } from "../../src/main/stores/redis.ts";
import { startRedis, type TestRedis } from "../servers/redis.ts";
import type { Place } from "./conformance.ts";
import { expiry } from "./places.ts";

export const openRedis = (
  url: string,
  { writable = false, ...more }: { writable?: boolean; [option: string]: unknown } = {},
): Promise<Store> =>
  redis.open({
    options: redis.options.parse({ ...redis.fromUrl(new URL(url)), ...more }),
    writable,
    useTz: true,
    timeZone: "UTC",
    expiry,
  });

/** Django's key of a session under the default settings. */
export const redisKey = (key: string): string => `:1:django.contrib.sessions.cache${key}`;

const msOf = (iso: string) => Date.parse(iso.replace(/000Z$/, "Z"));

/** Each place has a server to itself, which the suite's "vanish" takes away. */
export async function redisPlace(query = "", user = ""): Promise<Place & { server: TestRedis }> {
  const server = await startRedis();
  if (user) await server.client.call("ACL", "SETUSER", ...user.split(" "));
  const url = `redis://${user ? `${user.split(" ")[0]}:pw@` : ""}127.0.0.1:${server.port}/0${query}`;
  return {
    server,
    open: (writable) => openRedis(url, { writable }),
    target: { driver: "redis", options: redis.fromUrl(new URL(url)) },
    async put(sessions) {
      for (let start = 0; start < sessions.length; start += 5000) {
        const pipeline = server.client.pipeline();
        for (const { key, expires, data = "data" } of sessions.slice(start, start + 5000))
          pipeline.set(redisKey(key), data, "PXAT", msOf(expires));
        await pipeline.exec();
      }
    },
    async renew(key, expires) {
      await server.client.pexpireat(redisKey(key), msOf(expires));
    },
    async remove(key) {
      await server.client.del(redisKey(key));
    },
    vanish: () => server.stop(),
    cleanUp: () => server.close(),
  };
}
