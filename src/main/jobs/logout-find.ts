/** In a worker: the sessions of one user, found by reading every session once. */
import { peekUserId } from "../engine/peek.ts";
import type { Entry } from "../stores/driver.ts";
import { isWhole } from "./bin-space.ts";
import type { Task } from "./task.ts";

export interface FoundSessions {
  /** Keys since the last event. */
  found: string[];
  /** In all. */
  scanned: number;
}

const batch = 1_000;
/** Larger ones are read one by one. */
const scanBytes = 1024 * 1024;
const wholeData = 2 ** 31;
const eventEvery = 20_000;

/** A pair is the user's where either half is: the row counts again as soon as the cache drops its copy. */
export const belongsTo = ({ data, halves }: Entry, user: string): boolean =>
  (halves ? [halves.row?.data, halves.copy?.data] : [data]).some(
    (one) => one != null && peekUserId(one) === user,
  );

export const findUserSessions: Task<{ user: string }, FoundSessions> = async function* (
  { store },
  { user },
  control,
) {
  let found: string[] = [];
  let scanned = 0;
  let told = 0;
  const request = { order: "expires", batch, maxData: scanBytes, signal: control.signal } as const;
  for await (const entries of store.scan(request)) {
    for (const entry of entries) {
      const whole = isWhole(entry) ? entry : await store.get(entry.key, wholeData);
      if (whole && belongsTo(whole, user)) found.push(entry.key);
    }
    scanned += entries.length;
    if (scanned - told >= eventEvery || found.length > 0) {
      yield { found, scanned };
      found = [];
      told = scanned;
    }
    await control.whilePaused();
    if (control.signal.aborted) return;
  }
  yield { found, scanned };
};
