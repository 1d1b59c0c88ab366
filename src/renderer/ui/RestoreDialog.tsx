/** Putting a recycle bin job back, whole or in part: where it goes, what stays away, the name on production. */
import { useState } from "react";
import type { Problem } from "../../shared/problem.ts";
import { client, problemOf } from "../client.ts";
import { askUnlock, touch, useApp } from "../state/app.ts";
import { openConnection } from "../state/stores.ts";
import { Button } from "./Button.tsx";
import { ConfirmByName } from "./ConfirmByName.tsx";
import { Dialog } from "./Dialog.tsx";
import { count, plural } from "./format.ts";
import { ProgressBar } from "./Meters.tsx";
import { Notice, ProblemNotice } from "./Notice.tsx";
import { Text } from "./Text.tsx";
import { showToast } from "./toasts.ts";

export interface Restoring {
  job: string;
  connection: string;
  connectionName: string;
  /** Left out: everything not yet put back. */
  sequences?: number[];
  entries: number;
}

export interface RestoreDialogProps {
  what: Restoring;
  onClose: () => void;
  onDone?: () => void;
}

export function RestoreDialog({ what, onClose, onDone }: RestoreDialogProps) {
  const store = useApp((state) => state.stores[what.connection]);
  const running = useApp(({ jobs }) =>
    Object.values(jobs).find(
      (job) =>
        job.kind === "restore" && job.connection === what.connection && job.status === "running",
    ),
  );
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const production = store?.connection.environment === "production";
  const confirmed = !production || name === store?.connection.name;
  const ready = store && !store.locked && confirmed && !busy;
  const restore = async () => {
    if (!ready) return;
    setBusy(true);
    try {
      const report = await client.bin.restore({
        job: what.job,
        ...(what.sequences ? { sequences: what.sequences } : {}),
        ...(production ? { confirmName: name } : {}),
      });
      touch();
      onClose();
      onDone?.();
      const [first] = report.skipped;
      const left =
        report.skippedCount > 0
          ? ` ${count(report.skippedCount)} left alone${first ? `: ${first.reason}` : "."}`
          : "";
      showToast({
        text: `${plural(report.done, "session")} put back.${left}`,
        tone: report.skippedCount > 0 ? "warning" : "done",
      });
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  const unlock = () => {
    onClose();
    useApp.setState({ current: what.connection });
    askUnlock();
  };
  return (
    <Dialog
      title={`Put back ${plural(what.entries, "session")}`}
      production={production}
      onClose={onClose}
      onSubmit={() => void restore()}
      buttons={
        <>
          <Button large onClick={onClose}>
            {busy ? "Close" : "Cancel"}
          </Button>
          <Button large type="submit" variant="primary" disabled={!ready}>
            {busy ? "Putting back" : "Put back"}
          </Button>
        </>
      }
    >
      <p>
        Sessions go back into <Text value={what.connectionName} /> as they were. A session whose key
        is in use again is left alone and stays in the recycle bin.
      </p>
      {!store && (
        <Notice
          tone="warning"
          action={
            <Button onClick={() => void openConnection(what.connection)}>Open connection</Button>
          }
        >
          <Text value={what.connectionName} /> is not open.
        </Notice>
      )}
      {store?.locked && (
        <Notice tone="warning" action={<Button onClick={unlock}>Unlock writes</Button>}>
          Changes are locked on this connection.
        </Notice>
      )}
      {store && !store.locked && production && (
        <ConfirmByName name={store.connection.name} value={name} onChange={setName} autoFocus />
      )}
      {busy && (
        <>
          <ProgressBar
            value={running?.total ? (100 * running.done) / running.total : null}
            label="Putting back"
          />
          <p>{running ? `${count(running.done)} put back. ` : ""}It goes on when this is closed.</p>
        </>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}
