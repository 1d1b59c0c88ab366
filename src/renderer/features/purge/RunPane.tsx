/** A purge under way: progress, rate and lock, batches; pause and stop. */
import { Info, Pause, Play, Square, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import type { Job } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { putJob } from "../../state/changes.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Button } from "../../ui/Button.tsx";
import { clock, count, duration, percent, rate, size } from "../../ui/format.ts";
import { ProgressBar } from "../../ui/Meters.tsx";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { Batches } from "./Batches.tsx";
import { LockChart, RateChart } from "./MiniChart.tsx";
import { Phases } from "./Phases.tsx";
import { holdsLocks } from "./plan.ts";

export interface RunPaneProps {
  job: Job;
  limit: number | null;
  problem: Problem | null;
  /** Keeps this job on screen after its end. */
  onPin: () => void;
}

export function RunPane({ job, limit, problem, onPin }: RunPaneProps) {
  const locks = holdsLocks(useCurrentStore());
  const [failed, setFailed] = useState<Problem | null>(null);
  const paused = job.status === "paused";
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when a run comes into view.
  useEffect(onPin, []);
  const act = (action: "pause" | "resume" | "stop") =>
    client.jobs[action]({ job: job.id }).then(
      (next) => {
        setFailed(null);
        putJob(next);
      },
      (error) => setFailed(problemOf(error)),
    );
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const busy = /^(BUTTON|INPUT|SELECT|TEXTAREA|A)$/.test(target.tagName);
      if (event.key !== " " || busy || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void act(paused ? "resume" : "pause");
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  });
  const total = job.total ?? 0;
  const left = job.total !== null && job.rate > 0 ? ((total - job.done) / job.rate) * 1000 : null;
  const share = job.total === null ? null : (100 * job.done) / Math.max(1, total);
  const lastLock = job.batches[0]?.lockMs ?? 0;
  return (
    <section className="pane" aria-label="Run" data-region="run">
      <header className="panehead">
        <h1>Purging expired sessions</h1>
        <Badge tone={paused ? "warning" : "accent"} icon={paused ? Pause : Play}>
          {paused ? "Paused" : "Running"}
        </Badge>
        <Phases at={1} />
      </header>
      <ScrollRegion className="panebody" label="Progress of the purge">
        {(failed ?? problem) && <ProblemNotice problem={(failed ?? problem) as Problem} />}
        <div>
          <div className="runline">
            <span className="big">{count(job.done)}</span>
            <span className="of">
              {job.total === null ? "deleted" : `of ${count(total)} deleted`}
            </span>
            <span className="actions">
              <Button
                large
                icon={paused ? Play : Pause}
                keys="Space"
                onClick={() => void act(paused ? "resume" : "pause")}
              >
                {paused ? "Resume" : "Pause"}
              </Button>
              <Button large variant="danger-quiet" icon={Square} onClick={() => void act("stop")}>
                Stop
              </Button>
            </span>
          </div>
          <ProgressBar
            value={share}
            label="Purge"
            text={job.total === null ? "" : percent(job.done, total)}
          />
          <Announced share={share} />
          <div className="runfacts">
            {job.total !== null && <b>{percent(job.done, total)}</b>}
            <span>
              elapsed <b>{duration(job.elapsedMs)}</b>
            </span>
            {left !== null && !paused && (
              <>
                <span>
                  left <b>{duration(left)}</b>
                </span>
                <span>
                  ends about <b>{clock(new Date(Date.now() + left).toISOString())} UTC</b>
                </span>
              </>
            )}
            <span>
              {job.binJob ? "recycle bin" : "deleted data"} <b>{size(job.bytes)}</b>
            </span>
            {job.skipped > 0 && (
              <span>
                <b>{count(job.skipped)}</b> renewed or gone meanwhile
              </span>
            )}
          </div>
        </div>
        <div className="charts">
          <RateChart
            samples={job.samples}
            title="Rows per second"
            value={rate(job.rate)}
            note="over the last seconds"
          />
          <LockChart
            samples={job.samples}
            title={locks ? "Longest lock per batch" : "Time per batch"}
            value={`${count(lastLock)} ms`}
            note={`max ${count(job.longestLockMs)} ms`}
            limit={limit}
          />
        </div>
        <Batches job={job} />
        {limit !== null && job.longestLockMs > limit && (
          <Notice tone="warning" icon={TriangleAlert}>
            A batch {locks ? "held the lock" : "took"} longer than {count(limit)} ms; the batches
            after it are smaller.
          </Notice>
        )}
        <Notice icon={Info}>
          The run goes on while other views are open or this page is closed, as long as Sessionscope
          itself runs.{locks && " Nothing is left half done: every batch is one transaction."}
        </Notice>
      </ScrollRegion>
    </section>
  );
}

/** One polite announcement per 10 %. */
function Announced({ share }: { share: number | null }) {
  return (
    <span className="sr" role="status">
      {share === null || share < 10 ? "" : `${Math.floor(share / 10) * 10} % deleted`}
    </span>
  );
}
