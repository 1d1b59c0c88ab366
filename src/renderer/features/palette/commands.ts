/** Every command the palette offers, with its keys, and why it cannot be had just now. */
import {
  ArchiveRestore,
  Cable,
  ChartLine,
  ClockArrowUp,
  ClockFading,
  Cookie,
  Database,
  Eraser,
  Funnel,
  Keyboard,
  Lock,
  LockOpen,
  LogOut,
  type LucideIcon,
  Moon,
  Pencil,
  RefreshCw,
  ShieldCheck,
  SlidersHorizontal,
  Spline,
  Sun,
  SunMoon,
  Table2,
  Trash2,
  Undo2,
} from "lucide-react";
import type { OpenStore } from "../../../shared/connection.ts";
import {
  type AppState,
  askChange,
  askUnlock,
  edit,
  go,
  setFilter,
  setPreference,
  simulate,
  touch,
  useApp,
} from "../../state/app.ts";
import { undo } from "../../state/changes.ts";
import { fullName, lockWrites, openConnection } from "../../state/stores.ts";

export interface Command {
  id: string;
  text: string;
  icon: LucideIcon;
  keys?: string;
  /** Beside the text: why it cannot act, or what it acts on. */
  note?: string;
  disabled?: boolean;
  run: () => void;
}

export function commands(state: AppState, store: OpenStore | null): Command[] {
  return [
    ...views(store),
    ...(store ? sessionCommands(state, store) : []),
    ...(store ? storeCommands(state, store) : []),
    ...connectionCommands(state),
    {
      id: "settings",
      text: "Settings",
      icon: SlidersHorizontal,
      keys: "Ctrl ,",
      run: () => useApp.setState({ settingsOpen: true }),
    },
    {
      id: "shortcuts",
      text: "Keyboard shortcuts",
      icon: Keyboard,
      keys: "?",
      run: () => useApp.setState({ shortcutsOpen: true }),
    },
    {
      id: "theme-light",
      text: "Theme: light",
      icon: Sun,
      run: () => setPreference({ theme: "light" }),
    },
    {
      id: "theme-dark",
      text: "Theme: dark",
      icon: Moon,
      run: () => setPreference({ theme: "dark" }),
    },
    {
      id: "theme-system",
      text: "Theme: as the system",
      icon: SunMoon,
      run: () => setPreference({ theme: "system" }),
    },
  ];
}

const views = (store: OpenStore | null): Command[] => [
  ...(store
    ? [
        {
          id: "sessions",
          text: "Go to sessions",
          icon: Table2,
          keys: "Ctrl 1",
          run: () => go("sessions"),
        },
        { id: "purge", text: "Go to purge", icon: Eraser, keys: "Ctrl 2", run: () => go("purge") },
      ]
    : []),
  {
    id: "simulate",
    text: "Go to the simulator",
    icon: Spline,
    keys: "Ctrl 3",
    run: () => go("simulate"),
  },
  { id: "lab", text: "Go to the lab", icon: ChartLine, keys: "Ctrl 4", run: () => go("lab") },
  {
    id: "audit",
    text: "Go to the audit",
    icon: ShieldCheck,
    keys: "Ctrl 5",
    run: () => go("audit"),
  },
  { id: "cookies", text: "Decode and sign cookies", icon: Cookie, run: () => go("cookies") },
  { id: "bin", text: "Go to the recycle bin", icon: ArchiveRestore, run: () => go("bin") },
];

function sessionCommands(state: AppState, store: OpenStore): Command[] {
  const key = state.selectedKey;
  if (key === null || state.view !== "sessions") return [];
  const locked = !store.capabilities.write
    ? "cannot be written"
    : store.locked
      ? "locked"
      : undefined;
  const made = (
    id: string,
    text: string,
    icon: LucideIcon,
    keys: string,
    run: () => void,
  ): Command => ({
    id,
    text,
    icon,
    ...(locked ? { note: locked, disabled: true } : { keys }),
    run,
  });
  return [
    {
      id: "simulate-session",
      text: "Simulate from the session",
      icon: Spline,
      keys: "S",
      run: () => simulate({ from: "session", connection: store.connection.id, key }),
    },
    made("edit", "Edit the session", Pencil, "E", () => edit(key)),
    made("extend", "Extend the session", ClockArrowUp, "Shift E", () =>
      askChange({ kind: "extend", keys: [key] }),
    ),
    made("expire", "Expire the session now", ClockFading, "X", () =>
      askChange({ kind: "expire", keys: [key] }),
    ),
    made("delete", "Delete the session", Trash2, "Del", () =>
      askChange({ kind: "delete", keys: [key] }),
    ),
  ];
}

function storeCommands(state: AppState, store: OpenStore): Command[] {
  return [
    store.locked
      ? {
          id: "unlock",
          text: "Unlock writes",
          icon: LockOpen,
          keys: "Ctrl Shift L",
          ...(store.capabilities.write ? {} : { note: "cannot be written", disabled: true }),
          run: askUnlock,
        }
      : {
          id: "lock",
          text: "Lock writes",
          icon: Lock,
          keys: "Ctrl Shift L",
          run: () => void lockWrites(),
        },
    { id: "refresh", text: "Refresh", icon: RefreshCw, keys: "F5", run: touch },
    ...(state.filter
      ? [
          {
            id: "clear",
            text: "Clear the filter",
            icon: Funnel,
            note: state.filter,
            run: () => setFilter(""),
          },
        ]
      : []),
    {
      id: "undo",
      text: "Undo the last change",
      icon: Undo2,
      keys: "Ctrl Z",
      run: () => void undo(),
    },
  ];
}

function connectionCommands({ connections, current }: AppState): Command[] {
  const others = (connections ?? []).filter(({ connection }) => connection.id !== current);
  return [
    ...others.map(({ connection }) => ({
      id: `open ${connection.id}`,
      text: `Switch to ${fullName(connection)}`,
      icon: Database,
      note: connection.environment === "production" ? "production" : connection.driver,
      run: () => void openConnection(connection.id),
    })),
    {
      id: "connect",
      text: "New connection",
      icon: Cable,
      keys: "Ctrl N",
      run: () => useApp.setState({ connecting: "new" }),
    },
  ];
}

/** For one user: everything of theirs in the palette. */
export const logoutCommand = (user: { id: string; name: string }, store: OpenStore): Command => ({
  id: `logout ${user.id}`,
  text: `Log out ${user.name} everywhere`,
  icon: LogOut,
  ...(store.locked ? { note: "locked", disabled: true } : {}),
  run: () => askChange({ kind: "logout", user }),
});
