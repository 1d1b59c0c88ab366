/** The last step before a purge: what it will do, the name on production, or why it cannot start. */
import { Check, Lock, Trash2 } from "lucide-react";
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { PurgePreview } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { askUnlock } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { count, plural, size } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { holdsLocks, type Plan, wholeNumber } from "./plan.ts";

export interface StartPurgeProps {
  store: OpenStore;
  plan: Plan;
  preview: PurgePreview | null;
  /** The job, and the lock limit it was started with. */
  onStarted: (job: string, limit: number) => void;
}

/** What is deleted in all. */
function totalOf(preview: PurgePreview, includeNeverRemoved: boolean): number {
  return preview.count + (includeNeverRemoved ? (preview.neverRemoved?.count ?? 0) : 0);
}

export function StartPurge({ store, plan, preview, onStarted }: StartPurgeProps) {
  const { connection } = store;
  const production = connection.environment === "production";
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const total = preview ? totalOf(preview, plan.includeNeverRemoved) : 0;
  const about = preview?.estimated ? "≈ " : "";
  const lock = wholeNumber(plan.maxLockMs, 5, 10_000);
  const pause = wholeNumber(plan.pauseMs, 0, 60_000);
  const matches = !production || name === connection.name;

  const reason = (): string | null => {
    if (!preview) return "The preview has to be there first.";
    if (!preview.exact && !preview.estimated) return "Still counting what will be deleted.";
    if (total === 0) return "No session matches.";
    if ("problem" in lock)
      return `${holdsLocks(store) ? "Longest lock" : "Longest batch"}: ${lock.problem}`;
    if ("problem" in pause) return `Pause between batches: ${pause.problem}`;
    if (plan.backup && !preview.bin.fits)
      return `The recycle bin has ${size(preview.bin.free)} left; this needs ${size(preview.bin.needs)}.`;
    if (!matches) return "The name typed does not match yet.";
    return busy ? "Starting." : null;
  };
  const why = reason();
  const start = async () => {
    if (!preview || why !== null || "problem" in lock || "problem" in pause) return;
    setBusy(true);
    setProblem(null);
    try {
      const { job } = await client.purge.start({
        connection: connection.id,
        cutoff: preview.cutoff,
        includeNeverRemoved: plan.includeNeverRemoved,
        backup: plan.backup,
        maxLockMs: lock.value,
        pauseMs: pause.value,
        expected: total,
        ...(production ? { confirmName: name } : {}),
      });
      onStarted(job, lock.value);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };

  if (store.locked)
    return (
      <div className="confirm is-plain">
        <p>
          <Icon icon={Lock} size={14} /> Changes are locked on this connection.{" "}
          {total > 0 && preview && `${about}${plural(total, "session")} would be deleted.`}
        </p>
        <div className="row">
          <Button
            large
            reason={store.capabilities.write ? null : "This store cannot be written."}
            onClick={askUnlock}
          >
            Unlock writes
          </Button>
          <Button large icon={Trash2} reason="Unlock writes first.">
            Start purge
          </Button>
        </div>
      </div>
    );
  return (
    <form
      className={production ? "confirm" : "confirm is-plain"}
      aria-label="Start purge"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      {problem && <ProblemNotice problem={problem} />}
      <p>
        This deletes <b>{preview ? `${about}${count(total)}` : "…"} sessions</b>
        {production ? (
          <>
            {" "}
            on a production store. Type <code className="mono">{connection.name}</code> to confirm.
          </>
        ) : plan.backup ? (
          ". Each can be put back from the recycle bin."
        ) : (
          " for good: no copy is kept."
        )}
      </p>
      <div className={production ? "row" : "row is-single"}>
        {production && (
          <label className="input">
            <span className="sr">Connection name</span>
            <input
              value={name}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
            {matches && (
              <span className="ok">
                <Icon icon={Check} size={12} />
                matches
              </span>
            )}
          </label>
        )}
        <Button large variant="danger" type="submit" icon={Trash2} reason={why}>
          Start purge
        </Button>
      </div>
      {why !== null && why !== "Starting." && (
        <p className="help" role="status">
          {why}
        </p>
      )}
    </form>
  );
}
