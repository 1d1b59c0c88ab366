/** The preview of a purge, growing while it is counted; begun again whenever the criteria change. */
import { useEffect, useState } from "react";
import type { PurgePreview } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, follow } from "../../client.ts";
import { type Plan, unitMs, wholeNumber } from "./plan.ts";

export interface PreviewState {
  preview: PurgePreview | null;
  /** When it was begun, ms since 1970. */
  countedAt: number;
  problem: Problem | null;
}

/**
 * `again.times` changes to count once more, `again.exact` where an estimate will not do; null while the criteria cannot
 * be read.
 */
export function usePreview(
  connection: string,
  plan: Plan,
  again: { times: number; exact: boolean },
): PreviewState {
  const [state, setState] = useState<PreviewState>({ preview: null, countedAt: 0, problem: null });
  const { when, amount, unit, includeNeverRemoved } = plan;
  useEffect(() => {
    const number = wholeNumber(amount, 1, 100_000);
    if (when === "over" && "problem" in number) {
      const message = `How long ago has to be a number. ${number.problem}`;
      setState({ preview: null, countedAt: 0, problem: { code: "bad_request", message } });
      return;
    }
    const age = "value" in number ? number.value * unitMs[unit] : 0;
    const countedAt = Date.now();
    setState({ preview: null, countedAt, problem: null });
    const input = {
      connection,
      includeNeverRemoved,
      exact: again.exact,
      ...(when === "over" ? { before: new Date(countedAt - age).toISOString() } : {}),
    };
    let stop = () => {};
    // Typing a number does not start a count per digit.
    const timer = setTimeout(() => {
      stop = follow((signal) => client.purge.preview(input, { signal }), {
        each: (preview) => setState({ preview, countedAt, problem: null }),
        fail: (problem) => setState((before) => ({ ...before, problem })),
      });
    }, 150);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [connection, when, amount, unit, includeNeverRemoved, again]);
  return state;
}
