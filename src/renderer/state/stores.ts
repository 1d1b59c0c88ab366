/** The stores that are open: which is looked at, whether it can be reached and changed; and the saved connections. */
import type { Connection, DriverInfo, OpenStore } from "../../shared/connection.ts";
import type { Problem } from "../../shared/problem.ts";
import { client, problemOf } from "../client.ts";
import { showToast } from "../ui/toasts.ts";
import { type AppState, type HostKey, type Lost, touch, useApp } from "./app.ts";

const set = useApp.setState;

/** The store that is looked at; null on the connect screen. */
export const currentStore = (state: AppState): OpenStore | null =>
  state.current === null ? null : (state.stores[state.current] ?? null);

/** Hook: the store that is looked at. */
export const useCurrentStore = (): OpenStore | null => useApp(currentStore);

/** "shop / production": what the title shows; the name alone is what production asks to be typed. */
export const fullName = (connection: Connection): string =>
  connection.group ? `${connection.group} / ${connection.name}` : connection.name;

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
