/** The one view of a scenario's site: it runs a request's actions and answers. */
import { PythonError } from "../engine/errors.ts";
import type { PyValue } from "../python/value.ts";
import { type ActionContext, LoginRequired, runAction } from "./actions.ts";
import type { RequestStep } from "./scenario.ts";
import { errorResult } from "./timeline.ts";
import type { TraceEvent } from "./trace.ts";

export interface ViewAnswer {
  readonly status: number;
  /** One an action that ran. */
  readonly results: PyValue[];
  /** What Django would have answered with a 500. */
  readonly exception?: string;
}

/**
 * Runs the actions and adds them to the trace. KeyError, TypeError and AttributeError are caught by the view,
 * anything else ends it with a 500; loginRequired may end it with a 302.
 */
export async function runView(
  context: ActionContext,
  { actions, status }: RequestStep,
  trace: TraceEvent[],
): Promise<ViewAnswer> {
  const { session } = context;
  const results: PyValue[] = [];
  for (const action of actions) {
    const from = trace.length;
    const before = { modified: session.modified, key: session.sessionKey };
    const told = (result: PyValue, error: string | null): void => {
      trace.push({
        type: "action",
        action,
        result,
        error,
        modified: { before: before.modified, after: session.modified },
        key: { before: before.key, after: session.sessionKey },
        from,
      });
      results.push(error === null ? result : errorResult(error));
    };
    try {
      told(await runAction(context, action), null);
    } catch (error) {
      if (error instanceof LoginRequired) {
        told(false, null);
        return { status: 302, results };
      }
      const { type } = expected(error);
      told(null, type);
      if (!["KeyError", "TypeError", "AttributeError"].includes(type)) {
        results.pop();
        return { status: 500, results, exception: type };
      }
    }
  }
  return { status, results };
}

/** What Django would have raised; anything else is a bug and goes on. */
export function expected(error: unknown): PythonError {
  if (error instanceof PythonError) return error;
  throw error;
}
