/** What the host answers for the scenario that is shown: its run, the comparison, a step explained. */
import { useEffect, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import type { Explained, SimRun } from "../../../shared/run.ts";
import { client, isAbort, problemOf } from "../../client.ts";
import { type Doc, useDoc } from "./document.ts";
import { showRun, useStage } from "./stage.ts";

let shown = "";

/** Runs the scenario at every change. A scenario that cannot be run leaves the last run in sight. */
export function useRun(): Problem | null {
  const { id, draft } = useDoc();
  const { scenario } = draft;
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    client.simulator.run({ scenario }, { signal: abort.signal }).then(
      (run) => {
        if (abort.signal.aborted) return;
        setProblem(null);
        showRun(run, shown !== id);
        shown = id;
      },
      (error: unknown) => {
        if (!abort.signal.aborted && !isAbort(error)) setProblem(problemOf(error));
      },
    );
    return () => abort.abort();
  }, [id, scenario]);
  return problem;
}

export type Compared = { runs: SimRun[] } | { problem: Problem } | null;

/** The same steps under every added policy. Their settings are whole: the scenario's own are left out. */
export function useCompared({ draft }: Doc): Compared {
  const { scenario, policies } = draft;
  const [compared, setCompared] = useState<Compared>(null);
  useEffect(() => {
    if (policies.length === 0) return setCompared(null);
    const abort = new AbortController();
    client.simulator
      .compare({ scenario: { ...scenario, settings: {} }, policies }, { signal: abort.signal })
      .then(
        (runs) => !abort.signal.aborted && setCompared({ runs: runs.map(({ run }) => run) }),
        (error: unknown) =>
          !abort.signal.aborted && !isAbort(error) && setCompared({ problem: problemOf(error) }),
      );
    return () => abort.abort();
  }, [scenario, policies]);
  return compared;
}

/** The selected step in full; asked for once the playhead has stayed on it. */
export function useExplained(): { explained: Explained | null; problem: Problem | null } {
  const { id, draft } = useDoc();
  const { scenario } = draft;
  const run = useStage((state) => state.run);
  const selected = useStage((state) => state.selected);
  const [answer, setAnswer] = useState<{ explained: Explained | null; problem: Problem | null }>({
    explained: null,
    problem: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another scenario's answer is not shown.
  useEffect(() => setAnswer({ explained: null, problem: null }), [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again once the scenario has run anew.
  useEffect(() => {
    if (selected === null || selected >= scenario.steps.length)
      return setAnswer({ explained: null, problem: null });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.simulator.explain({ scenario, step: selected }, { signal: abort.signal }).then(
        (explained) => !abort.signal.aborted && setAnswer({ explained, problem: null }),
        (error: unknown) =>
          !abort.signal.aborted &&
          !isAbort(error) &&
          setAnswer({ explained: null, problem: problemOf(error) }),
      );
    }, 60);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [scenario, selected, run]);
  return answer;
}
