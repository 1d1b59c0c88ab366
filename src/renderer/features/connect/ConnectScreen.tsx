/** The first screen, "New connection", and the editing of a saved one. */
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import type { Connection } from "../../../shared/connection.ts";
import type { Project } from "../../../shared/project.ts";
import { client, problemOf } from "../../client.ts";
import { useApp } from "../../state/app.ts";
import {
  dropStore,
  openConnection,
  reloadConnections,
  useCurrentStore,
  useDrivers,
} from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Logo } from "../../ui/Logo.tsx";
import { Text } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { ConnectForm } from "./ConnectForm.tsx";
import { blankDraft, type Draft, draftOf } from "./draft.ts";
import { ProjectPane } from "./ProjectPane.tsx";
import { ProjectSummary } from "./ProjectSummary.tsx";
import { ResultPanel, type TestState } from "./ResultPanel.tsx";
import { type Source, Sources } from "./Sources.tsx";
import { isServer } from "./schema.ts";
import { pathOfTarget, urlOfTarget } from "./target.ts";
import "./sources.css";
import "./form.css";
import "./result.css";
import "./connect.css";
import "./project.css";

function RemoveDialog({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const remove = async () => {
    try {
      await client.connections.remove({ connection: connection.id });
      dropStore(connection.id);
      await reloadConnections();
      onClose();
      showToast({ text: `${connection.name} removed from the list.` });
    } catch (error) {
      showToast({ text: problemOf(error).message, tone: "danger" });
    }
  };
  return (
    <Dialog
      title="Remove this connection"
      onClose={onClose}
      onSubmit={() => void remove()}
      buttons={
        <>
          <Button large onClick={onClose}>
            Keep it
          </Button>
          <Button large type="submit" variant="danger">
            Remove connection
          </Button>
        </>
      }
    >
      <p>
        <Text value={connection.name} /> is taken off the list. The store and its sessions stay as
        they are; what is in the recycle bin stays too.
      </p>
    </Dialog>
  );
}

/** `tools` go into the title bar, `band` under it. */
export function ConnectScreen({ tools, band }: { tools: ReactNode; band: ReactNode }) {
  const drivers = useDrivers();
  const connecting = useApp((state) => state.connecting);
  const connections = useApp((state) => state.connections);
  const back = useCurrentStore();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [test, setTest] = useState<TestState>({ state: "none" });
  const [removing, setRemoving] = useState<Connection | null>(null);
  const [inProject, setInProject] = useState(false);
  const [project, setProject] = useState<Project | null>(null);
  const first = drivers?.[0];

  useEffect(() => {
    if (draft || !first || connections === null) return;
    const edited = connections.find((entry) => entry.connection.id === connecting)?.connection;
    setDraft(edited && !edited.builtin ? draftOf(edited) : blankDraft(first));
  }, [draft, first, connecting, connections]);

  const begin = (next: Draft) => {
    setDraft(next);
    setInProject(false);
    setTest({ state: "none" });
  };
  const select = (source: Source) => {
    if (source === "project") return setInProject(true);
    const driver = drivers?.find((entry) =>
      source === "server" ? isServer(entry) : source === `driver:${entry.name}`,
    );
    if (driver) begin(blankDraft(driver));
  };
  const close = () => useApp.setState({ connecting: null });

  /** A path or URL from outside the form fills it in. */
  const take = async (text: string) => {
    const url = urlOfTarget(text);
    const path = pathOfTarget(text);
    if (url === null && path === null) {
      showToast({ text: "That is neither a path nor a URL of a store.", tone: "warning" });
      return;
    }
    try {
      if (url !== null) {
        const { driver: name, options, secrets } = await client.drivers.fromUrl({ url });
        const driver = drivers?.find((entry) => entry.name === name);
        if (driver) begin({ ...blankDraft(driver), options: { ...options, ...secrets } });
        return;
      }
      const detected = client.files.detect({ path: path ?? "" });
      const read = detected.catch(() =>
        client.project.read({ path: path ?? "" }).catch(() => null),
      );
      const lead = await read;
      if (lead && "handle" in lead) {
        setProject(lead);
        return setInProject(true);
      }
      const found = await detected;
      const driver = drivers?.find((entry) => entry.name === found.driver);
      if (driver) begin({ ...blankDraft(driver), options: found.options, name: found.name });
    } catch (error) {
      const { message, hint } = problemOf(error);
      showToast({ text: [message, hint].filter(Boolean).join(" "), tone: "danger" });
    }
  };

  useEffect(() => {
    const typing = (target: EventTarget | null) =>
      target instanceof HTMLElement &&
      target.matches("input:not([type=radio], [type=checkbox]), textarea");
    const paste = (event: ClipboardEvent) => {
      if (typing(event.target) || document.querySelector("dialog[open]")) return;
      void take(event.clipboardData?.getData("text/plain") ?? "");
    };
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      const data = event.dataTransfer;
      const text = data?.getData("text/uri-list") || data?.getData("text/plain") || "";
      if (text) void take(text);
      else if (data && data.files.length > 0)
        showToast({
          text: "A browser keeps the path of a dropped file to itself. Type or paste the path instead.",
          tone: "warning",
        });
    };
    const keys = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
      const key = event.key.toLowerCase();
      const ctrl = event.ctrlKey || event.metaKey;
      const demo = connections?.find((entry) => entry.connection.builtin);
      const sqlite = drivers?.find((driver) => driver.schemes.includes("sqlite"))?.name ?? "";
      if (key === "escape" && back && !typing(event.target)) close();
      else if (ctrl && event.shiftKey && key === "o") select(`driver:${sqlite}`);
      else if (ctrl && key === "o") select("project");
      else if (ctrl && !event.shiftKey && key === "u") select("server");
      else if (ctrl && !event.shiftKey && key === "d" && demo)
        void openConnection(demo.connection.id);
      else return;
      event.preventDefault();
    };
    addEventListener("paste", paste);
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    addEventListener("keydown", keys);
    return () => {
      removeEventListener("paste", paste);
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
      removeEventListener("keydown", keys);
    };
  });

  const driver = drivers?.find((entry) => entry.name === draft?.driver);
  return (
    <div className="app is-connect">
      <header className="topbar" data-region="title">
        <div className="brand">
          <Logo />
          <b>Sessionscope</b>
        </div>
        <div className="topbar-actions">
          {back && (
            <Button icon={ArrowLeft} onClick={close} title="Esc">
              <span>
                Back to <Text value={back.connection.name} max={40} />
              </span>
            </Button>
          )}
          {tools}
        </div>
      </header>
      <div className="connectband">{band}</div>
      <Sources
        drivers={drivers}
        selected={
          inProject || !driver ? "project" : isServer(driver) ? "server" : `driver:${driver.name}`
        }
        onSelect={select}
        editing={(!inProject && draft?.id) || null}
        onEdit={(connection) => begin(draftOf(connection))}
        onRemove={setRemoving}
      />
      {inProject ? (
        <ProjectPane project={project} onProject={setProject} onEdit={begin} />
      ) : draft && driver ? (
        <ConnectForm
          key={draft.id || (isServer(driver) ? "server" : draft.driver)}
          driver={driver}
          draft={draft}
          onChange={(change) => setDraft((before) => (before ? { ...before, ...change } : before))}
          onSuggestName={(name) =>
            setDraft((before) => (before && !before.named ? { ...before, name } : before))
          }
          onSwitch={begin}
          test={test}
          onTest={setTest}
        />
      ) : (
        <main className="cform" />
      )}
      {inProject ? <ProjectSummary project={project} /> : <ResultPanel test={test} />}
      {removing && (
        <RemoveDialog
          connection={removing}
          onClose={() => {
            if (draft?.id === removing.id && first) begin(blankDraft(first));
            setRemoving(null);
          }}
        />
      )}
    </div>
  );
}
