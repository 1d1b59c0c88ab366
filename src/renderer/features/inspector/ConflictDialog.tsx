/** A save that lost a race: what they changed and what you changed, side by side. Nothing was written. */
import { GitCompareArrows } from "lucide-react";
import { select, touch } from "../../state/app.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { absolute, size } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Text } from "../../ui/Text.tsx";
import { DiffList } from "./DiffList.tsx";
import { beginDraft, type Conflict, type Draft, draftId, dropDraft, keepDraft } from "./drafts.ts";

export function ConflictDialog({ draft, conflict }: { draft: Draft; conflict: Conflict }) {
  const id = draftId(draft.connection, draft.key);
  const { current, theirs, yours } = conflict;
  const takeTheirs = () => {
    dropDraft(id);
    if (current === null) select(null);
    touch();
  };
  const again = () => {
    if (current && !beginDraft(draft.connection, current, yours)) dropDraft(id);
    touch();
  };
  return (
    <Dialog
      title={
        <>
          <Icon icon={GitCompareArrows} />
          {current ? "Changed since it was read" : "Deleted since it was read"}
        </>
      }
      wide
      onClose={() => keepDraft(id)}
      buttons={
        <>
          <Button large onClick={() => keepDraft(id)}>
            Back to my edit
          </Button>
          <Button large onClick={takeTheirs}>
            {current ? "Use theirs" : "Give up my edit"}
          </Button>
          {current && (
            <Button large variant="primary" data-autofocus onClick={again}>
              Edit theirs again
            </Button>
          )}
        </>
      }
    >
      <p>
        Nothing was written.{" "}
        {current
          ? "Another program saved this session after it was read here. Editing theirs again starts from their version and lists your changes beside it."
          : "Another program deleted this session after it was read here. Django would not take a save for it either."}
      </p>
      <div className="sides">
        <section aria-label="Theirs">
          <h3>
            Theirs
            {current && (
              <span className="dim">
                {size(current.row.size)}
                {current.row.savedAt ? `, saved ${absolute(current.row.savedAt, true)}` : ""}
              </span>
            )}
          </h3>
          {current ? (
            <>
              <DiffList
                diff={theirs}
                empty="The values are the same; the session was saved again."
              />
              <Version text={current.text} label="Their version" />
            </>
          ) : (
            <p className="help">The session is gone.</p>
          )}
        </section>
        <section aria-label="Yours">
          <h3>
            Yours <span className="dim">not saved</span>
          </h3>
          <DiffList diff={yours} empty="No value differs from what was read." />
          <Version text={draft.text} label="Your version" />
        </section>
      </div>
      {current && !current.text && (
        <Notice tone="warning">
          Their version cannot be edited here; its value cannot be read.
        </Notice>
      )}
    </Dialog>
  );
}

function Version({ text, label }: { text: string | null; label: string }) {
  if (text === null) return null;
  const lines = text.split("\n");
  return (
    <details>
      <summary>{label}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section className="well version" tabIndex={0} aria-label={label}>
        {lines.slice(0, 500).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, in order
          <div key={index}>
            <Text value={line} max={2000} />
          </div>
        ))}
        {lines.length > 500 && <div className="dim">{lines.length - 500} more lines</div>}
      </section>
    </details>
  );
}
