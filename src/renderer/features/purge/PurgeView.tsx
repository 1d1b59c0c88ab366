/** Purge: plan on the left; preview, run and report on the right. */
import { Clock } from "lucide-react";
import { useEffect, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, follow } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { putJob } from "../../state/changes.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { count } from "../../ui/format.ts";
import { PlanForm } from "./PlanForm.tsx";
import { PreviewPane } from "./PreviewPane.tsx";
import { isLive, usePlan } from "./plan.ts";
import { ReportPane } from "./ReportPane.tsx";
import { RunPane } from "./RunPane.tsx";
import { RunSummary } from "./RunSummary.tsx";
import { usePreview } from "./usePreview.ts";
import "./plan.css";
import "./pane.css";
import "./run.css";
import "./purge.css";

export function PurgeView() {
  const store = useCurrentStore();
  if (!store) return null;
  if (!store.capabilities.purge)
    return (
      <EmptyState icon={Clock} title="Nothing to purge here">
        {store.kind === "cache"
          ? "The server removes what has expired by itself, so nothing expired stays to be deleted."
          : store.kind === "signed_cookies"
            ? "Signed cookies are kept by browsers: the site holds nothing to delete."
            : "This kind of store offers no way to find and delete what has expired."}
      </EmptyState>
    );
  return <Purge key={store.connection.id} store={store} />;
}

function Purge({ store }: { store: OpenStore }) {
  const connection = store.connection.id;
  const [plan, change] = usePlan(connection);
  const jobs = useApp((state) => state.jobs);
  const runs = Object.values(jobs)
    .filter((job) => job.kind === "purge" && job.connection === connection)
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  // A purge under way is what this view shows, whoever started it and whenever the page was opened.
  const job = jobs[plan.job ?? ""] ?? runs.find(isLive);
  return (
    <div className="purge">
      {job ? (
        <Watched
          key={job.id}
          store={store}
          jobId={job.id}
          runs={runs}
          limit={plan.limits[job.id] ?? null}
          onShow={(id) => change({ job: id })}
        />
      ) : (
        <Planned store={store} runs={runs} />
      )}
    </div>
  );
}

type Runs = ReturnType<typeof useApp.getState>["jobs"][string][];

function Planned({ store, runs }: { store: OpenStore; runs: Runs }) {
  const connection = store.connection.id;
  const [plan, change] = usePlan(connection);
  const [again, setAgain] = useState({ times: 0, exact: false });
  const countAgain = (exact: boolean) => setAgain(({ times }) => ({ times: times + 1, exact }));
  const state = usePreview(connection, plan, again);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.key !== "F5" || event.ctrlKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      setAgain(({ times, exact }) => ({ times: times + 1, exact }));
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  return (
    <>
      <PlanForm
        store={store}
        plan={plan}
        onChange={change}
        preview={state.preview}
        runs={runs}
        onShow={(id) => change({ job: id })}
      />
      <PreviewPane
        state={state}
        includeNeverRemoved={plan.includeNeverRemoved}
        connection={connection}
        histogram={store.capabilities.histogram}
        onAgain={() => countAgain(again.exact)}
        onExact={() => countAgain(true)}
      />
    </>
  );
}

interface WatchedProps {
  store: OpenStore;
  jobId: string;
  runs: Runs;
  limit: number | null;
  onShow: (id: string | null) => void;
}

function Watched({ store, jobId, runs, limit, onShow }: WatchedProps) {
  const job = useApp((state) => state.jobs[jobId]);
  const [problem, setProblem] = useState<Problem | null>(null);
  // Followed to its end even where the events only told of its start.
  useEffect(
    () =>
      follow((signal) => client.jobs.watch({ job: jobId }, { signal }), {
        each: (next) => {
          putJob(next);
          setProblem(null);
        },
        fail: setProblem,
      }),
    [jobId],
  );
  if (!job) return null;
  return (
    <>
      <span className="sr" role="status">
        {isLive(job) ? "" : `${job.title}: ${job.status}, ${count(job.done)} deleted.`}
      </span>
      <RunSummary job={job} runs={runs} onShow={onShow} />
      {isLive(job) ? (
        <RunPane job={job} limit={limit} problem={problem} onPin={() => onShow(jobId)} />
      ) : (
        <ReportPane job={job} limit={limit} store={store} onPlan={() => onShow(null)} />
      )}
    </>
  );
}
