/** Leaving edits that are not saved. */
import { useApp } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { dropDraft } from "./drafts.ts";

export interface LeaveDialogProps {
  id: string;
  changes: number;
  /** Where to afterwards; undefined: stay with the session, without the edit. */
  to: { key: string | null } | undefined;
  onClose: () => void;
}

export function LeaveDialog({ id, changes, to, onClose }: LeaveDialogProps) {
  const discard = () => {
    dropDraft(id);
    onClose();
    useApp.setState({ unsaved: false, ...(to ? { selectedKey: to.key } : {}) });
  };
  return (
    <Dialog
      title={`${plural(changes, "change")} not saved`}
      onClose={onClose}
      buttons={
        <>
          <Button large data-autofocus onClick={onClose}>
            Keep editing
          </Button>
          <Button large variant="danger" onClick={discard}>
            Discard {plural(changes, "change")}
          </Button>
        </>
      }
    >
      <p>
        The session in the store stays as it is. What was changed here is not kept anywhere else.
      </p>
    </Dialog>
  );
}
