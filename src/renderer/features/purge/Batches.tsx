/** The batches of a purge, latest first; slow ones stay listed. */
import { TriangleAlert } from "lucide-react";
import type { Job } from "../../../shared/job.ts";
import { useApp } from "../../state/app.ts";
import { clock, count } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";
import { holdsLocks } from "./plan.ts";

export function Batches({ job }: { job: Job }) {
  const locks = holdsLocks(useApp((state) => state.stores[job.connection] ?? null));
  if (job.batches.length === 0) return null;
  return (
    <section>
      <h2 className="subhead">
        Batches <span className="dim">latest first, slow batches stay listed</span>
      </h2>
      <table className="log" aria-label="Batches">
        <thead>
          <tr>
            <th>Time, UTC</th>
            <th className="num">Batch</th>
            <th className="num">Rows</th>
            <th className="num">{locks ? "Lock" : "Took"}</th>
            <th className="num">Pause</th>
            <th>Note</th>
          </tr>
        </thead>
        <tbody>
          {job.batches.map((batch) => {
            const slow = batch.note !== "" && batch.note !== "ok";
            return (
              <tr key={batch.number}>
                <td>{clock(batch.at, true)}</td>
                <td className="num">{count(batch.number)}</td>
                <td className="num">{count(batch.rows)}</td>
                <td className="num">{count(batch.lockMs)} ms</td>
                <td className="num">{count(batch.pauseMs)} ms</td>
                <td className={slow ? "st-warning" : ""}>
                  {slow && <Icon icon={TriangleAlert} />}{" "}
                  <Text value={batch.note || "ok"} max={120} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
