/** A memcached server for each test of the conformance suite, written by another client than the driver's. */
import type { Store } from "../../src/main/stores/driver.ts";
import { memcached } from "../../src/main/stores/memcached.ts";
import { startMemcached, type TestMemcached } from "../servers/memcached.ts";
import type { Place } from "./conformance.ts";
import { expiry } from "./places.ts";

export const openMemcached = (
  servers: readonly Pick<TestMemcached, "port">[],
  writable = false,
  options: Record<string, unknown> = {},
): Promise<Store> =>
  memcached.open({
    options: memcached.options.parse({
      hosts: servers.map(({ port }) => `127.0.0.1:${port}`).join(","),
      ...options,
    }),
    writable,
    useTz: true,
    timeZone: "UTC",
    expiry,
  });

export const keyIn = (key: string): string => `:1:django.contrib.sessions.cache${key}`;
const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

export async function memcachedPlace(args: string[] = []): Promise<Place> {
  const server = await startMemcached(args);
  return {
    open: (writable) => openMemcached([server], writable),
    target: { driver: "memcached", options: { hosts: `127.0.0.1:${server.port}` } },
    async put(sessions) {
      for (let start = 0; start < sessions.length; start += 1000) {
        const some = sessions.slice(start, start + 1000);
        const commands = some.map(
          ({ key, expires, data = "data" }) =>
            `set ${keyIn(key)} 16 ${seconds(expires)} ${Buffer.byteLength(data)}\r\n${data}\r\n`,
        );
        await server.say(commands.join(""), some.length);
      }
    },
    async renew(key, expires) {
      await server.say(`touch ${keyIn(key)} ${seconds(expires)}\r\n`, 1);
    },
    async remove(key) {
      await server.say(`delete ${keyIn(key)}\r\n`, 1);
    },
    vanish: () => server.stop(),
    cleanUp: () => server.close(),
  };
}
