/** What this app did to one session, newest first, each put back with one click; and when it was last saved. */
import { ArchiveRestore } from "lucide-react";
import { useEffect, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { BinEntry } from "../../../shared/job.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { touch, useApp } from "../../state/app.ts";
import { useLockReason } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { absolute, relative, size } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useNow } from "../../ui/useNow.ts";
import "./history.css";

const words: Record<BinEntry["kind"], string> = {
  edit: "Edited here",
  extend: "Extended here",
  expire: "Expired here",
  delete: "Deleted here",
  logout: "Deleted here, user logged out everywhere",
  purge: "Purged here",
};

export interface HistoryTabProps {
  store: OpenStore;
  sessionKey: string;
  savedAt: string | null;
}

export function HistoryTab({ store, sessionKey, savedAt }: HistoryTabProps) {
  const connection = store.connection.id;
  const touched = useApp((state) => state.touched);
  const [entries, setEntries] = useState<BinEntry[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<BinEntry | null>(null);
  const now = useNow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: touched says when to read again
  useEffect(() => {
    let current = true;
    client.bin
      .history({ connection, key: sessionKey })
      .then((list) => current && setEntries(list))
      .catch((error: unknown) => current && setProblem(problemOf(error)));
    return () => {
      current = false;
    };
  }, [connection, sessionKey, touched]);
  const production = store.connection.environment === "production";
  const reason = useLockReason(store);
  const restore = async (entry: BinEntry, confirmName?: string): Promise<Problem | null> => {
    try {
      const report = await client.bin.restore({
        job: entry.job,
        sequences: [entry.sequence],
        ...(confirmName === undefined ? {} : { confirmName }),
      });
      touch();
      const [skipped] = report.skipped;
      showToast(
        skipped
          ? { text: `Not put back: ${skipped.reason}`, tone: "warning" }
          : { text: "The session is back as it was." },
      );
      return null;
    } catch (error) {
      return problemOf(error);
    }
  };
  if (problem) {
    return (
      <div className="pad">
        <ProblemNotice problem={problem} />
      </div>
    );
  }
  const moment = (iso: string) => (
    <time dateTime={iso} title={relative(iso, now)}>
      {absolute(iso, true)}, {relative(iso, now)}
    </time>
  );
  return (
    <>
      <ol className="events">
        {entries?.map((entry) => (
          <li key={`${entry.job} ${entry.sequence}`}>
            <b>{words[entry.kind]}</b>. The copy before it, {size(entry.before.size)}, is in the
            recycle bin
            {entry.restoredAt && <>; put back {relative(entry.restoredAt, now)}</>}
            {moment(entry.at)}
            {!entry.restoredAt && (
              <Button
                icon={ArchiveRestore}
                reason={reason}
                onClick={() =>
                  production
                    ? setAsked(entry)
                    : void restore(entry).then((failed) => failed && setProblem(failed))
                }
              >
                Put this copy back
              </Button>
            )}
          </li>
        ))}
        {savedAt && (
          <li>
            <b>Last saved</b>, by Django or by this app
            {moment(savedAt)}
          </li>
        )}
      </ol>
      {entries?.length === 0 && (
        <p className="pad help">
          Nothing was changed here by this app since its recycle bin began.
        </p>
      )}
      {asked && (
        <RestoreDialog
          name={store.connection.name}
          onClose={() => setAsked(null)}
          onRestore={(confirmName) => restore(asked, confirmName)}
        />
      )}
    </>
  );
}

interface RestoreDialogProps {
  name: string;
  onClose: () => void;
  onRestore: (confirmName: string) => Promise<Problem | null>;
}

function RestoreDialog({ name, onClose, onRestore }: RestoreDialogProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async () => {
    if (typed !== name) return;
    const failed = await onRestore(typed);
    if (failed) setProblem(failed);
    else onClose();
  };
  return (
    <Dialog
      title="Put this copy back"
      production
      onClose={onClose}
      onSubmit={() => void submit()}
      buttons={
        <>
          <Button large onClick={onClose}>
            Cancel
          </Button>
          <Button large type="submit" variant="primary" disabled={typed !== name}>
            Put back
          </Button>
        </>
      }
    >
      <p>The session becomes what it was before the change, if nothing else changed it since.</p>
      <ConfirmByName name={name} value={typed} onChange={setTyped} autoFocus />
      {problem && <ProblemNotice problem={problem} />}
    </Dialog>
  );
}
