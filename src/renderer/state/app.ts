/** What features share: the view, the selected session, what is asked about, and what the user prefers. */
import { create } from "zustand";
import type { Connection, DriverInfo, OpenStore } from "../../shared/connection.ts";
import type { BinUsage, Job } from "../../shared/job.ts";
import type { Problem } from "../../shared/problem.ts";
import type { ProjectFinding } from "../../shared/project.ts";
import type { SimScenario } from "../../shared/scenario.ts";
import type { User } from "../../shared/session.ts";

export type View = "sessions" | "purge" | "simulate" | "lab" | "audit" | "cookies" | "bin";
export type Theme = "system" | "light" | "dark";

/** A change to sessions that a dialog asks about before it is made. */
export type SessionChange =
  | { kind: "extend" | "expire" | "delete"; keys: readonly string[] }
  | { kind: "logout"; user: User };

/** A store that is being reached again. */
export interface Lost {
  /** ms since 1970. */
  since: number;
  /** Tries made so far. */
  attempt: number;
  /** ISO time of the next try; null: one is under way. */
  nextAt: string | null;
  problem: Problem | null;
}

/** The key an unknown SSH host offered, as the host's refusal carries it. */
export interface HostKey {
  host: string;
  port: number;
  type: string;
  fingerprint: string;
  key: string;
}

/** What the simulator is to open: a stored session as the start, or a scenario that shows something. */
export type ToSimulate =
  | { from: "session"; connection: string; key: string }
  | { from: "scenario"; scenario: SimScenario };

export interface AppState {
  /** The kinds of stores the host can open; null until known. */
  drivers: DriverInfo[] | null;
  /** The tab was loaded again, and it is not known yet whether it can go on where it was. */
  returning: boolean;
  /** null until the host has answered the first time. */
  connections:
    | { connection: Connection; store: OpenStore | null; remembered: "kept" | "memory" | "no" }[]
    | null;
  /** Where the host keeps secrets it is asked to remember; null until known. */
  credentials: { kept: boolean; text: string } | null;
  /** Stores opened without being saved are here too. By connection id. */
  stores: Record<string, OpenStore>;
  /** The connection that is looked at; null: the connect screen. */
  current: string | null;
  /** The connect screen over an open connection: "new", or the id that is edited. */
  connecting: string | null;
  view: View;
  /** The filter as typed; the sessions view owns it, the palette sets it. */
  filter: string;
  selectedKey: string | null;
  /** Whether the session in the inspector has edits that are not saved: leaving it asks. */
  unsaved: boolean;
  /** Where the user wants to go from unsaved edits; null: nowhere. */
  leaving: { key: string | null } | null;
  /** The session to be edited as soon as the inspector has it. */
  editing: string | null;
  /** The change that is asked about. */
  change: SessionChange | null;
  paletteOpen: boolean;
  shortcutsOpen: boolean;
  settingsOpen: boolean;
  unlockOpen: boolean;
  jobs: Record<string, Job>;
  bin: BinUsage | null;
  /** Why a store closed by itself, by connection id. */
  closed: Record<string, Problem>;
  /** Open stores that cannot be reached just now, by connection id. */
  lost: Record<string, Lost>;
  /** What a project's settings say against the store that was opened from it, by connection id. */
  findings: Record<string, ProjectFinding[]>;
  /** An unknown SSH host's key that is asked about, and what to do again once it is accepted. */
  hostKey: { key: HostKey; again: () => void } | null;
  /** Counts up whenever sessions were changed by something: lists read again. */
  touched: number;
  /** What Ctrl+Z puts back. */
  lastChange: { binJob: string; connection: string; text: string; toast: number } | null;
  /** The scenario the simulator shows. */
  simulated: SimScenario | null;
  toSimulate: ToSimulate | null;
  theme: Theme;
  singleKeys: boolean;
  sidebar: "auto" | "full" | "rail";
}

const preferences = "sessionscope-preferences";
const themes: readonly unknown[] = ["system", "light", "dark"];
const sidebars: readonly unknown[] = ["auto", "full", "rail"];

function readPreferences(): Pick<AppState, "theme" | "singleKeys" | "sidebar"> {
  let saved: Record<string, unknown> = {};
  try {
    saved = JSON.parse(localStorage.getItem(preferences) ?? "{}");
  } catch {
    // A broken or forbidden store of preferences is no reason not to start.
  }
  return {
    theme: themes.includes(saved.theme) ? (saved.theme as Theme) : "system",
    singleKeys: saved.singleKeys !== false,
    sidebar: sidebars.includes(saved.sidebar) ? (saved.sidebar as AppState["sidebar"]) : "auto",
  };
}

export const useApp = create<AppState>(() => ({
  returning: false,
  drivers: null,
  connections: null,
  stores: {},
  current: null,
  connecting: null,
  view: "sessions",
  filter: "",
  selectedKey: null,
  unsaved: false,
  leaving: null,
  editing: null,
  change: null,
  paletteOpen: false,
  shortcutsOpen: false,
  settingsOpen: false,
  unlockOpen: false,
  jobs: {},
  bin: null,
  closed: {},
  lost: {},
  findings: {},
  hostKey: null,
  credentials: null,
  touched: 0,
  lastChange: null,
  simulated: null,
  toSimulate: null,
  ...readPreferences(),
}));

const set = useApp.setState;

export function setPreference(change: Partial<Pick<AppState, "theme" | "singleKeys" | "sidebar">>) {
  set(change);
  const { theme, singleKeys, sidebar } = useApp.getState();
  localStorage.setItem(preferences, JSON.stringify({ theme, singleKeys, sidebar }));
}

export const go = (view: View): void => set({ view, connecting: null });
/** Opens the simulator with something. */
export const simulate = (what: ToSimulate): void =>
  set({ toSimulate: what, view: "simulate", connecting: null });
export const setFilter = (filter: string): void => set({ filter });
/** Shows a session in the inspector, null closes it; asks first where edits would be left unsaved. */
export const select = (key: string | null): void =>
  set((state) =>
    state.unsaved && key !== state.selectedKey ? { leaving: { key } } : { selectedKey: key },
  );
export const askChange = (change: SessionChange): void => set({ change });
export const edit = (key: string): void => {
  select(key);
  if (useApp.getState().selectedKey === key) set({ editing: key });
};
export const openPalette = (): void => set({ paletteOpen: true });
export const askUnlock = (): void => set({ unlockOpen: true });
/** Says that sessions changed, so that lists read again. */
export const touch = (): void => set(({ touched }) => ({ touched: touched + 1 }));
