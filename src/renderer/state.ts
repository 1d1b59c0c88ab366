/** What features share: connections, the view, the selected session, jobs, and what the user prefers. */
import { create } from "zustand";
import type { Connection, DriverInfo, OpenStore } from "../shared/connection.ts";
import type { ChangeReport } from "../shared/edit.ts";
import type { BinUsage, Job } from "../shared/job.ts";
import type { Problem } from "../shared/problem.ts";
import type { ProjectFinding } from "../shared/project.ts";
import type { SimScenario } from "../shared/scenario.ts";
import type { User } from "../shared/session.ts";
import { client, problemOf } from "./client.ts";
import { count } from "./ui/format.ts";
import { closeToast, showToast } from "./ui/toasts.ts";

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

/** The store that is looked at; null on the connect screen. */
export const currentStore = (state: AppState): OpenStore | null =>
  state.current === null ? null : (state.stores[state.current] ?? null);

/** Hook: the store that is looked at. */
export const useCurrentStore = (): OpenStore | null => useApp(currentStore);

/** "shop / production": what the title shows; the name alone is what production asks to be typed. */
export const fullName = (connection: Connection): string =>
  connection.group ? `${connection.group} / ${connection.name}` : connection.name;

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

/** Asks about an unknown SSH host's key where that is what failed; false: something else did. */
export function askHostKey(problem: Problem, again: () => void): boolean {
  const offered = problem.detail?.hostKey;
  if (typeof offered !== "object" || offered === null || !("key" in offered)) return false;
  set({ hostKey: { key: offered as HostKey, again } });
  return true;
}

function withoutKey<T>(all: Record<string, T>, id: string): Record<string, T> {
  const { [id]: _, ...rest } = all;
  return rest;
}

/** What the host says of a store it cannot reach, or reaches again: then everything is read anew. */
export function putLink(id: string, link: Omit<Lost, "since"> | null): void {
  set(({ lost }) => ({
    lost: link
      ? { ...lost, [id]: { ...link, since: lost[id]?.since ?? Date.now() } }
      : withoutKey(lost, id),
  }));
  if (!link) touch();
}

/** Hook: the store that is looked at cannot be reached just now. */
export const useLost = (): Lost | null =>
  useApp((state) => (state.current === null ? null : (state.lost[state.current] ?? null)));

/** Why nothing can be changed on a store just now; null: it can. */
export function lockReason(store: OpenStore, lost = useApp.getState().lost): string | null {
  if (!store.capabilities.write) return "This store cannot be written.";
  if (lost[store.connection.id]) return "The connection is lost. Changes wait until it is back.";
  return store.locked ? "Changes are locked on this connection." : null;
}
/** Hook: the same, kept up to date. */
export const useLockReason = (store: OpenStore): string | null =>
  lockReason(
    store,
    useApp((state) => state.lost),
  );

export function putStore(store: OpenStore): void {
  set(({ stores, connections, closed }) => {
    return {
      stores: { ...stores, [store.connection.id]: store },
      connections:
        connections?.map((entry) =>
          entry.connection.id === store.connection.id ? { ...entry, store } : entry,
        ) ?? null,
      closed: withoutKey(closed, store.connection.id),
    };
  });
}

export function dropStore(id: string): void {
  set(({ stores, connections, current, lost, findings }) => {
    return {
      stores: withoutKey(stores, id),
      lost: withoutKey(lost, id),
      findings: withoutKey(findings, id),
      current: current === id ? null : current,
      connections:
        connections?.map((entry) =>
          entry.connection.id === id ? { ...entry, store: null } : entry,
        ) ?? null,
    };
  });
}

export async function reloadConnections(): Promise<void> {
  const connections = await client.connections.list();
  set(({ stores }) => {
    const open = { ...stores };
    for (const { connection, store } of connections) {
      if (store) open[connection.id] = store;
      else delete open[connection.id];
    }
    return { connections, stores: open };
  });
}

/** Looks at a store that is open. */
export function show(id: string): void {
  set((state) => ({
    current: id,
    connecting: null,
    ...(state.current === id
      ? {}
      : {
          filter: "",
          selectedKey: null,
          view: state.view === "bin" ? ("sessions" as const) : state.view,
        }),
  }));
}

/** Opens a saved connection (or only looks at it, if open). A failure is a toast, and the connect form. */
export async function openConnection(id: string): Promise<void> {
  if (useApp.getState().stores[id]) return show(id);
  try {
    putStore(await client.connections.open({ connection: id }));
    show(id);
  } catch (error) {
    const problem = problemOf(error);
    if (askHostKey(problem, () => void openConnection(id))) return;
    showToast({ text: [problem.message, problem.hint].filter(Boolean).join(" "), tone: "danger" });
    set({ connecting: id });
  }
}

export async function lockWrites(): Promise<void> {
  const store = currentStore(useApp.getState());
  if (!store || store.locked) return;
  try {
    putStore(await client.connections.lock({ connection: store.connection.id }));
    showToast({ text: "Writes are locked again." });
  } catch (error) {
    showToast({ text: problemOf(error).message, tone: "danger" });
  }
}

/** After a change: lists read again, and a toast offers to put it back. `text`: "3 sessions deleted." */
export function reportChange(report: ChangeReport, text: string, connection: string): void {
  touch();
  const left = report.skippedCount > 0 ? ` ${count(report.skippedCount)} left alone.` : "";
  const binJob = report.job;
  if (!binJob) {
    showToast({ text: text + left, ...(report.done === 0 ? { tone: "warning" as const } : {}) });
    return;
  }
  const toast = showToast({
    text: text + left,
    action: { text: "Undo", run: () => void undo() },
  });
  set({ lastChange: { binJob, connection, text, toast } });
}

/** Puts the last change back through the recycle bin. */
export async function undo(): Promise<void> {
  const change = useApp.getState().lastChange;
  if (!change) {
    showToast({ text: "Nothing to undo. Earlier changes are in the recycle bin." });
    return;
  }
  const store = useApp.getState().stores[change.connection];
  if (!store || store.connection.environment === "production") {
    set({ view: "bin", connecting: null });
    showToast({ text: "On a production store, changes are put back from the recycle bin." });
    return;
  }
  closeToast(change.toast);
  set({ lastChange: null });
  try {
    const report = await client.bin.restore({ job: change.binJob });
    touch();
    const left = report.skippedCount > 0 ? `, ${count(report.skippedCount)} left alone` : "";
    showToast({ text: `${count(report.done)} put back${left}.` });
  } catch (error) {
    set({ lastChange: change });
    const problem = problemOf(error);
    showToast({ text: [problem.message, problem.hint].filter(Boolean).join(" "), tone: "danger" });
  }
}

/** null until they are known; read at the start with the rest. */
export const useDrivers = (): DriverInfo[] | null => useApp((state) => state.drivers);

export interface ConnectionEntry {
  connection: Connection;
  store: OpenStore | null;
  saved: boolean;
}

/** Saved connections and open ones that are not saved, in groups' order. */
export function useConnections(): ConnectionEntry[] {
  const connections = useApp((state) => state.connections);
  const stores = useApp((state) => state.stores);
  const saved = (connections ?? []).map(({ connection }) => ({
    connection,
    store: stores[connection.id] ?? null,
    saved: true,
  }));
  const known = new Set(saved.map((entry) => entry.connection.id));
  const opened = Object.values(stores)
    .filter((store) => !known.has(store.connection.id))
    .map((store) => ({ connection: store.connection, store, saved: false }));
  const all = [...saved, ...opened];
  const groups = [...new Set(all.map((entry) => entry.connection.group))];
  return groups.flatMap((group) => all.filter((entry) => entry.connection.group === group));
}

const ended = (job: Job) =>
  job.status === "done" || job.status === "stopped" || job.status === "failed";

/**
 * A purge has its own report where its view is open; changes and restores tell what came of them to whoever asked.
 */
function tellEnd(job: Job): void {
  touch();
  const { view, current } = useApp.getState();
  const reported = job.kind === "purge" && view === "purge" && current === job.connection;
  if (reported || job.kind === "delete" || job.kind === "restore") return;
  const stopped = job.status === "stopped" ? ", then stopped" : "";
  if (job.problem) showToast({ text: `${job.title}: ${job.problem.message}`, tone: "danger" });
  else
    reportChange(
      { job: job.done > 0 ? job.binJob : null, done: job.done, skipped: [], skippedCount: 0 },
      `${job.title}: ${count(job.done)} deleted${stopped}.`,
      job.connection,
    );
}

/** Called for every job the host speaks of, here and by those who watch one. */
export function putJob(job: Job): void {
  const before = useApp.getState().jobs[job.id];
  if (before && ended(before) && !ended(job)) return;
  set(({ jobs }) => ({ jobs: { ...jobs, [job.id]: job } }));
  if (ended(job) && before && !ended(before)) tellEnd(job);
}
