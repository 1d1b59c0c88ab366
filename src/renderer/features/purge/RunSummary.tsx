/** The left side during and after a run: the facts it was started with, and earlier runs. */
import { Lock } from "lucide-react";
import { Fragment } from "react";
import type { Job } from "../../../shared/job.ts";
import { Badge } from "../../ui/Badge.tsx";
import { absolute, count, factText } from "../../ui/format.ts";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { Text } from "../../ui/Text.tsx";
import { EarlierRuns } from "./EarlierRuns.tsx";

export interface RunSummaryProps {
  job: Job;
  runs: Job[];
  onShow: (id: string) => void;
}

export function RunSummary({ job, runs, onShow }: RunSummaryProps) {
  return (
    <div className="plan" data-region="plan">
      <ScrollRegion className="plan-scroll" label="Plan of this run">
        <section>
          <h2>
            What is deleted <Badge icon={Lock}>fixed for this run</Badge>
          </h2>
          <dl>
            <dt>Started</dt>
            <dd>{absolute(job.startedAt, true)}</dd>
            {job.total !== null && (
              <>
                <dt>Counted</dt>
                <dd>{count(job.total)} sessions</dd>
              </>
            )}
            {job.facts.map((fact) => (
              <Fragment key={`${fact.title} ${fact.text}`}>
                <dt>
                  <Text value={fact.title} />
                </dt>
                <dd>
                  <Text value={factText(fact.text)} />
                </dd>
              </Fragment>
            ))}
          </dl>
        </section>
        <section>
          <h2>Undo</h2>
          <p className="soft pane-text">
            {job.binJob
              ? "Every deleted session can be put back from the recycle bin. Sessions whose key is in use again are left alone."
              : "No copy is kept: what this run deletes cannot be put back."}
          </p>
        </section>
        {runs.length > 1 && (
          <section>
            <h2>Earlier runs</h2>
            <EarlierRuns runs={runs} shown={job.id} onShow={onShow} />
          </section>
        )}
      </ScrollRegion>
    </div>
  );
}
