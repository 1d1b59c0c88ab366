/** The whole page: the frame, and in it the connect screen or the view of the current connection. */
import type { ReactNode } from "react";
import { useShallow } from "zustand/react/shallow";
import { AuditView } from "./features/audit/AuditView.tsx";
import { BinView } from "./features/bin/BinView.tsx";
import { ConnectScreen } from "./features/connect/ConnectScreen.tsx";
import { CookiesView } from "./features/cookies/CookiesView.tsx";
import { HostBand } from "./features/frame/Bands.tsx";
import { Frame } from "./features/frame/Frame.tsx";
import { HostKeyDialog } from "./features/frame/HostKeyDialog.tsx";
import { TitleTools } from "./features/frame/TitleTools.tsx";
import { UnlockDialog } from "./features/frame/UnlockDialog.tsx";
import { useKeys } from "./features/frame/useKeys.ts";
import { useTheme } from "./features/frame/useTheme.ts";
import { ChangeDialog } from "./features/inspector/ChangeDialog.tsx";
import { Inspector } from "./features/inspector/Inspector.tsx";
import { RunningJobs } from "./features/jobs/RunningJobs.tsx";
import { LabView } from "./features/lab/LabView.tsx";
import { Palette } from "./features/palette/Palette.tsx";
import { Shortcuts } from "./features/palette/Shortcuts.tsx";
import { PurgeView } from "./features/purge/PurgeView.tsx";
import { SessionsView } from "./features/sessions/SessionsView.tsx";
import { SettingsDialog } from "./features/settings/SettingsDialog.tsx";
import { SimulateView } from "./features/simulate/SimulateView.tsx";
import { useApp, type View } from "./state/app.ts";
import { useCurrentStore } from "./state/stores.ts";
import { ToastRegion } from "./ui/ToastRegion.tsx";

const views: Record<View, () => ReactNode> = {
  sessions: () => (
    <div className="split">
      <SessionsView />
      <Inspector />
    </div>
  ),
  purge: () => <PurgeView />,
  simulate: () => <SimulateView />,
  lab: () => <LabView />,
  audit: () => <AuditView />,
  cookies: () => <CookiesView />,
  bin: () => <BinView />,
};

export function App() {
  useTheme();
  useKeys();
  const store = useCurrentStore();
  const { view, connecting, paletteOpen, settingsOpen, unlockOpen, returning } = useApp(
    useShallow(({ view, connecting, paletteOpen, settingsOpen, unlockOpen, returning }) => ({
      view,
      connecting,
      paletteOpen,
      settingsOpen,
      unlockOpen,
      returning,
    })),
  );
  if (returning) return null;
  // These need no store.
  const alone = ["bin", "simulate", "lab", "audit", "cookies"].includes(view);
  return (
    <>
      {connecting === null && (store || alone) ? (
        <Frame tools={<RunningJobs />}>
          <div className="view" key={`${store?.connection.id} ${view}`}>
            {views[view]()}
          </div>
        </Frame>
      ) : (
        <ConnectScreen key={connecting ?? "first"} tools={<TitleTools />} band={<HostBand />} />
      )}
      {paletteOpen && <Palette />}
      <ChangeDialog />
      <Shortcuts />
      {settingsOpen && <SettingsDialog />}
      {unlockOpen && store && <UnlockDialog store={store} />}
      <HostKeyDialog />
      <ToastRegion />
    </>
  );
}
