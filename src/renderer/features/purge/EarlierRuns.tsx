/** Purges of this connection that the host still knows, newest first. */
import { Check, CircleX, LoaderCircle, type LucideIcon, Pause, Square } from "lucide-react";
import type { Job } from "../../../shared/job.ts";
import { absolute, count, duration } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";

const marks: Record<Job["status"], { icon: LucideIcon; label: string }> = {
  running: { icon: LoaderCircle, label: "running" },
  paused: { icon: Pause, label: "paused" },
  done: { icon: Check, label: "done" },
  stopped: { icon: Square, label: "stopped" },
  failed: { icon: CircleX, label: "failed" },
};

export interface EarlierRunsProps {
  runs: Job[];
  shown: string | null;
  onShow: (id: string) => void;
}

export function EarlierRuns({ runs, shown, onShow }: EarlierRunsProps) {
  return (
    <table className="runs">
      <thead className="sr">
        <tr>
          <th>Started</th>
          <th>Sessions</th>
          <th>Took</th>
          <th>Outcome</th>
        </tr>
      </thead>
      <tbody>
        {runs.slice(0, 20).map((job) => (
          <tr key={job.id}>
            <td>
              {job.id === shown ? (
                <b>{absolute(job.startedAt)}</b>
              ) : (
                <button type="button" className="linkbtn" onClick={() => onShow(job.id)}>
                  {absolute(job.startedAt)}
                </button>
              )}
            </td>
            <td className="num">{count(job.done)}</td>
            <td className="num">{duration(job.elapsedMs)}</td>
            <td>
              <Icon icon={marks[job.status].icon} size={12} label={marks[job.status].label} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
