/** The policy lab: a fleet of visitors under one to four policies, weeks at once. */
import { ChartLine } from "lucide-react";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { count, percent } from "../../ui/format.ts";
import { ProgressBar } from "../../ui/Meters.tsx";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { LabForm } from "./LabForm.tsx";
import { LabResult } from "./LabResult.tsx";
import { useLab } from "./lab-store.ts";
import "./lab.css";

function Running({ visits, total }: { visits: number; total: number }) {
  const tenth = Math.floor((10 * visits) / Math.max(1, total));
  return (
    <div className="labrun">
      <ProgressBar
        value={(100 * visits) / Math.max(1, total)}
        label="Visits simulated"
        text={percent(visits, total)}
      />
      <span aria-hidden="true">
        {count(visits)} of {count(total)} visits
      </span>
      <span className="sr" role="status">
        {tenth > 0 ? `${tenth * 10} % simulated` : "Simulating"}
      </span>
    </div>
  );
}

export function LabView() {
  const { running, result, problem, stopped } = useLab();
  return (
    <div className="lab-view">
      <LabForm />
      <ScrollRegion label="Forecast" className="labmain">
        {running && <Running {...running} />}
        {problem && <ProblemNotice problem={problem} />}
        {stopped && !running && (
          <Notice live>Stopped. {result ? "The figures below are of the run before." : ""}</Notice>
        )}
        {result ? (
          <LabResult result={result} />
        ) : (
          !running && (
            <EmptyState icon={ChartLine} title="No forecast yet">
              Visitors are drawn at random under the assumptions on the left; every policy gets the
              same ones. The rows they leave, the writes they cost and the logouts they meet are
              counted.
            </EmptyState>
          )
        )}
      </ScrollRegion>
    </div>
  );
}
