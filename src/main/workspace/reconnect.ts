/**
 * A store whose connection may drop: reads that find it gone wait for one new try, and where that fails as well, tries
 * go on by themselves, ever later, until the store answers or is closed. Writes are never repeated.
 */

import type { Problem } from "../../shared/problem.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../stores/driver.ts";

export type LinkState =
  | { state: "lost"; attempt: number; nextAt: string; problem: Problem }
  | { state: "back"; attempt: number; nextAt: null; problem: null };

export interface Link {
  /** Always the store as it is now. */
  readonly store: Store;
  /** Tries at once. True when the store answers. */
  reconnect(): Promise<boolean>;
  close(): Promise<void>;
}

export interface LinkOptions {
  open(): Promise<Store>;
  changed(state: LinkState): void;
  /** ms before the second, third, ... try; the last one goes on. */
  delays?: readonly number[];
  /** ms between looks at a server nobody asks anything; 0: none. */
  every?: number;
}

export const usualDelays = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** The store is away, as its driver says it. */
export const isLost = (error: unknown): error is ProblemError =>
  error instanceof ProblemError &&
  (error.problem.code === "store_gone" ||
    (error.problem.code === "store_failed" && error.problem.detail?.["lost"] === true));

/** Whether it was done is known to the store alone. */
const notRepeated = ({ problem }: ProblemError): ProblemError =>
  new ProblemError({
    ...problem,
    hint: "The change may have been made or not, and is not repeated. What was there before is in the recycle bin.",
  });

/** Reads; everything else is a write. */
const repeated = new Set([
  ...[
    "facts",
    "now",
    "page",
    "get",
    "count",
    "estimate",
    "estimates",
    "edges",
    "span",
    "userNames",
    "findUsers",
  ],
]);

export function linked(
  first: Store,
  { open, changed, delays = usualDelays, every = 0 }: LinkOptions,
): Link {
  let current = first;
  let closed = false;
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  let trying: Promise<boolean> | null = null;

  async function once(problem: Problem): Promise<boolean> {
    clearTimeout(timer);
    attempt++;
    try {
      const fresh = await open();
      if (closed) {
        await fresh.close();
        return false;
      }
      const old = current;
      current = fresh;
      void old.close().catch(() => {});
      changed({ state: "back", attempt, nextAt: null, problem: null });
      attempt = 0;
      return true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (closed) return false;
      const wait = delays[Math.min(attempt - 1, delays.length - 1)] ?? 30_000;
      const nextAt = new Date(Date.now() + wait).toISOString();
      changed({ state: "lost", attempt, nextAt, problem: attempt === 1 ? problem : error.problem });
      timer = setTimeout(() => void tryNow(error.problem).catch(() => {}), wait).unref();
      return false;
    }
  }

  /** Those who find it lost at the same time share one try. */
  function tryNow(problem: Problem): Promise<boolean> {
    trying ??= once(problem).finally(() => {
      trying = null;
    });
    return trying;
  }

  async function guarded(name: string, run: () => unknown, from: Store): Promise<unknown> {
    try {
      return await run();
    } catch (error) {
      if (closed || !isLost(error)) throw error;
      // While tries go on by themselves, nobody waits for the next one.
      const waiting = attempt > 0 && !trying && current === from;
      const back = current !== from || (!waiting && (await tryNow(error.problem)));
      if (!repeated.has(name)) throw notRepeated(error);
      if (!back) throw error;
      return run();
    }
  }

  async function* iterated(run: () => AsyncIterable<unknown>): AsyncGenerator<unknown> {
    try {
      yield* run();
    } catch (error) {
      if (!closed && isLost(error) && attempt === 0) void tryNow(error.problem).catch(() => {});
      throw error;
    }
  }

  const iterables = new Set(["scan", "purgeCount"]);
  const plain = new Set(["purgeStatement", "close"]);
  const store = new Proxy({} as Store, {
    get(_, name) {
      const value: unknown = Reflect.get(current, name, current);
      if (typeof value !== "function" || typeof name !== "string") return value;
      const run = (given: unknown[]) => () =>
        Reflect.apply(Reflect.get(current, name), current, given);
      if (plain.has(name)) return (...given: unknown[]) => run(given)();
      if (iterables.has(name))
        return (...given: unknown[]) => iterated(run(given) as () => AsyncIterable<unknown>);
      return (...given: unknown[]) => guarded(name, run(given), current);
    },
    has: (_, name) => Reflect.has(current, name),
  });

  const look =
    every > 0 ? setInterval(() => void store.now().catch(() => {}), every).unref() : undefined;

  return {
    store,
    reconnect: async () => {
      const asked = current;
      try {
        await asked.now();
        await asked.page({ order: "expires", limit: 1, maxData: 0 });
        if (attempt === 0) return true;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        // Any other problem is an answer all the same.
        return isLost(error) ? tryNow(error.problem) : attempt === 0;
      }
      return tryNow({ code: "store_gone", message: "The store was lost." });
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(look);
      await current.close();
    },
  };
}
