/** One job that has no view of its own: progress, pause, stop. */
import { Pause, Play, Square } from "lucide-react";
import { useEffect, useState } from "react";
import type { Job } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, follow, problemOf } from "../../client.ts";
import { putJob } from "../../state/changes.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { count, duration, rate } from "../../ui/format.ts";
import { ProgressBar } from "../../ui/Meters.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text } from "../../ui/Text.tsx";

const states = {
  running: "Running",
  paused: "Paused",
  stopped: "Stopped",
  done: "Done",
  failed: "Failed",
};

export function JobDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const live = job.status === "running" || job.status === "paused";
  useEffect(
    () =>
      follow((signal) => client.jobs.watch({ job: job.id }, { signal }), {
        each: putJob,
        fail: setProblem,
      }),
    [job.id],
  );
  const act = (action: "pause" | "resume" | "stop") =>
    client.jobs[action]({ job: job.id }).then(putJob, (error) => setProblem(problemOf(error)));
  return (
    <Dialog
      title={<Text value={job.title} max={120} />}
      onClose={onClose}
      buttons={
        <>
          {live && (
            <>
              <Button
                large
                icon={job.status === "paused" ? Play : Pause}
                onClick={() => void act(job.status === "paused" ? "resume" : "pause")}
              >
                {job.status === "paused" ? "Resume" : "Pause"}
              </Button>
              <Button large variant="danger-quiet" icon={Square} onClick={() => void act("stop")}>
                Stop
              </Button>
            </>
          )}
          <Button large data-autofocus onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <ProgressBar
        value={job.total === null ? (live ? null : 100) : (100 * job.done) / Math.max(1, job.total)}
        label={job.title}
      />
      <p className="jobfacts">
        <span>{states[job.status]}</span>
        <span>
          <b>{count(job.done)}</b> done
        </span>
        {live && (
          <span>
            <b>{rate(job.rate)}</b> a second
          </span>
        )}
        <span>
          elapsed <b>{duration(job.elapsedMs)}</b>
        </span>
        {job.skipped > 0 && (
          <span>
            <b>{count(job.skipped)}</b> left alone
          </span>
        )}
      </p>
      {(problem ?? job.problem) && <ProblemNotice problem={(problem ?? job.problem) as Problem} />}
    </Dialog>
  );
}
