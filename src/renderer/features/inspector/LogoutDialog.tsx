/** Logging one user out everywhere: a scan counts the user's sessions first, then a job deletes them. */
import { LogOut } from "lucide-react";
import { useEffect, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Job } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { User } from "../../../shared/session.ts";
import { client, isAbort, problemOf } from "../../client.ts";
import { touch, useApp } from "../../state/app.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { Button } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { count, plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProgressBar } from "../../ui/Meters.tsx";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";

interface Found {
  matched: number;
  scanned: number;
  total: number | null;
  done: boolean;
}

export interface LogoutDialogProps {
  store: OpenStore;
  user: User;
  onClose: () => void;
}

export function LogoutDialog({ store, user, onClose }: LogoutDialogProps) {
  const { connection } = store;
  const production = connection.environment === "production";
  const [found, setFound] = useState<Found>({ matched: 0, scanned: 0, total: null, done: false });
  const [job, setJob] = useState<Job | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const scan = async () => {
      const filter = `user:"${user.id.replace(/["\\]/g, "\\$&")}"`;
      const input = { connection: connection.id, filter, limit: 1_000_000 };
      for await (const event of await client.sessions.scan(input, { signal: abort.signal })) {
        if (abort.signal.aborted) return;
        if (event.type === "progress") setFound(event);
      }
    };
    scan().catch((error: unknown) => {
      if (!abort.signal.aborted && !isAbort(error)) setProblem(problemOf(error));
    });
    return () => abort.abort();
  }, [connection.id, user.id]);

  const matches = !production || name === connection.name;
  const run = async () => {
    if (!matches || busy || job || !found.done || found.matched === 0) return;
    setBusy(true);
    setProblem(null);
    try {
      const started = await client.users.logout({
        connection: connection.id,
        user: user.id,
        ...(production ? { confirmName: name } : {}),
      });
      for await (const state of await client.jobs.watch({ job: started.job })) setJob(state);
      touch();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const who = user.name ?? `user ${user.id}`;
  const running = job?.status === "running" || job?.status === "paused";
  const stop = () => {
    if (job)
      client.jobs.stop({ job: job.id }).catch((error: unknown) => setProblem(problemOf(error)));
  };
  const close = () => {
    const { selectedKey } = useApp.getState();
    // The session in the inspector may be one of those that went.
    if (job && selectedKey !== null) touch();
    onClose();
  };
  return (
    <Dialog
      title={
        <>
          <Icon icon={LogOut} />
          Log out {visible(who)} everywhere
          {production && <EnvBadge environment="production" />}
        </>
      }
      production={production}
      onClose={close}
      onSubmit={() => void run()}
      buttons={
        job && !running ? (
          <Button large data-autofocus onClick={close}>
            Close
          </Button>
        ) : running ? (
          <Button large onClick={stop}>
            Stop
          </Button>
        ) : (
          <>
            <Button large data-autofocus onClick={close}>
              Cancel
            </Button>
            <Button
              large
              type="submit"
              variant="danger"
              disabled={!found.done || found.matched === 0 || !matches || busy}
              title={found.done ? undefined : "The sessions are still being counted."}
            >
              {found.done ? `Delete ${plural(found.matched, "session")}` : "Counting"}
            </Button>
          </>
        )
      }
    >
      {job ? <Progress job={job} /> : <Counting found={found} who={who} />}
      {!job && (
        <>
          <p>
            Sessions of all other users stay. The user's next request starts without a login;
            signing in again works at once. What is deleted can be put back from the recycle bin.
          </p>
          <Notice tone="warning">
            A request in flight of one of these sessions fails with 400 (SessionInterrupted).
          </Notice>
          {production && (
            <ConfirmByName name={connection.name} value={name} onChange={setName} autoFocus />
          )}
        </>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}

function Counting({ found, who }: { found: Found; who: string }) {
  const { matched, scanned, total, done } = found;
  return (
    <div role="status">
      <p>
        <b>{plural(matched, "session")}</b> of <Text value={who} />{" "}
        {done ? `among ${plural(scanned, "session")}.` : "so far."}
      </p>
      {!done && (
        <ProgressBar
          value={total ? (100 * scanned) / total : null}
          label="Counting"
          text={`${count(scanned)} checked`}
        />
      )}
    </div>
  );
}

function Progress({ job }: { job: Job }) {
  const ended = job.status !== "running" && job.status !== "paused";
  return (
    <div role="status">
      <p>
        <b>{plural(job.done, "session")} deleted</b>
        {job.skipped > 0 && `, ${count(job.skipped)} changed meanwhile and left alone`}
        {job.status === "stopped" && ", then stopped"}.
      </p>
      {!ended && (
        <ProgressBar value={job.total ? (100 * job.done) / job.total : null} label="Deleting" />
      )}
      {job.problem && <ProblemNotice problem={job.problem} />}
    </div>
  );
}
