/** Before a save: every difference, the expiry that follows, and what a running request will see. */
import { useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { problemOf } from "../../client.ts";
import { reportChange } from "../../state/changes.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural, size } from "../../ui/format.ts";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { DiffList } from "./DiffList.tsx";
import { type Draft, draftId, saveDraft } from "./drafts.ts";
import { ExpiryChoice } from "./ExpiryChoice.tsx";

export interface SaveDialogProps {
  store: OpenStore;
  draft: Draft;
  onClose: () => void;
}

export function SaveDialog({ store, draft, onClose }: SaveDialogProps) {
  const production = store.connection.environment === "production";
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const { check } = draft;
  const changes = check?.diff.length ?? 0;
  const ready = check !== null && !draft.problem && !draft.checking && !busy;
  const matches = !production || name === store.connection.name;
  const id = draftId(draft.connection, draft.key);
  const save = async () => {
    if (!ready || !matches) return;
    setBusy(true);
    setProblem(null);
    try {
      const result = await saveDraft(id, production ? name : undefined);
      if (result?.outcome === "saved") {
        const report = { job: result.job, done: 1, skipped: [], skippedCount: 0 };
        reportChange(report, `Session saved, ${plural(changes, "change")}.`, draft.connection);
      }
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`Save ${plural(changes, "change")}`}
      wide
      production={production}
      onClose={onClose}
      onSubmit={() => void save()}
      buttons={
        <>
          <Button large onClick={onClose}>
            Keep editing
          </Button>
          <Button
            large
            type="submit"
            variant="primary"
            disabled={!ready || !matches}
            title={matches ? undefined : "The name typed does not match yet."}
            {...(production ? {} : { "data-autofocus": true })}
          >
            Save {plural(changes, "change")}
          </Button>
        </>
      }
    >
      <DiffList
        diff={check?.diff ?? []}
        empty="No value differs; saving signs and dates the session anew."
      />
      <ExpiryChoice draft={draft} />
      {check && (
        <p>
          Stored size after the save {size(check.size)}, now {size(draft.base.row.size)}. The copy
          before the save goes to the recycle bin.
        </p>
      )}
      {draft.base.row.state !== "expired" && (
        <Notice tone="warning">
          The session is live. A request in flight that saves it afterwards overwrites this change;
          if the session is gone by then, it fails with 400 (SessionInterrupted).
        </Notice>
      )}
      {production && (
        <ConfirmByName name={store.connection.name} value={name} onChange={setName} autoFocus />
      )}
      {(problem ?? draft.problem) && (
        <ProblemNotice problem={(problem ?? draft.problem) as Problem} />
      )}
    </Dialog>
  );
}
