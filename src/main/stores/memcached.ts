/** Sessions in memcached, as Django's cache and cached_db engines leave them there through pymemcache and pylibmc. */
import { ProblemError, problem } from "../problem.ts";
import { defineDriver, type Store, writesOf } from "./driver.ts";
import { layoutOf } from "./memcached-layout.ts";
import { type Server, serverAt } from "./memcached-link.ts";
import { listingOf, MOST } from "./memcached-list.ts";
import { addresses, fromUrl, identity, options, suggestName } from "./memcached-options.ts";
import { count, page, scan, span } from "./memcached-page.ts";
import { replyProblem, steps, unsupported } from "./memcached-problems.ts";
import { purge, purgeCount } from "./memcached-purge.ts";
import { get, getMany, isoOf, type Sessions, statsOf, timeOf } from "./memcached-read.ts";
import { remove, setExpiry, write } from "./memcached-write.ts";

export const memcached = defineDriver({
  options,
  name: "memcached",
  title: "Memcached",
  summary: "The cache a site keeps its sessions in: one server or several.",
  kind: "cache",
  schemes: ["memcached", "memcache"],
  steps,
  fromUrl,
  identity,
  suggestName,
  servers: addresses,

  async open({ options: given, proxy, writable }) {
    const layout = layoutOf(given);
    const servers = addresses(given).map((address) => serverAt(address, given, proxy));
    if (servers.length === 0) throw problem("bad_request", "No server is named.");
    const close = async () => {
      for (const server of servers) server.close();
    };
    try {
      for (const server of servers) await checkMeta(server);
      const listing = await listingOf(servers, layout, given.commandTimeout);
      const sessions: Sessions = { servers, layout, listing, client: given.client };
      const purging = purge(sessions);
      const writing = writesOf(writable);
      const [first] = servers;
      const version = first ? (await statsOf(first)).get("version") : "";
      const store: Store = {
        kind: "cache",
        // What pymemcache and pylibmc both make of a dict, and mark by a flag.
        form: "pickle",
        capabilities: {
          orders: ["expires", "-expires"],
          count: "exact",
          histogram: true,
          users: false,
          write: true,
          purge: true,
          setExpiry: true,
          neverRemoved: true,
          partial:
            listing.reason ??
            `Memcached has no index: its keys are dumped, at most ${MOST} of them, and sessions saved or moved meanwhile may be missing.`,
        },
        title: `Memcached ${version}, ${servers.map(({ name }) => name).join(", ")}`,
        writable,
        facts: () => factsOf(sessions, given.commandTimeout),
        now: async () => isoOf(first ? await timeOf(first) : 0),
        page: (asked) => page(sessions, asked),
        scan: (asked) => scan(sessions, asked),
        get: (key, maxData) => get(sessions, key, maxData),
        getMany: (keys, maxData) => getMany(sessions, keys, maxData),
        count: (range, signal) => count(sessions, range, signal),
        estimate: async () => (await listing.recent()).length,
        span: () => span(sessions),
        write: async (asked) => writing(() => write(sessions, asked)),
        setExpiry: async (key, expires, expected) =>
          writing(() => setExpiry(sessions, key, expires, expected)),
        delete: async (key, expected) => writing(() => remove(sessions, key, expected)),
        purgeCount: (_, signal) => purgeCount(sessions, signal),
        purgeBatch: async (asked) => writing(() => purging.batch(asked)),
        purgeStatement: () =>
          `delete ${layout.start}…${layout.end} of each key without an expiry  -- what expires, memcached removes by itself`,
        close,
      };
      return store;
    } catch (error) {
      await close();
      // Nothing was open yet that could be gone.
      if (error instanceof ProblemError && error.problem.code === "store_gone")
        throw new ProblemError({ ...error.problem, code: "cannot_open" });
      throw error;
    }
  },
});

/** unsupported for a server older than 1.6. */
async function checkMeta(server: Server): Promise<void> {
  const [reply] = await server.ask([Buffer.from("mg sessionscope t\r\n")]);
  const line = reply?.line ?? "";
  if (line === "ERROR") throw unsupported(server.name);
  if (!/^(EN|HD)/.test(line)) throw replyProblem(line, { name: server.name, opened: false });
}

async function factsOf(
  { servers, listing, layout, client }: Sessions,
  timeout: number,
): ReturnType<Store["facts"]> {
  const own = (await listing.recent()).length;
  const facts: Awaited<ReturnType<Store["facts"]>> = [
    own > 0
      ? { level: "ok", title: "Sessions", text: `${own} keys start with ${layout.start}.` }
      : {
          level: "warning",
          title: "Sessions",
          text: listing.reason ?? `No key starts with ${layout.start}.`,
        },
    {
      level: "info",
      title: "Expiry",
      text: "In whole seconds. Memcached removes what expired by itself.",
    },
    { level: "info", title: "Timeout", text: `${timeout} s without an answer.` },
  ];
  if (servers.length > 1)
    facts.push({
      level: "info",
      title: "Servers",
      text:
        client === "unknown"
          ? `${servers.length}, all asked for every session: the site's client alone knows which one has it. New sessions cannot be written unless it is named.`
          : `${servers.length}, all asked for every session. New ones go where ${client} looks for them.`,
    });
  for (const server of servers) {
    const stats = await statsOf(server);
    const evicted = Number(stats.get("evictions") ?? 0);
    if (evicted > 0)
      facts.push({
        level: "warning",
        title: "Eviction",
        text: `${server.name} has dropped ${evicted} items before their time: its memory of ${Math.round(Number(stats.get("limit_maxbytes")) / 1048576)} MB is full.`,
      });
  }
  return facts;
}
