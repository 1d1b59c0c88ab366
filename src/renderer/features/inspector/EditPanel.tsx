/** Editing one session: the tree or the JSON of its draft, and what a save would do. */
import { KeyRound, Plus, Undo2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { TreeChange } from "../../../shared/edit.ts";
import { problemOf } from "../../client.ts";
import { useLockReason, useLost } from "../../state/stores.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { showToast } from "../../ui/toasts.ts";
import { ConflictDialog } from "./ConflictDialog.tsx";
import { DataTree } from "./DataTree.tsx";
import { DiffList } from "./DiffList.tsx";
import {
  changeDraft,
  changesOf,
  checkDraft,
  type Draft,
  draftId,
  dropDraft,
  isDirty,
  setTab,
  setText,
  undoDraft,
} from "./drafts.ts";
import { EditRow } from "./EditRow.tsx";
import { ExpiryChoice } from "./ExpiryChoice.tsx";
import { JsonEditor } from "./JsonEditor.tsx";
import { LeaveDialog } from "./LeaveDialog.tsx";
import { SaveDialog } from "./SaveDialog.tsx";
import type { TreeLine } from "./tree.ts";

type Open = { what: "line"; line: TreeLine } | { what: "add"; under: TreeLine | null } | null;

export function EditPanel({ store, draft }: { store: OpenStore; draft: Draft }) {
  const id = draftId(draft.connection, draft.key);
  const [saving, setSaving] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [showsDiff, setShowsDiff] = useState(false);
  const changes = changesOf(draft);
  const locked = useLockReason(store);
  const away = useLost() !== null;
  // What could not be asked while the store was away says nothing of the text.
  useEffect(() => {
    if (!away) void checkDraft(id);
  }, [away, id]);
  const reason =
    locked ??
    (draft.problem
      ? "The text cannot be saved as it stands."
      : isDirty(draft)
        ? null
        : "Nothing is changed yet.");
  useEditKeys(() => (reason ? showToast({ text: reason, tone: "warning" }) : setSaving(true)));
  const discard = () => (isDirty(draft) ? setLeaving(true) : dropDraft(id));
  return (
    <>
      <div className="ins-tabs">
        <Tabs
          label="Edit as"
          panelId="edit-panel"
          tabs={[
            { id: "tree", text: "Edit tree" },
            { id: "json", text: "JSON" },
          ]}
          selected={draft.tab}
          onSelect={(tab) => setTab(id, tab)}
          className="tabs"
        />
        <div className="tools">
          {draft.tab === "tree" && draft.past.length > 0 && (
            <IconButton
              icon={Undo2}
              label="Undo the last edit"
              onClick={() => void undoDraft(id)}
            />
          )}
        </div>
      </div>
      <div
        className="ins-body"
        id="edit-panel"
        role="tabpanel"
        aria-labelledby={`edit-panel-${draft.tab}`}
      >
        {draft.mine && (
          <details className="mine" open>
            <summary>Your earlier changes, not yet made here again</summary>
            <DiffList diff={draft.mine} empty="There were none." />
          </details>
        )}
        {draft.tab === "tree" ? (
          <TreeEditor draft={draft} />
        ) : (
          <JsonEditor
            text={draft.text}
            problem={draft.problem}
            onText={(text) => setText(id, text)}
          />
        )}
      </div>
      <div className="ins-actions" role="toolbar" aria-label="Edit actions">
        {draft.problem && !away ? (
          <ProblemNotice problem={draft.problem} />
        ) : (
          <>
            {showsDiff && <DiffList diff={draft.check?.diff ?? []} empty="Nothing differs yet." />}
            <ExpiryChoice draft={draft} />
          </>
        )}
        <p className="lockline">
          <Icon icon={KeyRound} />
          {locked ?? signing(draft)}
        </p>
        <div className="row row-edit">
          <Button aria-pressed={showsDiff} onClick={() => setShowsDiff(!showsDiff)}>
            {showsDiff ? "Hide difference" : "Show difference"}
          </Button>
          <span />
          <Button onClick={discard}>Discard</Button>
          <Button variant="primary" title="Ctrl+S" reason={reason} onClick={() => setSaving(true)}>
            {changes > 0 ? `Save ${plural(changes, "change")}` : "Save"}
          </Button>
        </div>
      </div>
      {saving && <SaveDialog store={store} draft={draft} onClose={() => setSaving(false)} />}
      {leaving && (
        <LeaveDialog
          id={id}
          changes={Math.max(1, changes)}
          to={undefined}
          onClose={() => setLeaving(false)}
        />
      )}
      {draft.conflict && <ConflictDialog draft={draft} conflict={draft.conflict} />}
    </>
  );
}

function signing({ base }: Draft): string {
  const { encoding } = base.row;
  const signed: readonly string[] = ["signed", "legacy", "md5", "signed_cookies"];
  if (!signed.includes(encoding)) return "Stored without a signature.";
  return "Signed with the current key when it is saved.";
}

function TreeEditor({ draft }: { draft: Draft }) {
  const id = draftId(draft.connection, draft.key);
  const [open, setOpen] = useState<Open>(null);
  const [at, setAt] = useState<TreeLine | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const changed = useMemo(() => new Set(draft.check?.diff.map((line) => line.path)), [draft.check]);
  const change = (one: TreeChange) => changeDraft(id, one);
  const close = () => {
    setOpen(null);
    requestAnimationFrame(() =>
      tree.current?.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]')?.focus(),
    );
  };
  const remove = (line: TreeLine) => {
    if (!line.path) return;
    change({ op: "delete", path: line.path }).catch((error: unknown) =>
      showToast({ text: problemOf(error).message, tone: "danger" }),
    );
  };
  const edit = (line: TreeLine) => {
    if (line.path) setOpen({ what: "line", line });
    else
      showToast({ text: "This value has no address in the tree. It can be changed under JSON." });
  };
  // A new value goes into the container the focus is on, else beside the focused value.
  const container = at?.path && (at.node.type === "dict" || at.node.type === "list") ? at : null;
  const under = open?.what === "add" ? open.under : null;
  const editor = open && (
    <EditRow
      key={open.what === "line" ? open.line.id : "add"}
      line={open.what === "line" ? open.line : null}
      parent={
        open.what === "add"
          ? {
              path: under?.path ?? [],
              keyed: !under || under.node.type === "dict",
              depth: under ? under.depth + 1 : 0,
            }
          : null
      }
      serializer={draft.base.row.serializer}
      onChange={change}
      onClose={close}
    />
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Ctrl+Z is the draft's last edit and Esc closes a form, anywhere in here
    <div
      ref={tree}
      className="treeedit"
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) {
          event.preventDefault();
          close();
          return;
        }
        const typing = (event.target as HTMLElement).matches("input, select");
        if (typing || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void undoDraft(id);
      }}
    >
      {/* Above the tree: a line that is scrolled out of sight takes its editor with it. */}
      <div className="treebar">
        <Button icon={Plus} onClick={() => setOpen({ what: "add", under: null })}>
          Add key
        </Button>
        {container && (
          <Button icon={Plus} onClick={() => setOpen({ what: "add", under: container })}>
            Add to {container.label.slice(0, 24)}
          </Button>
        )}
        <span className="help">Enter edits, Del removes</span>
      </div>
      {open?.what === "add" && editor}
      <DataTree
        value={draft.value}
        id={id}
        label="Session data, editable"
        changed={changed}
        onEdit={edit}
        onDelete={remove}
        onFocusLine={setAt}
        editing={open?.what === "line" ? open.line.id : null}
        editor={editor}
      />
    </div>
  );
}

/** Ctrl+S anywhere while a draft is open. */
function useEditKeys(save: () => void): void {
  const latest = useRef(save);
  useEffect(() => {
    latest.current = save;
  });
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || event.shiftKey)
        return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) latest.current();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
}
