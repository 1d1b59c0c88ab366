/** Makes several changes to a store, together where it can. */
import { ProblemError } from "../problem.ts";
import type { Store, StoreChange, WriteOutcome } from "../stores/driver.ts";
import { breather } from "./change-breather.ts";

/** What came of the changes, in their order; a text is the reason why one was not made. */
export interface Applied {
  outcomes: (WriteOutcome["outcome"] | string)[];
  /** Tokens of those that are "done". */
  tokens: (string | null)[];
  /** What ended the work; changes without an outcome were not made. */
  failure: ProblemError | null;
}

/** Problems of the store or the bin itself; any other concerns one session alone. */
const fatal = new Set<string>([
  "locked",
  "read_only",
  "store_gone",
  "store_failed",
  "disk_full",
  "bin_full",
]);

const isFatal = (error: ProblemError): boolean => fatal.has(error.problem.code);

/**
 * Whether what failed so may have been done all the same: the store was lost on the way, or failed for reasons of its own.
 * Before-images of such a change stay in the bin; restoring passes over a session that lives.
 */
export const isUncertain = (error: unknown): boolean =>
  !(error instanceof ProblemError) || /^store_(gone|failed)$/.test(error.problem.code);

/** Never throws a problem: it is in the result. */
export async function applyAll(store: Store, changes: readonly StoreChange[]): Promise<Applied> {
  const applied: Applied = { outcomes: [], tokens: [], failure: null };
  const add = (result: WriteOutcome | ProblemError): boolean => {
    if (result instanceof ProblemError && isFatal(result)) {
      applied.failure = result;
      return false;
    }
    const problem = result instanceof ProblemError;
    applied.outcomes.push(problem ? result.problem.message : result.outcome);
    applied.tokens.push(!problem && result.outcome === "done" ? result.token : null);
    return true;
  };
  try {
    if (store.changeAll) {
      for (const result of await store.changeAll(changes)) add(result);
      return applied;
    }
    const breathe = breather();
    for (const change of changes) {
      if (!add(await applyOne(store, change))) break;
      await breathe();
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    applied.failure = error;
  }
  return applied;
}

async function applyOne(store: Store, change: StoreChange): Promise<WriteOutcome | ProblemError> {
  try {
    if (change.op === "write") return await store.write(change);
    if (change.op === "delete") return await store.delete(change.key, change.expected);
    if (store.setExpiry) return await store.setExpiry(change.key, change.expires, change.expected);
    throw new Error("This store sets no expiry apart from the data.");
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}
