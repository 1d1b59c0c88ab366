/** What came of a purge: verdict, figures, charts, batches; saved as a file, put back from the bin. */
import { ArchiveRestore, Check, CircleX, Download, Square } from "lucide-react";
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Job } from "../../../shared/job.ts";
import { fullName } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { absolute, clock, count, duration, plural, rate, sizeParts } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { RestoreDialog } from "../../ui/RestoreDialog.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { saveFile } from "../../ui/save.ts";
import { Batches } from "./Batches.tsx";
import { Figures } from "./Figures.tsx";
import { LockChart, RateChart } from "./MiniChart.tsx";
import { Phases } from "./Phases.tsx";
import { holdsLocks } from "./plan.ts";
import { reportJson, reportText } from "./report.ts";

const verdicts = {
  done: { icon: Check, className: "" },
  stopped: { icon: Square, className: "is-stopped" },
  failed: { icon: CircleX, className: "is-failed" },
};

export interface ReportPaneProps {
  job: Job;
  limit: number | null;
  store: OpenStore;
  onPlan: () => void;
}

export function ReportPane({ job, limit, store, onPlan }: ReportPaneProps) {
  const locks = holdsLocks(store);
  const [restoring, setRestoring] = useState(false);
  const { connection } = store;
  const status = job.status === "stopped" || job.status === "failed" ? job.status : "done";
  const verdict = verdicts[status];
  const [amount, unit] = sizeParts(job.bytes);
  const ended = job.endedAt ?? job.startedAt;
  const words = {
    done: "No errors.",
    stopped: "Stopped by hand; what was not reached is still there.",
    failed: "Failed; what was not reached is still there.",
  };
  const name = `purge-${connection.name.replaceAll(/[^\w.-]+/g, "-")}-${job.startedAt.slice(0, 19).replaceAll(":", "")}`;
  const save = (kind: "txt" | "json") =>
    kind === "json"
      ? saveFile(`${name}.json`, reportJson(job, fullName(connection)), "application/json")
      : saveFile(`${name}.txt`, reportText(job, fullName(connection), locks), "text/plain");
  const average = job.elapsedMs > 0 ? (1000 * job.done) / job.elapsedMs : job.done;
  return (
    <section className="pane" aria-label="Report" data-region="report">
      <header className="panehead">
        <h1>Report</h1>
        <Button onClick={onPlan}>New plan</Button>
        <Phases at={2} />
      </header>
      <ScrollRegion className="panebody" label="Outcome of the purge">
        <div className={`verdict ${verdict.className}`}>
          <span className="badge">
            <Icon icon={verdict.icon} label={status} />
          </span>
          <h2>{plural(job.done, "session")} deleted</h2>
          <p>
            {absolute(job.startedAt, true).replace(" UTC", "")} to {clock(ended)} UTC,{" "}
            {duration(job.elapsedMs)}. {words[status]}
          </p>
          <span className="actions">
            <MenuButton
              label="Save report"
              className="btn btn-lg"
              items={[
                { id: "txt", text: "As text", onSelect: () => save("txt") },
                { id: "json", text: "As JSON", onSelect: () => save("json") },
              ]}
            >
              <Icon icon={Download} />
              Save report
            </MenuButton>
            <Button
              large
              icon={ArchiveRestore}
              reason={job.binJob && job.done > 0 ? null : "No copy was kept of this run."}
              onClick={() => setRestoring(true)}
            >
              Restore
            </Button>
          </span>
        </div>
        {job.problem && <ProblemNotice problem={job.problem} />}
        <Figures
          figures={[
            {
              title: "Rows per second",
              value: rate(average),
              note: `${plural(job.batches[0]?.number ?? 0, "batch", "batches")}`,
            },
            {
              title: locks ? "Longest lock" : "Longest batch",
              value: count(job.longestLockMs),
              unit: "ms",
              note:
                limit === null
                  ? locks
                    ? "of a single batch"
                    : "time of a single batch"
                  : job.longestLockMs > limit
                    ? `limit ${count(limit)} ms, exceeded`
                    : `limit ${count(limit)} ms, kept`,
            },
            {
              title: job.binJob ? "In the recycle bin" : "Deleted data",
              value: amount,
              unit,
              note: job.binJob ? "can be put back" : "no copy kept",
            },
            {
              title: "Left alone",
              value: count(job.skipped),
              note: "renewed, changed or gone meanwhile",
            },
          ]}
        />
        <div className="charts charts-sm">
          <RateChart
            samples={job.samples}
            title="Rows per second"
            value={rate(average)}
            note="average"
          />
          <LockChart
            samples={job.samples}
            title={locks ? "Longest lock per batch" : "Time per batch"}
            value={`${count(job.longestLockMs)} ms`}
            note="longest"
            limit={limit}
          />
        </div>
        <Batches job={job} />
      </ScrollRegion>
      {restoring && job.binJob && (
        <RestoreDialog
          what={{
            job: job.binJob,
            connection: connection.id,
            connectionName: connection.name,
            entries: job.done,
          }}
          onClose={() => setRestoring(false)}
        />
      )}
    </section>
  );
}
