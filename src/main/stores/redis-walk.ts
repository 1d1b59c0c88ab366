/**
 * Going through all keys: SCAN windows on every master, never KEYS.
 *
 * SCAN gives whatever lives throughout at least once; repeated keys are dropped (redis-seen.ts). Its cursor belongs to one
 * run of one server: after a lost connection, behind which another server may stand (a failover, a restart), the
 * master is gone through from its start again. A cluster is gone through once more where slots moved (redis-slots.ts).
 * Windows shrink where a server takes long, so that none holds it up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { problem } from "../problem.ts";
import type { Master } from "./redis-link.ts";
import { isLost } from "./redis-problems.ts";
import type { Sessions } from "./redis-read.ts";
import { hash, seenKeys } from "./redis-seen.ts";
import { watchSlots } from "./redis-slots.ts";
import { lookWindow, scanWindow, type Wanted, type Window } from "./redis-window.ts";

/** Keys of a window: so few that what SCAN touched is still in the server's cache when it is looked at. */
const NEAR = 250;
/** Where it is the way to the server that takes the time. */
const FAR = 2000;
const SMALLEST = 100;
/** ms of a window that point to a long way, and those it should take at most. */
const FAR_MS = 3;
const WINDOW_MS = 100;
/** Rounds over a cluster whose slots keep moving, and waits for a master of it that is not known or away. */
const MOST_ROUNDS = 5;
const MOST_WAITS = 60;
const WAIT_MS = 500;
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

/**
 * Every key that lives throughout, once, window by window. Problems: store_gone where a master stays away, store_failed
 * where slots keep moving.
 */
export async function* walk(
  sessions: Sessions,
  { signal, part, look }: Walk,
): AsyncGenerator<Window, void> {
  const { link } = sessions;
  const seen = seenKeys();
  const wanted: Wanted = (bytes, start, end) =>
    (!part || part.of < 2 || hash(bytes, start, end) % part.of === part.index) &&
    seen.add(bytes, start, end);
  const through = (master: Master) =>
    walkMaster(sessions, master, look ? lookWindow : scanWindow, wanted, signal);
  if (!link.clustered) {
    for (const master of link.masters()) yield* through(master);
    return;
  }
  const slots = await watchSlots(sessions);
  for (let round = 1; ; round++) {
    const visited = new Set<string>();
    let moved = false;
    for (let waits = 0; ; waits++) {
      for (const master of link.masters())
        if (!visited.has(master.name) && (yield* through(master))) visited.add(master.name);
      if (signal?.aborted) return;
      moved = (await slots.moved()) || moved;
      if (slots.owners.isSubsetOf(visited)) break;
      // A failover under way, or a master that the client has not heard of yet.
      if (waits === MOST_WAITS)
        throw problem(
          "store_gone",
          "A master of the cluster stays away, so its sessions could not be read.",
        );
      await sleep(WAIT_MS);
    }
    if (!moved || round > slots.moves) return;
    if (round === MOST_ROUNDS)
      throw problem(
        "store_failed",
        "The slots of the cluster keep moving between its masters, so some sessions may have been missed.",
        "Look again when it has come to rest.",
      );
  }
}

/** False where it was not gone through to its end: it is no master any more, or the signal fired. */
async function* walkMaster(
  sessions: Sessions,
  first: Master,
  windowOf: typeof scanWindow,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): AsyncGenerator<Window, boolean> {
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
      if (signal?.aborted) return false;
      if (window.met.length > 0) yield window;
      if (ended) return true;
    } catch (error) {
      if (!isLost(error) || restarts >= MOST_RESTARTS) throw error;
      restarts += 1;
      const next = await successorOf(sessions, master);
      if (!next) return false;
      master = next;
      asked = ask("0");
      asked.catch(() => {});
    }
  }
}

/** What answers in a master's place by now. In a cluster its slots are others' then, and it has none. */
const successorOf = ({ link }: Sessions, { name }: Master): Promise<Master | undefined> =>
  link.patiently(async () => {
    const all = link.masters();
    const found = all.find((one) => one.name === name) ?? (link.clustered ? undefined : all[0]);
    await found?.send("PING");
    return found;
  });
