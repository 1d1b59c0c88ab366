/** Simulate: the policy on the left; the clock, the timeline, the step explained and the comparison on the right. */
import { useEffect, useRef, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import { useApp } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Band, ProblemNotice } from "../../ui/Notice.tsx";
import { visible } from "../../ui/Text.tsx";
import { Compare } from "./Compare.tsx";
import { docOf, openDocs, useDoc, useDocs } from "./document.ts";
import { ExplainedPanel } from "./ExplainedPanel.tsx";
import { saveScenario, startFromSession } from "./files.ts";
import { ImportDialog } from "./ImportDialog.tsx";
import { usePlaying } from "./play.ts";
import { SidePanel } from "./SidePanel.tsx";
import { StepTable } from "./StepTable.tsx";
import { useStage } from "./stage.ts";
import { Timeline } from "./Timeline.tsx";
import { Tools } from "./Tools.tsx";
import { Transport } from "./Transport.tsx";
import { useSimulateKeys } from "./use-keys.ts";
import { useRun } from "./use-run.ts";
import "./simulate.css";

/** What was restored with changes that are in no file, and storage that refuses. */
function Kept() {
  const restored = useDocs((state) => state.restored);
  const unkept = useDocs((state) => state.unkept);
  useEffect(() => {
    if (!unkept) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [unkept]);
  return (
    <>
      {unkept && (
        <Band
          tone="warning"
          action={<Button onClick={() => void saveScenario()}>Save scenario</Button>}
        >
          The browser's storage does not take what is open here. Closing the window would lose
          changes that are in no file.
        </Band>
      )}
      {restored.length > 0 && (
        <Band action={<Button onClick={() => useDocs.setState({ restored: [] })}>Dismiss</Button>}>
          Restored with changes that are in no file: {restored.map(visible).join(", ")}.
        </Band>
      )}
    </>
  );
}

/** Opens what another view asked for. */
function useAsked(onProblem: (problem: Problem | null) => void): void {
  const asked = useApp((state) => state.toSimulate);
  useEffect(() => {
    if (!asked) return;
    useApp.setState({ toSimulate: null });
    if (asked.from === "scenario") openDocs([docOf(asked.scenario, { inFile: false })]);
    else void startFromSession(asked.connection, asked.key).then(onProblem);
  }, [asked, onProblem]);
}

export function SimulateView() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [importing, setImporting] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const runProblem = useRun();
  useAsked(setProblem);
  usePlaying();
  useSimulateKeys(() => picker.current?.click());
  const run = useStage((state) => state.run);
  const table = useStage((state) => state.table);
  const doc = useDoc();
  const atSetting = typeof runProblem?.detail?.["setting"] === "string";
  return (
    <>
      <Tools picker={picker} onImport={() => setImporting(true)} onProblem={setProblem} />
      <Kept />
      {problem && (
        <div className="sim-problem">
          <ProblemNotice
            problem={problem}
            action={<Button onClick={() => setProblem(null)}>Dismiss</Button>}
          />
        </div>
      )}
      <div className="sim">
        <SidePanel problem={runProblem} />
        <div className="stage">
          <Transport />
          {doc.draft.scenario.note && (
            <p className="sim-note">{visible(doc.draft.scenario.note)}</p>
          )}
          {runProblem && !atSetting && (
            <div className="sim-problem">
              <ProblemNotice problem={runProblem} />
            </div>
          )}
          {run && (
            <>
              {table ? (
                <StepTable key={doc.id} run={run} />
              ) : (
                <Timeline run={run} name={`policy ${visible(doc.draft.policyName)}`} />
              )}
              <ExplainedPanel run={run} failing={runProblem !== null} />
              <Compare run={run} />
            </>
          )}
        </div>
      </div>
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  );
}
