/** Work under way, at the end of the view tabs; a purge leads to its view, other jobs open their own panel. */
import { LoaderCircle, Pause } from "lucide-react";
import { useState } from "react";
import type { Job } from "../../../shared/job.ts";
import { go, useApp } from "../../state/app.ts";
import { show } from "../../state/stores.ts";
import { percent } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { visible } from "../../ui/Text.tsx";
import { JobDialog } from "./JobDialog.tsx";
import "./jobs.css";

const verbs = {
  purge: "Purging",
  logout: "Logging out",
  restore: "Putting back",
  delete: "Deleting",
};

export function RunningJobs() {
  const jobs = useApp((state) => state.jobs);
  const [shown, setShown] = useState<string | null>(null);
  const running = Object.values(jobs).filter(
    (job) => job.status === "running" || job.status === "paused",
  );
  const open = (job: Job) => {
    if (job.kind !== "purge") return setShown(job.id);
    show(job.connection);
    go("purge");
  };
  const job = shown === null ? undefined : jobs[shown];
  return (
    <>
      {running.slice(0, 3).map((one) => (
        <button
          key={one.id}
          type="button"
          className="iconbtn iconbtn-text runningjob"
          title={visible(one.title)}
          onClick={() => open(one)}
        >
          <Icon icon={one.status === "paused" ? Pause : LoaderCircle} />
          {one.status === "paused" ? "Paused" : verbs[one.kind]}
          {one.total !== null && ` ${percent(one.done, one.total)}`}
        </button>
      ))}
      {job && <JobDialog job={job} onClose={() => setShown(null)} />}
    </>
  );
}
