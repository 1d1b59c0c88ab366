/** Scans, counts and what else goes through all sessions. */
import type { Entry, ExpiryRange, ScanRequest } from "./driver.ts";
import { entriesOf, type Facts, inRange, isPast, lots, measured } from "./redis-entries.ts";
import { type Sessions, unexpected } from "./redis-read.ts";
import { walk } from "./redis-walk.ts";

/** Entries of the range in steps of about a batch. */
export async function* scan(
  sessions: Sessions,
  { range = {}, batch, maxData, minSize, maxSize, part, signal }: ScanRequest,
): AsyncGenerator<Entry[]> {
  if (await isPast(sessions, range)) return;
  const fits = (one: Facts): boolean =>
    inRange(one, range) &&
    (minSize === undefined || one.size > minSize) &&
    (maxSize === undefined || one.size < maxSize);
  // A window's values are on their way while the ones before are worked on.
  let before: Promise<Entry[]> | null = null;
  async function* steps(fetched: Promise<Entry[]> | null): AsyncGenerator<Entry[]> {
    const entries = (await fetched) ?? [];
    for (let start = 0; start < entries.length && !signal?.aborted; start += batch)
      yield entries.slice(start, start + batch);
  }
  for await (const window of walk(sessions, { signal, part, look: true }))
    for (const some of lots(window, maxData, fits)) {
      const fetching = entriesOf(sessions, some, maxData, fits);
      // Awaited a lot later.
      fetching.catch(() => {});
      yield* steps(before);
      if (signal?.aborted) return;
      before = fetching;
    }
  yield* steps(before);
}

export async function count(
  sessions: Sessions,
  range: ExpiryRange,
  signal?: AbortSignal,
): Promise<number> {
  if (await isPast(sessions, range)) return 0;
  let total = 0;
  const all = range.from === undefined && range.to === undefined;
  for await (const window of walk(sessions, { signal, look: !all }))
    if (all) total += window.met.length;
    else
      for await (const some of measured(sessions, window, (one) => inRange(one, range)))
        total += some.length;
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
  for await (const window of walk(sessions, { look: true }))
    for await (const some of measured(sessions, window, () => true))
      for (const { expires } of some) {
        if (expires === null) continue;
        if (oldest === null || expires < oldest) oldest = expires;
        if (newest === null || expires > newest) newest = expires;
      }
  return oldest !== null && newest !== null ? { oldest, newest } : null;
}
