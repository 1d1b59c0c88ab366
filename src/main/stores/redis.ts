/** Sessions in Redis: Django's cache engine over Redis, django-redis, django-redis-sessions, and JSON under session:<key>. */

import { defineDriver, type Store, writesOf } from "./driver.ts";
import { layoutOf } from "./redis-layout.ts";
import { openLink } from "./redis-link.ts";
import {
  addresses,
  fromUrl,
  identity,
  options,
  placeOf,
  type RedisOptions,
  schemes,
  suggestName,
} from "./redis-options.ts";
import { pagesOf } from "./redis-page.ts";
import { steps } from "./redis-problems.ts";
import { purge, purgeCount } from "./redis-purge.ts";
import { get, now, readerOf, type Sessions } from "./redis-read.ts";
import { count, estimate, scan, span } from "./redis-scan.ts";
import { readScripts } from "./redis-scripts.ts";
import { remove, setExpiry, write } from "./redis-write.ts";

export const redis = defineDriver({
  options,
  name: "redis",
  title: "Redis",
  summary: "The cache a site keeps its sessions in: a server, sentinels or a cluster.",
  kind: "cache",
  schemes,
  steps,
  fromUrl,
  identity,
  suggestName,
  servers: (given) => addresses(given) ?? [{ path: given.hosts }],

  async open({ options: given, proxy, writable }) {
    const layout = layoutOf(given);
    const link = await openLink(given, writable, readScripts, proxy);
    const sessions: Sessions = { link, layout, reader: readerOf(link) };
    const pages = pagesOf(sessions);
    const purging = purge(sessions);
    const writing = writesOf(writable);
    const info = await serverInfo(sessions);
    const store: Store = {
      kind: "cache",
      // Of what lies in Django's cache: its own backend pickles, django-redis does as it is set.
      ...(given.layout === "session" && { form: "json" as const }),
      capabilities: {
        orders: [],
        count: "estimate",
        histogram: false,
        users: false,
        write: true,
        purge: true,
        setExpiry: true,
        neverRemoved: true,
        partial: null,
      },
      title: `Redis${info["redis_version"] ? ` ${info["redis_version"]}` : ""}, ${placeOf(given)}`,
      writable,
      mostParts: 1,
      facts: () => factsOf(sessions, given, info),
      now: () => now(sessions),
      page: (asked) => pages.page(asked),
      scan: (asked) => scan(sessions, asked),
      get: (key, maxData) => get(sessions, key, maxData),
      count: (range, signal) => count(sessions, range, signal),
      estimate: () => estimate(sessions),
      span: () => span(sessions),
      write: async (asked) => writing(() => write(sessions, asked)),
      setExpiry: async (key, expires, expected) =>
        writing(() => setExpiry(sessions, key, expires, expected)),
      delete: async (key, expected) => writing(() => remove(sessions, key, expected)),
      purgeCount: (_, signal) => purgeCount(sessions, signal),
      purgeBatch: async (asked) => writing(() => purging.batch(asked)),
      purgeStatement: () =>
        `UNLINK each key of SCAN MATCH ${layout.pattern} whose PTTL is -1  -- what expires, Redis removes by itself`,
      async close() {
        pages.close();
        await link.close();
      },
    };
    return store;
  },
});

/** The lines of INFO; none where the user may not ask. */
async function serverInfo({ link }: Sessions): Promise<Record<string, string>> {
  const [master] = link.masters();
  try {
    const text = String(await (master ?? link).send("INFO"));
    return Object.fromEntries(
      text.split("\r\n").flatMap((line) => {
        const at = line.indexOf(":");
        return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
      }),
    );
  } catch {
    return {};
  }
}

async function factsOf(
  sessions: Sessions,
  given: RedisOptions,
  info: Record<string, string>,
): ReturnType<Store["facts"]> {
  const { link, layout } = sessions;
  const about = await estimate(sessions);
  const facts: Awaited<ReturnType<Store["facts"]>> = [
    about > 0
      ? { level: "ok", title: "Sessions", text: `About ${about} keys match ${layout.pattern}.` }
      : {
          level: "warning",
          title: "Sessions",
          text: `No key among the first thousand matches ${layout.pattern}. The layout, the prefix or the database may be others.`,
        },
    {
      level: "info",
      title: "Order",
      text: "Listed in the server's own order: Redis has no index of expiry dates.",
    },
    {
      level: "info",
      title: "Expiry",
      text: "Redis removes what expired by itself. Only sessions without a TTL can be purged.",
    },
    {
      level: given.tls === "disable" || given.tls === "require" ? "info" : "ok",
      title: "TLS",
      text: {
        disable: "None: what is read and the password pass in the clear.",
        require: "Encrypted; the server's certificate is not checked.",
        "verify-ca": "Encrypted; the certificate's CA is checked, its host is not.",
        "verify-full": "Encrypted; the certificate and its host are checked.",
      }[given.tls],
    },
    {
      level: "info",
      title: "Timeouts",
      text: `${given.connectTimeout} s to connect, ${given.commandTimeout} s for a command.`,
    },
  ];
  if (link.clustered)
    facts.push({
      level: "info",
      title: "Masters",
      text: link
        .masters()
        .map(({ name }) => name)
        .join(", "),
    });
  if (info["role"] === "slave")
    facts.push({
      level: "warning",
      title: "Replica",
      text: "This server is a replica: it takes no writes, and what is shown may lag.",
    });
  if (/^(allkeys|volatile)/.test(info["maxmemory_policy"] ?? "") && info["maxmemory"] !== "0")
    facts.push({
      level: "warning",
      title: "Eviction",
      text: `${info["maxmemory_policy"]} at ${info["maxmemory_human"]}: sessions are dropped before their time when memory runs out.`,
    });
  return facts;
}
