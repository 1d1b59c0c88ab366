/**
 * Going through all keys: SCAN windows on every master, never KEYS.
 *
 * SCAN gives whatever lives throughout at least once; repeated keys are dropped (redis-seen.ts). Its cursor belongs to one
 * run of one server: after a lost connection, behind which another server may stand (a failover, a restart), the
 * master is gone through from its start again. In a cluster the rounds end when nothing moved between masters meanwhile.
 * Windows shrink where a server takes long, so that none holds it up.
 */
import type { Master } from "./redis-link.ts";
import { isLost } from "./redis-problems.ts";
import { type Sessions, unexpected } from "./redis-read.ts";
import { hash, seenKeys } from "./redis-seen.ts";
import { lookWindow, scanWindow, type Wanted, type Window } from "./redis-window.ts";

/** Keys of a window: so few that what SCAN touched is still in the server's cache when it is looked at. */
const NEAR = 250;
/** Where it is the way to the server that takes the time. */
const FAR = 2000;
const SMALLEST = 100;
/** ms of a window that point to a long way, and those it should take at most. */
const FAR_MS = 3;
const WINDOW_MS = 100;
/** Rounds over a cluster whose slots keep moving. */
const MOST_ROUNDS = 5;
/** Times a master is begun anew before its trouble is told. */
const MOST_RESTARTS = 10;

/** The number of keys to ask for next, from how long the last window took. */
function nextCount(count: number, ms: number): number {
  if (ms > WINDOW_MS) return Math.max(SMALLEST, count >> 1);
  return ms > FAR_MS ? Math.min(FAR, count * 2) : NEAR;
}

export interface Walk {
  readonly signal?: AbortSignal | undefined;
  /** Only keys of this part. */
  readonly part?: { index: number; of: number } | undefined;
  /** With sizes and expiries, where they come with the keys. */
  readonly look: boolean;
}

/** Every key that lives throughout, once, window by window. */
export async function* walk(
  sessions: Sessions,
  { signal, part, look }: Walk,
): AsyncGenerator<Window, void> {
  const seen = seenKeys();
  const wanted: Wanted = (bytes, start, end) =>
    (!part || part.of < 2 || hash(bytes, start, end) % part.of === part.index) &&
    seen.add(bytes, start, end);
  for (let round = 1; ; round++) {
    const before = await slots(sessions);
    const names = new Set<string>();
    for (let master = unvisited(sessions, names); master; master = unvisited(sessions, names)) {
      names.add(master.name);
      yield* walkMaster(sessions, master, look ? lookWindow : scanWindow, wanted, signal);
      if (signal?.aborted) return;
    }
    // A key may have moved from a master not yet visited to one that was.
    if (!sessions.link.clustered || round === MOST_ROUNDS) return;
    if (before === (await slots(sessions))) return;
  }
}

const unvisited = ({ link }: Sessions, names: ReadonlySet<string>): Master | undefined =>
  link.masters().find(({ name }) => !names.has(name));

/** Which master has which slots; "" outside of clusters. */
async function slots({ link }: Sessions): Promise<string> {
  if (!link.clustered) return "";
  const reply = await link.patiently(() => link.send("CLUSTER", "SLOTS"));
  if (!Array.isArray(reply)) throw unexpected("CLUSTER SLOTS");
  return reply
    .map(([from, to, [host, port] = []]) => `${from}-${to} ${host}:${port}`)
    .sort()
    .join();
}

async function* walkMaster(
  sessions: Sessions,
  first: Master,
  windowOf: typeof scanWindow,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<Window, void> {
  let master = first;
  let count = NEAR;
  const ask = async (cursor: string) => {
    const epoch = master.epoch();
    const started = performance.now();
    const window = await windowOf(sessions, master, { cursor, count, wanted });
    return { ...window, epoch, ms: performance.now() - started };
  };
  let asked = ask("0");
  for (let restarts = 0; ; ) {
    try {
      const window = await asked;
      // Connected anew meanwhile: the cursor was another server's, and an end of its is none.
      const anew = window.epoch !== master.epoch();
      const ended = !anew && window.next === "0";
      count = nextCount(count, window.ms);
      if (!ended && !signal?.aborted) {
        // On its way while this window is worked on.
        asked = ask(anew ? "0" : window.next);
        asked.catch(() => {});
      }
      if (signal?.aborted) return;
      if (window.met.length > 0) yield window;
      if (ended) return;
    } catch (error) {
      if (!isLost(error) || restarts >= MOST_RESTARTS) throw error;
      restarts += 1;
      await sessions.link.patiently(() => sessions.link.send("PING"));
      // Where its successor stands by now.
      const all = sessions.link.masters();
      const again = all.find(({ name }) => name === master.name);
      if (!again && sessions.link.clustered) return;
      master = again ?? all[0] ?? master;
      asked = ask("0");
      asked.catch(() => {});
    }
  }
}
