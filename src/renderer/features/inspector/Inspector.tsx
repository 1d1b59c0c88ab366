/** The session that is looked at: head, four tabs or its editor, and what can be done with it. */
import { Copy } from "lucide-react";
import { useEffect, useState } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import { select, useApp } from "../../state/app.ts";
import { lockReason, useCurrentStore, useLost } from "../../state/stores.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Skeleton } from "../../ui/Meters.tsx";
import { Notice, ProblemNotice } from "../../ui/Notice.tsx";
import { pairWords } from "../../ui/StateMark.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { Actions } from "./Actions.tsx";
import { CookieTab } from "./CookieTab.tsx";
import { DataTree } from "./DataTree.tsx";
import { DiffList } from "./DiffList.tsx";
import { beginDraft, changesOf, draftId, isDirty, useDrafts } from "./drafts.ts";
import { EditPanel } from "./EditPanel.tsx";
import { Head } from "./Head.tsx";
import { HistoryTab } from "./HistoryTab.tsx";
import { LeaveDialog } from "./LeaveDialog.tsx";
import { RawLayers } from "./RawLayers.tsx";
import { Resizer, useWidth } from "./Resizer.tsx";
import { Unreadable } from "./Unreadable.tsx";
import { useDetail } from "./use-detail.ts";
import "./inspector.css";
import "./inspect-body.css";
import "./edit.css";

export function Inspector() {
  const store = useCurrentStore();
  const key = useApp((state) => state.selectedKey);
  if (!store || key === null) return null;
  return <Panel key={store.connection.id} store={store} sessionKey={key} />;
}

type Tab = "data" | "raw" | "cookie" | "history";
const tabs: { id: Tab; text: string; title: string }[] = [
  { id: "data", text: "Data", title: "Alt+1" },
  { id: "raw", text: "Raw layers", title: "Alt+2" },
  { id: "cookie", text: "Cookie", title: "Alt+3" },
  { id: "history", text: "History", title: "Alt+4" },
];

function Panel({ store, sessionKey }: { store: OpenStore; sessionKey: string }) {
  const connection = store.connection.id;
  const id = draftId(connection, sessionKey);
  const touched = useApp((state) => state.touched);
  const leaving = useApp((state) => state.leaving);
  // What is lost is said across the view.
  const lost = useLost() !== null;
  const { detail, problem } = useDetail(connection, sessionKey, touched);
  const draft = useDrafts(({ drafts }) => drafts[id]);
  const [tab, setTab] = useState<Tab>("data");
  const [width, setWidth] = useWidth();
  const dirty = isDirty(draft);
  const changes = draft ? changesOf(draft) : 0;
  useEffect(() => {
    useApp.setState({ unsaved: dirty });
    return () => useApp.setState({ unsaved: false, leaving: null });
  }, [dirty]);
  useEditing(store, detail);
  useTabKeys(setTab);

  const name = detail?.row.user?.name;
  const close = () => {
    select(null);
    document.querySelector<HTMLElement>('[data-region="table"] tr[tabindex="0"]')?.focus();
  };
  return (
    <aside
      id="inspector"
      className="inspector"
      data-region="inspector"
      aria-label={`Session ${sessionKey.slice(0, 6)}${name ? `, ${visible(name)}` : ""}`}
      tabIndex={-1}
      style={{ width }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        close();
      }}
    >
      <Resizer width={width} onWidth={setWidth} />
      <Head
        sessionKey={sessionKey}
        detail={draft?.base ?? detail}
        changes={changes}
        users={store.capabilities.users}
        onClose={close}
      />
      {problem && !lost && (
        <div className="pad">
          <ProblemNotice problem={problem} />
        </div>
      )}
      {draft ? (
        <EditPanel key={id} store={store} draft={draft} />
      ) : detail ? (
        <>
          <div className="ins-tabs">
            <Tabs
              label="Session detail"
              panelId="inspector-panel"
              tabs={tabs}
              selected={tab}
              onSelect={setTab}
              className="tabs"
            />
            <div className="tools">
              {detail.text !== null && (
                <IconButton
                  icon={Copy}
                  label="Copy the data as JSON"
                  onClick={() => copyText(detail.text ?? "")}
                />
              )}
            </div>
          </div>
          <div
            className="ins-body"
            id="inspector-panel"
            role="tabpanel"
            aria-labelledby={`inspector-panel-${tab}`}
          >
            <TabBody tab={tab} store={store} detail={detail} />
          </div>
          <Actions
            store={store}
            detail={detail}
            onEdit={() => beginDraft(connection, detail, null)}
          />
        </>
      ) : problem ? (
        <div className="ins-body">
          {problem.code === "not_found" && (
            <HistoryTab store={store} sessionKey={sessionKey} savedAt={null} />
          )}
        </div>
      ) : (
        <Loading />
      )}
      {leaving && dirty && (
        <LeaveDialog
          id={id}
          changes={Math.max(1, changes)}
          to={leaving}
          onClose={() => useApp.setState({ leaving: null })}
        />
      )}
    </aside>
  );
}

function TabBody({ tab, store, detail }: { tab: Tab; store: OpenStore; detail: SessionDetail }) {
  const { row, value } = detail;
  if (tab === "raw")
    return <RawLayers key={row.key} detail={detail} connection={store.connection.id} />;
  if (tab === "cookie") return <CookieTab cookie={detail.cookie} />;
  if (tab === "history")
    return <HistoryTab store={store} sessionKey={row.key} savedAt={row.savedAt} />;
  const troubled = row.problem !== null || row.signature === "invalid";
  return (
    <div className="datatab">
      {detail.djangoSees && !troubled && (
        <div className="pad">
          <Notice tone="warning">{visible(detail.djangoSees)}</Notice>
        </div>
      )}
      {row.pair && row.pair !== "same" && !detail.djangoSees && (
        <div className="pad">
          <Notice tone={row.pair === "different" ? "warning" : "info"}>
            {pairWords[row.pair].word}. {pairWords[row.pair].about}
          </Notice>
          {detail.rowDiff && (
            <section className="rowdiff" aria-label="From the row to the cache">
              <p className="help">From what the row holds to what the cache holds:</p>
              <DiffList diff={detail.rowDiff} empty="Their values are equal, their order is not." />
            </section>
          )}
        </div>
      )}
      {troubled && <Unreadable detail={detail} />}
      {value && <DataTree value={value} id={row.key} label={`Session data, ${value.size} keys`} />}
    </div>
  );
}

function Loading() {
  return (
    <div className="ins-body pad loading" aria-busy="true">
      {[180, 240, 120, 210, 160].map((width) => (
        <div key={width}>
          <Skeleton width={`${width}px`} />
        </div>
      ))}
    </div>
  );
}

/** E in the table, or a command: the editor opens as soon as the session is here. */
function useEditing(store: OpenStore, detail: SessionDetail | null): void {
  const editing = useApp((state) => state.editing);
  useEffect(() => {
    if (editing === null || !detail || detail.row.key !== editing) return;
    useApp.setState({ editing: null });
    const reason = lockReason(store);
    const why = reason ? `${reason} Ctrl+Shift+L unlocks them.` : detail.notEditable?.message;
    if (why) showToast({ text: why, tone: "warning" });
    else beginDraft(store.connection.id, detail, null);
  }, [editing, detail, store]);
}

function useTabKeys(setTab: (tab: Tab) => void): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const tab =
        event.altKey && !event.ctrlKey && !event.metaKey ? tabs[Number(event.key) - 1] : undefined;
      if (!tab || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      setTab(tab.id);
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [setTab]);
}

function copyText(text: string): void {
  navigator.clipboard
    .writeText(text)
    .then(() => showToast({ text: "Data copied as JSON." }))
    .catch(() => showToast({ text: "The clipboard cannot be written here.", tone: "warning" }));
}
