/** What the page reads at its start and again whenever the host comes back, and the events it follows from then on. */
import { client, follow, useHost } from "./client.ts";
import { touch, useApp, type View } from "./state/app.ts";
import { putJob } from "./state/changes.ts";
import { dropStore, putLink, putStore, reloadConnections } from "./state/stores.ts";

const set = useApp.setState;
const place = "sessionscope-place";
const views: View[] = ["sessions", "purge", "simulate", "lab", "audit", "cookies", "bin"];

/** Where this tab was before it was loaded again; null once that is settled. */
let remembered: { current: string; view: View } | null = null;

function readPlace(): typeof remembered {
  const saved = sessionStorage.getItem(place);
  if (!saved) return null;
  const [current = "", view] = saved.split("\n");
  return { current, view: views.find((known) => known === view) ?? "sessions" };
}

/** Everything the frame shows. Failures are left to the host band: the next link reads again. */
async function readAll(): Promise<void> {
  const [{ credentials }, drivers, bin, jobs] = await Promise.all([
    client.app.info(),
    client.drivers.list(),
    client.bin.usage(),
    client.jobs.list({}),
    reloadConnections(),
  ]);
  // What was lost before the host came back is told anew.
  set({
    credentials,
    lost: {},
    drivers,
    bin,
    jobs: Object.fromEntries(jobs.map((job) => [job.id, job])),
  });
  const back = remembered;
  remembered = null;
  set({ returning: false, ...(back && useApp.getState().stores[back.current] ? back : {}) });
  const { current, stores } = useApp.getState();
  if (current !== null && !stores[current]) {
    const saved = useApp.getState().connections?.some((entry) => entry.connection.id === current);
    // The host was started again: its stores are closed, the saved ones can be opened again.
    if (saved) putStore(await client.connections.open({ connection: current }));
    else set({ current: null });
  }
  touch();
}

/** Follows the host from now on. Called once. */
export function start(): void {
  remembered = readPlace();
  set({ returning: remembered !== null });
  useApp.subscribe(({ current, view }) => {
    if (remembered) return;
    if (current === null) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, `${current}\n${view}`);
  });
  let stop = () => {};
  const begin = () => {
    stop();
    readAll().catch(() => {
      remembered = null;
      set(({ connections }) => ({ returning: false, connections: connections ?? [] }));
    });
    stop = follow((signal) => client.app.events(undefined, { signal }), {
      each(event) {
        if (event.type === "store") putStore(event.store);
        if (event.type === "job") putJob(event.job);
        if (event.type === "bin") set({ bin: event.usage });
        if (event.type === "connection")
          putLink(event.connection, event.state === "back" ? null : event);
        if (event.type !== "closed") return;
        const { connection, problem } = event;
        if (problem) set(({ closed }) => ({ closed: { ...closed, [connection]: problem } }));
        else dropStore(connection);
      },
    });
  };
  useHost.subscribe((host, before) => {
    if (host.status === "open" && before.status !== "open") begin();
  });
  if (useHost.getState().status === "open") begin();
}
