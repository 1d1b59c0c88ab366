/** The recycle bin: everything the app changed or deleted, by job, until it is put back or forgotten. */
import { ArchiveRestore, Recycle, RefreshCw, SlidersHorizontal, Trash2 } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { BinJob, BinUsage } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { absolute, count, percent, plural, relative, size } from "../../ui/format.ts";
import { ProgressBar } from "../../ui/Meters.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { RestoreDialog, type Restoring } from "../../ui/RestoreDialog.tsx";
import { Text } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useNow } from "../../ui/useNow.ts";
import { BinEntries } from "./BinEntries.tsx";
import "./bin.css";

function Usage({ usage }: { usage: BinUsage }) {
  const full = usage.limit > 0 ? (100 * usage.bytes) / usage.limit : 100;
  const text = `${size(usage.bytes)} of ${size(usage.limit)}, ${percent(usage.bytes, usage.limit)}`;
  return (
    <div className="binusage">
      <ProgressBar value={full} label="Recycle bin" text={text} />
      <span>
        <b>{size(usage.bytes)}</b> of {size(usage.limit)},{" "}
        {plural(usage.entries, "entry", "entries")} in {plural(usage.jobs, "job")}
      </span>
      <Button icon={SlidersHorizontal} onClick={() => useApp.setState({ settingsOpen: true })}>
        Change limit
      </Button>
    </div>
  );
}

function RemoveDialog({
  job,
  onClose,
  onDone,
}: {
  job: BinJob;
  onClose: () => void;
  onDone: () => void;
}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const remove = async () => {
    try {
      useApp.setState({ bin: await client.bin.remove({ job: job.id }) });
      onClose();
      onDone();
      showToast({ text: `${size(job.bytes)} freed in the recycle bin.` });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Dialog
      title="Forget this job for good"
      onClose={onClose}
      onSubmit={() => void remove()}
      buttons={
        <>
          <Button large onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button large type="submit" variant="danger">
            Forget {plural(job.entries, "entry", "entries")}
          </Button>
        </>
      }
    >
      <p>
        <Text value={job.title} />: {plural(job.restorable, "session")} can still be put back. After
        this, none can. The store itself is not touched.
      </p>
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}

export function BinView() {
  const usage = useApp((state) => state.bin);
  const touched = useApp((state) => state.touched);
  const [jobs, setJobs] = useState<BinJob[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const [restoring, setRestoring] = useState<Restoring | null>(null);
  const [removing, setRemoving] = useState<BinJob | null>(null);
  const now = useNow();

  const read = useCallback(async () => {
    try {
      const list = await client.bin.jobs({});
      setJobs(list);
      setProblem(null);
      setSelected((id) => (list.some((job) => job.id === id) ? id : (list[0]?.id ?? null)));
    } catch (error) {
      setProblem(problemOf(error));
    }
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again whenever sessions or the bin changed.
  useEffect(() => void read(), [read, touched, usage]);

  const job = jobs?.find((one) => one.id === selected);
  return (
    <div className="bin">
      <header className="panehead">
        <h1>Recycle bin</h1>
        {usage && <Usage usage={usage} />}
        <IconButton icon={RefreshCw} label="Read again" onClick={() => void read()} />
      </header>
      {problem && (
        <div className="binproblem">
          <ProblemNotice problem={problem} />
        </div>
      )}
      {jobs?.length === 0 && (
        <EmptyState icon={Recycle} title="The recycle bin is empty">
          Sessions that are edited, extended, expired, deleted or purged are kept here as they were
          before, so that they can be put back.
        </EmptyState>
      )}
      {jobs && jobs.length > 0 && (
        <div className="bincols">
          <nav className="binjobs" aria-label="Jobs" data-region="jobs">
            <ul>
              {jobs.map((one) => (
                <li key={one.id}>
                  <button
                    type="button"
                    className="binjob"
                    aria-current={one.id === selected ? "true" : undefined}
                    onClick={() => setSelected(one.id)}
                  >
                    <b>
                      <Text value={one.title} max={120} />
                    </b>
                    <span className="dim" title={absolute(one.at, true)}>
                      {relative(one.at, now)}
                    </span>
                    <span className="sub">
                      <Text value={one.connectionName} max={80} />, {plural(one.entries, "session")}
                      , {size(one.bytes)}
                    </span>
                    <span className="sub dim">
                      {one.restorable === one.entries
                        ? ""
                        : one.restorable === 0
                          ? "all put back"
                          : `${count(one.restorable)} left`}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </nav>
          {job && (
            <section className="binentries" aria-label="Entries" data-region="entries">
              <header className="subhead">
                <Text value={job.title} max={200} />
                <span className="dim">{absolute(job.at)}</span>
                <span className="grow" />
                <Button
                  icon={ArchiveRestore}
                  reason={job.restorable === 0 ? "Everything of this job was put back." : null}
                  onClick={() =>
                    setRestoring({
                      job: job.id,
                      connection: job.connection,
                      connectionName: job.connectionName,
                      entries: job.restorable,
                    })
                  }
                >
                  Put all back
                </Button>
                <Button icon={Trash2} variant="danger-quiet" onClick={() => setRemoving(job)}>
                  Forget
                </Button>
              </header>
              <BinEntries
                key={`${job.id} ${job.restorable} ${touched}`}
                job={job}
                now={now}
                onRestore={(entry) =>
                  setRestoring({
                    job: job.id,
                    connection: job.connection,
                    connectionName: job.connectionName,
                    sequences: [entry.sequence],
                    entries: 1,
                  })
                }
              />
            </section>
          )}
        </div>
      )}
      {restoring && (
        <RestoreDialog
          what={restoring}
          onClose={() => setRestoring(null)}
          onDone={() => void read()}
        />
      )}
      {removing && (
        <RemoveDialog job={removing} onClose={() => setRemoving(null)} onDone={() => void read()} />
      )}
    </div>
  );
}
