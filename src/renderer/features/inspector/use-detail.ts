/** One session in full: read when it is chosen, and again when something changed. The old one stays meanwhile. */
import { useEffect, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import { client, problemOf } from "../../client.ts";

export interface Shown {
  key: string;
  detail: SessionDetail | null;
  problem: Problem | null;
}

export function useDetail(connection: string, key: string, touched: number): Shown {
  const [shown, setShown] = useState<Shown>({ key, detail: null, problem: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: touched says when to read again
  useEffect(() => {
    const abort = new AbortController();
    // Running through the table with the arrows reads only where the user stays.
    const timer = setTimeout(() => {
      client.sessions
        .get({ connection, key }, { signal: abort.signal })
        .then((detail) => {
          if (!abort.signal.aborted) setShown({ key, detail, problem: null });
        })
        .catch((error: unknown) => {
          if (abort.signal.aborted) return;
          const problem = problemOf(error);
          setShown((old) => ({
            key,
            detail: problem.code === "not_found" || old.key !== key ? null : old.detail,
            problem,
          }));
        });
    }, 40);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [connection, key, touched]);
  return shown.key === key ? shown : { key, detail: null, problem: null };
}
