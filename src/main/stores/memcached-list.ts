/**
 * The keys of all servers, by `lru_crawler metadump`:
 *
 *     key=%3A1%3Adjango.contrib.sessions.cache1a2b exp=1795219329 la=1795219228 cas=1 fetch=yes cls=1 size=69
 *
 * `hash` goes through the table of keys and meets each once; servers before 1.6.10 know `all` alone, which goes through the
 * LRU lists, where a key that moves meanwhile can be missed or met twice. A server dumps for one client at a time and is
 * asked again while it is busy. The dump is read at once and kept as a list: a reader that waits would hold the crawler up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Order } from "../../shared/session.ts";
import { problem } from "../problem.ts";
import type { Layout } from "./memcached-layout.ts";
import type { Server } from "./memcached-link.ts";
import { replyProblem } from "./memcached-problems.ts";
import { timeOf } from "./memcached-read.ts";

/** A session a server told of. */
export interface Listed {
  /** As the server has it. */
  readonly key: string;
  readonly sessionKey: string;
  readonly server: Server;
  /** Seconds since the epoch; null: never. */
  readonly expires: number | null;
  /** What the item takes in the server: more than its value has. */
  readonly bound: number;
}

/** About 250 bytes each in memory. */
export const MOST = 2_000_000;

export interface Listing {
  /** Why no keys can be had from a server, or null. */
  readonly reason: string | null;
  /** As they are now, each session once, by expiry and then key; those that never expire last. */
  fresh(): Promise<readonly Listed[]>;
  /** As they were at most a few seconds ago. */
  recent(): Promise<readonly Listed[]>;
  /** What was listed is no longer to be relied on. */
  forget(): void;
}

const RECENT_MS = 2000;

export async function listingOf(
  servers: readonly Server[],
  layout: Layout,
  timeout: number,
): Promise<Listing> {
  let last: { all: readonly Listed[]; at: number } | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const reasons: string[] = [];
  const ways = new Map<Server, string>();
  for (const server of servers) {
    const way = await wayOf(server);
    if (way.reason === null) ways.set(server, way.command);
    else reasons.push(`${server.name} lists no keys: ${way.reason}.`);
  }

  async function dump(): Promise<readonly Listed[]> {
    const all = new Map<string, Listed>();
    for (const [server, command] of ways) await dumpOf(server, command, layout, timeout, all);
    const sorted = [...all.values()].sort(byExpiry);
    last = { all: sorted, at: performance.now() };
    return sorted;
  }

  const fresh = (): Promise<readonly Listed[]> => {
    const next = turn.then(dump, dump);
    turn = next.catch(() => {});
    return next;
  };
  return {
    reason: reasons.length > 0 ? reasons.join(" ") : null,
    fresh,
    recent: async () => (last && performance.now() - last.at < RECENT_MS ? last.all : fresh()),
    forget() {
      last = null;
    },
  };
}

/** The command that dumps, tried on the class of the smallest items; or why there is none. */
async function wayOf(server: Server): Promise<{ command: string; reason: string | null }> {
  const line = await server.lines("lru_crawler metadump 1", () => {});
  if (line !== "END" && !line.startsWith("BUSY")) {
    const said = line.replace(/^((CLIENT_|SERVER_)?ERROR) ?/, "");
    return { command: "", reason: said || "it knows no metadump" };
  }
  const [reply] = await server.ask([Buffer.from("version\r\n")]);
  const [, major = 0, minor = 0, patch = 0] = (
    /VERSION (\d+)\.(\d+)\.(\d+)/.exec(reply?.line ?? "") ?? []
  ).map(Number);
  const hashes = major > 1 || minor > 6 || (minor === 6 && patch >= 10);
  return { command: `lru_crawler metadump ${hashes ? "hash" : "all"}`, reason: null };
}

/** locked where the server goes on dumping for others. */
async function dumpOf(
  main: Server,
  command: string,
  layout: Layout,
  timeout: number,
  into: Map<string, Listed>,
): Promise<void> {
  // What else is asked meanwhile does not wait for the dump.
  const server = main.twin();
  const deadline = performance.now() + timeout * 1000;
  try {
    // What expired stays in memory until it is touched.
    const now = await timeOf(main);
    for (let wait = 10; ; wait = Math.min(200, wait * 2)) {
      const line = await server.lines(command, (text) => {
        const one = listedOf(text, main, layout);
        if (!one || (one.expires !== null && one.expires <= now)) return;
        if (!into.has(one.sessionKey) && into.size < MOST) into.set(one.sessionKey, one);
      });
      if (line === "END") return;
      if (!line.startsWith("BUSY")) throw replyProblem(line, { name: main.name, opened: true });
      if (performance.now() > deadline)
        throw problem(
          "locked",
          `Memcached at ${main.name} is listing its keys for another client.`,
          "It does so for one at a time.",
        );
      await sleep(wait);
    }
  } finally {
    server.close();
  }
}

const LINE = /^key=(\S+) exp=(-?\d+) .*?size=(\d+)/;

function listedOf(line: string, server: Server, layout: Layout): Listed | null {
  const [, encoded = "", exp = "", size = ""] = LINE.exec(line) ?? [];
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    // Django made its keys from text, so other bytes are somebody else's.
    return null;
  }
  const sessionKey = layout.sessionKeyOf(key);
  if (sessionKey === null) return null;
  const expires = exp === "-1" ? null : Number(exp);
  return { key, sessionKey, server, expires, bound: Number(size) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type Place = Pick<Listed, "expires" | "sessionKey">;

export const byExpiry = (a: Place, b: Place): number =>
  (a.expires ?? Number.MAX_VALUE) - (b.expires ?? Number.MAX_VALUE) ||
  compare(a.sessionKey, b.sessionKey);

export const inOrder = (all: readonly Listed[], order: Order): readonly Listed[] =>
  order === "expires" ? all : all.toReversed();
