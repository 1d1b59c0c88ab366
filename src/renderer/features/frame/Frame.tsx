/** Title bar, sidebar or rail, view tabs, bands; the view goes in as children. */
import { Lock, LockOpen, Search } from "lucide-react";
import type { ReactNode } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import { askUnlock, go, openPalette, useApp, type View } from "../../state/app.ts";
import { lockWrites, useCurrentStore } from "../../state/stores.ts";
import { countdown } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Logo } from "../../ui/Logo.tsx";
import { useNow } from "../../ui/useNow.ts";
import { Bands } from "./Bands.tsx";
import { ConnectionSwitcher } from "./ConnectionSwitcher.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { ThemeMenu } from "./ThemeMenu.tsx";
import { viewOrder } from "./useKeys.ts";
import "./frame.css";

const viewNames: Record<View, string> = {
  sessions: "Sessions",
  purge: "Purge",
  simulate: "Simulate",
  lab: "Lab",
  audit: "Audit",
  cookies: "Cookies",
  bin: "Recycle bin",
};

/** Views that need no store. */
const alone: readonly View[] = ["simulate", "lab", "audit"];

function Unlocked({ until }: { until: string | null }) {
  const now = useNow(1000);
  return (
    <button
      type="button"
      className="chip-toggle is-unlocked"
      title="Locks again by itself. Click to lock now. Ctrl+Shift+L"
      onClick={() => void lockWrites()}
    >
      <Icon icon={LockOpen} />
      Writes unlocked
      {until && <span className="state">{countdown(Date.parse(until) - now)} left</span>}
    </button>
  );
}

/** Read-only, or unlocked with its countdown; a store that cannot be written says so. */
function LockButton({ store }: { store: OpenStore }) {
  if (!store.locked) return <Unlocked until={store.unlockedUntil} />;
  const can = store.capabilities.write;
  return (
    <button
      type="button"
      className="chip-toggle is-locked"
      aria-disabled={can ? undefined : true}
      title={can ? "Unlock writes. Ctrl+Shift+L" : "This store cannot be written."}
      onClick={() => can && askUnlock()}
    >
      <Icon icon={Lock} />
      Read-only
    </button>
  );
}

export function Frame({ tools, children }: { tools: ReactNode; children: ReactNode }) {
  const store = useCurrentStore();
  const sidebar = useApp((state) => state.sidebar);
  const view = useApp((state) => state.view);
  const production = store?.connection.environment === "production";
  // The timeline needs the width: left to itself the sidebar is a rail there.
  const auto = view === "simulate" ? "is-rail" : "is-auto";
  const mode = { auto, rail: "is-rail", full: "is-full" }[sidebar];
  return (
    <div className={`app ${mode}${production ? " is-production" : ""}`}>
      <header className="topbar" data-region="title">
        <div className="brand">
          <Logo />
          <b>Sessionscope</b>
        </div>
        <ConnectionSwitcher />
        {store ? (
          <button
            type="button"
            className="cmdk"
            aria-label="Command field"
            aria-haspopup="dialog"
            onClick={openPalette}
          >
            <Icon icon={Search} size={14} />
            <span>Go to session, user or command</span>
            <kbd>Ctrl K</kbd>
          </button>
        ) : (
          <span />
        )}
        <div className="topbar-actions">
          <ThemeMenu />
          {store && <LockButton store={store} />}
        </div>
      </header>
      <Sidebar />
      <main className="main">
        <nav className="viewtabs" aria-label="Views" data-region="views">
          {viewOrder.map(
            (id, index) =>
              (store || alone.includes(id)) && (
                <button
                  key={id}
                  type="button"
                  className="tab"
                  aria-current={view === id ? "page" : undefined}
                  title={`Ctrl+${index + 1}`}
                  onClick={() => go(id)}
                >
                  {viewNames[id]}
                </button>
              ),
          )}
          {(view === "bin" || view === "cookies") && (
            <button type="button" className="tab" aria-current="page" onClick={() => go(view)}>
              {viewNames[view]}
            </button>
          )}
          <div className="tools">
            {tools}
            <div id="view-tools" />
          </div>
        </nav>
        <Bands />
        {children}
      </main>
    </div>
  );
}
