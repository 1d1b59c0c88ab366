/**
 * Going through all sessions: SCAN windows on every master, never KEYS.
 *
 * SCAN gives whatever lives throughout at least once; repeated keys are dropped (redis-seen.ts). Its cursor belongs to one
 * run of one server: after a lost connection, behind which another server may stand (a failover, a restart), the
 * master is gone through from its start again. In a cluster the rounds end when nothing moved between masters meanwhile.
 * Windows shrink where a server takes long, so that none holds it up.
 */
import { isUtf8 } from "node:buffer";
import type { Entry, ExpiryRange, ScanRequest } from "./driver.ts";
import type { Master } from "./redis-link.ts";
import { isLost } from "./redis-problems.ts";
import { entryOf, type Held, isoOf, microsOf, type Sessions, unexpected } from "./redis-read.ts";
import { hash, seenKeys } from "./redis-seen.ts";

const SMALLEST = 100;
const FIRST = 500;
const LARGEST = 2000;
/** ms a window should take at most. */
const WINDOW_MS = 100;
/** Rounds over a cluster whose slots keep moving. */
const MOST_ROUNDS = 5;
/** Times a master is begun anew before its trouble is told. */
const MOST_RESTARTS = 10;

export interface Window {
  readonly cursor: string;
  /** Of sessions, each with its session key. */
  readonly keys: [key: string, sessionKey: string][];
  /** What the server went through, other keys included. */
  readonly next: string;
}

/** One SCAN. Servers before 6.0 know no TYPE, so what is no string is told when it is read. */
export async function scanWindow(
  { layout }: Pick<Sessions, "layout">,
  master: Master,
  cursor: string,
  count: number,
  wanted: (key: Buffer) => boolean,
): Promise<Window> {
  const reply = await master.send("SCAN", cursor, "MATCH", layout.pattern, "COUNT", count);
  if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw unexpected("SCAN");
  const keys: Window["keys"] = [];
  for (const stored of reply[1] as Buffer[]) {
    // Python made the keys from text, so other bytes are somebody else's.
    if (!wanted(stored) || !isUtf8(stored)) continue;
    const key = stored.toString("utf8");
    const sessionKey = layout.sessionKeyOf(key);
    if (sessionKey !== null) keys.push([key, sessionKey]);
  }
  return { cursor, keys, next: String(reply[0]) };
}

/** The number of keys to ask for next, from how long the last window took. */
export const nextCount = (count: number, ms: number): number =>
  Math.max(SMALLEST, Math.min(LARGEST, ms > WINDOW_MS ? count >> 1 : count * 2));

export interface Walk {
  readonly signal?: AbortSignal | undefined;
  /** Only keys of this part. */
  readonly part?: { index: number; of: number } | undefined;
}

/** Every key that lives throughout, once, with the master that gave it. */
export async function* walk(
  sessions: Sessions,
  { signal, part }: Walk = {},
): AsyncGenerator<[Master, Window["keys"]], void> {
  const seen = seenKeys();
  const fresh = (key: Buffer): boolean =>
    (!part || part.of < 2 || hash(key, 0) % part.of === part.index) && seen.add(key);
  for (let round = 1; ; round++) {
    const before = await slots(sessions);
    const names = new Set<string>();
    for (let master = unvisited(sessions, names); master; master = unvisited(sessions, names)) {
      names.add(master.name);
      for await (const keys of walkMaster(sessions, master, fresh, signal)) yield [master, keys];
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
  fresh: (key: Buffer) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Window["keys"], void> {
  let master = first;
  let epoch = -1;
  let cursor = "0";
  let count = FIRST;
  for (let restarts = 0; ; ) {
    if (signal?.aborted) return;
    const started = performance.now();
    let window: Window;
    try {
      if (epoch !== master.epoch()) {
        cursor = "0";
        epoch = master.epoch();
      }
      window = await scanWindow(sessions, master, cursor, count, fresh);
    } catch (error) {
      if (!isLost(error) || restarts >= MOST_RESTARTS) throw error;
      restarts += 1;
      await sessions.link.patiently(() => sessions.link.send("PING"));
      // Where its successor stands by now.
      const all = sessions.link.masters();
      const again = all.find(({ name }) => name === master.name);
      if (!again && sessions.link.clustered) return;
      master = again ?? all[0] ?? master;
      epoch = -1;
      continue;
    }
    count = nextCount(count, performance.now() - started);
    cursor = window.next;
    if (window.keys.length > 0) yield window.keys;
    // Connected anew meanwhile: the cursor was another server's, and an end of its is none.
    if (epoch !== master.epoch()) continue;
    if (cursor === "0") return;
  }
}

/** Entries of the range in steps of about a batch. */
export async function* scan(
  sessions: Sessions,
  { range = {}, batch, maxData, minSize, maxSize, part, signal }: ScanRequest,
): AsyncGenerator<Entry[]> {
  if (await isPast(sessions, range)) return;
  const fits = (one: Held): boolean =>
    inRange(one, range) &&
    (minSize === undefined || one.size > minSize) &&
    (maxSize === undefined || one.size < maxSize);
  const fetched = (master: Master, all: Window["keys"]): Promise<Entry[][]> => {
    const batches: Promise<Entry[]>[] = [];
    for (let start = 0; start < all.length; start += batch)
      batches.push(entriesOf(sessions, master, all.slice(start, start + batch), maxData, fits));
    const fetching = Promise.all(batches);
    // Awaited a window later.
    fetching.catch(() => {});
    return fetching;
  };
  // A window's values are on their way while the next one is asked for.
  let before: Promise<Entry[][]> | null = null;
  for await (const [master, keys] of walk(sessions, { signal, part })) {
    const fetching = fetched(master, keys);
    for (const entries of (await before) ?? []) {
      if (signal?.aborted) return;
      if (entries.length > 0) yield entries;
    }
    before = fetching;
  }
  for (const entries of (await before) ?? []) {
    if (signal?.aborted) return;
    if (entries.length > 0) yield entries;
  }
}

/** Values of keys that one master gave, wherever they are by now. */
export async function entriesOf(
  { link, reader }: Sessions,
  master: Master,
  keys: Window["keys"],
  maxData: number,
  fits: (one: Held) => boolean,
): Promise<Entry[]> {
  const found = await link.patiently(() => {
    const at =
      link.masters().find(({ name }) => name === master.name) ?? link.masters()[0] ?? master;
    return reader.held(
      at,
      keys.map(([key]) => key),
      maxData,
    );
  });
  const entries: Entry[] = [];
  let at = 0;
  for (const one of found) {
    // In the order asked for, without those that are gone.
    while (keys[at]?.[0] !== one.key) at += 1;
    if (fits(one)) entries.push(entryOf(keys[at]?.[1] ?? "", one));
  }
  return entries;
}

/** Half-open, and entries without an expiry belong to a range without bounds only. */
export function inRange({ expires }: Pick<Held, "expires">, { from, to }: ExpiryRange): boolean {
  if (from === undefined && to === undefined) return true;
  if (expires === null) return false;
  const at = isoOf(expires);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}

/** Whether a range ends before now: Redis has no such keys. */
export async function isPast({ link }: Sessions, { to }: ExpiryRange): Promise<boolean> {
  if (to === undefined) return false;
  const micros = microsOf(
    await link.patiently(async () => (link.masters()[0] ?? link).send("TIME")),
  );
  return to <= isoOf(Math.floor(micros / 1000));
}

export async function count(
  sessions: Sessions,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  if (await isPast(sessions, range)) return 0;
  let total = 0;
  const all = range.from === undefined && range.to === undefined;
  for await (const [master, keys] of walk(sessions, { signal })) {
    if (all) total += keys.length;
    else
      total += (await entriesOf(sessions, master, keys, -1, (one) => inRange(one, range))).length;
  }
  signal?.throwIfAborted();
  return total;
}

/** Keys looked at for an estimate, of each master. */
const SAMPLE = 1000;

/**
 * DBSIZE counts keys of every kind, so the share of sessions among the first thousand SCAN gives (which come in the
 * order of their hashes, as good as by chance) is taken of it. Exact where the sample was everything.
 */
export async function estimate(sessions: Sessions): Promise<number> {
  let sum = 0;
  for (const master of sessions.link.masters()) {
    const size = Number(await sessions.link.patiently(() => master.send("DBSIZE")));
    const reply = await master.send("SCAN", "0", "COUNT", SAMPLE);
    if (!Array.isArray(reply) || !Array.isArray(reply[1])) throw unexpected("SCAN");
    const looked = reply[1] as Buffer[];
    const own = looked.filter(
      (key) => sessions.layout.sessionKeyOf(key.toString("utf8")) !== null,
    ).length;
    sum += String(reply[0]) === "0" ? own : (size * own) / Math.max(1, looked.length);
  }
  return Math.round(sum);
}

export async function span(sessions: Sessions): Promise<{ oldest: string; newest: string } | null> {
  let oldest: string | null = null;
  let newest: string | null = null;
  for await (const [master, keys] of walk(sessions))
    for (const { expires } of await entriesOf(sessions, master, keys, -1, () => true)) {
      if (expires === null) continue;
      if (oldest === null || expires < oldest) oldest = expires;
      if (newest === null || expires > newest) newest = expires;
    }
  return oldest !== null && newest !== null ? { oldest, newest } : null;
}
