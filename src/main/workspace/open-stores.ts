/**
 * Stores that are open. Each is opened read-only and stays so for reading; unlocking opens a second,
 * writable one beside it for a while, so that locking again disturbs nobody who reads.
 */
import type { Connection, FilledSettings, OpenStore, Secrets } from "../../shared/connection.ts";
import type { Keys, OpenRecipe, StoreContext } from "../jobs/context.ts";
import { type Act, guard } from "../jobs/guard.ts";
import { ProblemError, problem } from "../problem.ts";
import type { Store } from "../stores/driver.ts";
import { allServersOf } from "./address.ts";
import type { Connections } from "./connections.ts";
import { checkedOptions } from "./connections.ts";
import type { CredentialStore } from "./credentials.ts";
import type { Events } from "./events.ts";
import { identityOf } from "./identity.ts";
import { keyFacts } from "./key-facts.ts";
import { keysOf } from "./keys.ts";
import { conceal, concealText, maskedProblem } from "./mask.ts";
import { openStore } from "./open-context.ts";
import { type Link, linked } from "./reconnect.ts";
import type { RecycleBin } from "./recycle-bin.ts";
import { isEmpty, mergedSecrets, withoutSecrets } from "./secret-options.ts";
import { filledSettings } from "./settings.ts";
import { connectionOfTarget, type TargetOptions } from "./target.ts";
import { type Way, wayTo } from "./way.ts";
import { openWriter, type Writer } from "./writer.ts";

/** What writing is done with; `signal` fires when the user locks the connection by hand. */
export interface WriteContext extends StoreContext {
  readonly identity: string;
  readonly signal: AbortSignal;
}

export interface Hold {
  readonly context: WriteContext;
  release(): Promise<void>;
}

export interface OpenStores {
  /** The open store of a connection, or null. */
  view(id: string): OpenStore | null;
  /** Opens read-only; on an open one changes nothing but its keys, and those only where some are given. */
  open(id: string, secrets?: Secrets): Promise<OpenStore>;
  openTarget(target: string, given?: TargetOptions, secrets?: Secrets): Promise<OpenStore>;
  /** Opens a connection that is not saved. */
  openUnsaved(connection: Connection, secrets?: Secrets): Promise<OpenStore>;
  /** Tries a lost store at once. */
  reconnect(id: string): Promise<boolean>;
  /** Looks whether the store of a failed task is still there, and says so where it is not. */
  suspect(id: string): void;
  close(id: string): Promise<void>;
  unlock(id: string, confirmName?: string): Promise<OpenStore>;
  lock(id: string): OpenStore;
  /** Opens again, locked and with the secrets given now over those typed before, where a saved connection was changed. */
  changed(connection: Connection, secrets?: Secrets): Promise<void>;
  /** For reading. not_found where the connection is not open. */
  reading(id: string): StoreContext & { readonly identity: string };
  /** Runs work that writes, past the guard; the writable store stays open until it is done. */
  writing<Result>(
    id: string,
    act: Act,
    confirmName: string | undefined,
    work: (context: WriteContext) => Promise<Result>,
  ): Promise<Result>;
  /** The guard, and then the writable store until it is released, for work that goes on by itself. */
  hold(id: string, act: Act, confirmName: string | undefined): Hold;
  /** The open connection to a place, or null. */
  openWith(identity: string): string | null;
  closeAll(): Promise<void>;
}

interface Opened {
  connection: Connection;
  identity: string;
  secrets: Secrets | undefined;
  keys: Keys;
  missingKey: string | null;
  settings: FilledSettings;
  facts: OpenStore["facts"];
  way: Way;
  link: Link;
  reader: Store;
  writer: Writer | null;
}

export interface OpenStoresOptions {
  connections: Connections;
  bin: RecycleBin;
  binPath: string;
  events: Events;
  env: NodeJS.ProcessEnv;
  home: string;
  credentials: CredentialStore;
  /** Secrets that a handle stands for: a read project's. */
  secretsOf(handle: string): Secrets;
  /** ms before each further try at a lost store; ms between looks at an idle server. */
  reconnectDelays?: readonly number[] | undefined;
  lookMs?: number | undefined;
  /** Keys known without asking: the demo store's. */
  knownSecrets(connection: Connection): Secrets | undefined;
  /** Made ready before the first opening: the demo store is written then. */
  prepare(connection: Connection): void;
  /** How long writes stay unlocked, in ms. */
  unlockMs: number;
}

export function createOpenStores(options: OpenStoresOptions): OpenStores {
  const { connections, bin, binPath, events, env, home, credentials, unlockMs } = options;
  const opened = new Map<string, Opened>();
  const opening = new Map<string, Promise<Opened>>();

  const find = (id: string): Opened => {
    const found = opened.get(id);
    if (!found) throw problem("not_found", "This connection is not open.", "Open it again.");
    return found;
  };

  const recipe = (store: Opened, writable: boolean): OpenRecipe => ({
    connection: store.connection,
    overlay: store.way.overlay,
    proxy: store.way.proxy,
    keys: store.keys,
    settings: store.settings,
    writable,
    binPath,
  });

  const view = (store: Opened): OpenStore => ({
    connection: store.connection,
    kind: store.reader.kind,
    capabilities: store.reader.capabilities,
    title: store.reader.title,
    facts: [...store.facts, ...keyFacts(store, store.reader.kind)],
    locked: !store.writer,
    unlockedUntil: store.writer ? new Date(store.writer.until).toISOString() : null,
    keys: { secretKey: !!store.keys.secretKey, fallbacks: store.keys.fallbacks.length },
    settings: store.settings,
  });

  const tell = (store: Opened): OpenStore => {
    const now = view(store);
    events.publish({ type: "store", store: now });
    return now;
  };

  /** What is known without asking, then what is held for the connection, then what was typed. */
  async function secretsFor(connection: Connection, typed: Secrets | undefined) {
    const ofHandle = typed?.handle ? options.secretsOf(typed.handle) : undefined;
    const merged = mergedSecrets(
      options.knownSecrets(connection),
      await credentials.get(connection.id),
      ofHandle,
      typed,
    );
    conceal(merged);
    return merged;
  }

  async function openConnection(given: Connection, secrets?: Secrets): Promise<Opened> {
    options.prepare(given);
    const plain = withoutSecrets({ ...given, options: checkedOptions(given) });
    const { connection } = plain;
    const merged = mergedSecrets({ options: plain.options }, secrets);
    const typed = await secretsFor(connection, { ...merged, handle: secrets?.handle });
    const { keys, missing } = keysOf(connection, typed, env);
    for (const key of [keys.secretKey, ...keys.fallbacks]) concealText(key);
    const checked = connection;
    const settings = filledSettings(connection.settings);
    const way = await wayTo(checked, typed, env, home);
    const plan = {
      connection: checked,
      overlay: way.overlay,
      proxy: way.proxy,
      keys,
      settings,
      writable: false,
      binPath,
    };
    const first = await openStore(plan).catch(async (error: unknown) => {
      await way.close();
      throw error;
    });
    const link = linked(first, {
      async open() {
        await way.ready();
        return openStore(plan);
      },
      changed(state) {
        const problem = state.problem && maskedProblem(state.problem);
        events.publish({ type: "connection", connection: connection.id, ...state, problem });
        if (state.state === "back") tryAgain(opened.get(connection.id)?.writer?.link);
      },
      ...(options.reconnectDelays && { delays: options.reconnectDelays }),
      // Only a server goes away while nobody asks.
      every: allServersOf(checked).length > 0 ? (options.lookMs ?? 20_000) : 0,
    });
    const reader = link.store;
    try {
      const store: Opened = {
        way,
        link,
        connection: checked,
        identity: identityOf(checked),
        secrets: typed,
        keys,
        missingKey: missing,
        settings,
        facts: await reader.facts(),
        reader,
        writer: null,
      };
      opened.set(connection.id, store);
      return store;
    } catch (error) {
      await link.close();
      await way.close();
      throw error;
    }
  }

  /** Two openings of one connection at once share one store. */
  function openOnce(connection: Connection, secrets?: Secrets): Promise<Opened> {
    const under = opening.get(connection.id);
    if (under) return under;
    const promise = openConnection(connection, secrets).finally(() =>
      opening.delete(connection.id),
    );
    opening.set(connection.id, promise);
    return promise;
  }

  async function takeKeys(store: Opened, secrets: Secrets): Promise<void> {
    const typed = await secretsFor(store.connection, secrets);
    const { keys, missing } = keysOf(store.connection, typed, env);
    store.secrets = typed;
    store.keys = keys;
    store.missingKey = missing;
  }

  async function openOr(connection: Connection, secrets?: Secrets): Promise<OpenStore> {
    const already = opened.get(connection.id);
    if (already && secrets) await takeKeys(already, secrets);
    return tell(already ?? (await openOnce(connection, secrets)));
  }

  function lockWriter(store: Opened): void {
    const writer = store.writer;
    if (!writer) return;
    clearTimeout(writer.timer);
    store.writer = null;
    if (writer.users === 0) void writer.link.close();
  }

  /** A sleeping computer fires no timer, so the time itself is asked as well. */
  function lockIfLate(store: Opened): void {
    if (store.writer && Date.now() >= store.writer.until) {
      lockWriter(store);
      tell(store);
    }
  }

  async function close(id: string): Promise<void> {
    await opening.get(id)?.catch(() => {});
    const store = opened.get(id);
    if (!store) return;
    opened.delete(id);
    store.writer?.abort.abort();
    lockWriter(store);
    await store.link.close();
    await store.way.close();
    events.publish({ type: "closed", connection: id, problem: null });
  }

  function hold(id: string, act: Act, confirmName: string | undefined): Hold {
    const store = find(id);
    lockIfLate(store);
    guard(guarded(store), act, confirmName);
    const writer = store.writer;
    if (!writer) throw problem("read_only", "The connection is locked.");
    writer.users++;
    return {
      context: {
        recipe: recipe(store, true),
        store: writer.store,
        bin,
        identity: store.identity,
        signal: writer.abort.signal,
      },
      async release() {
        writer.users--;
        if (writer.users === 0 && store.writer !== writer) await writer.link.close();
      },
    };
  }

  return {
    view: (id) => {
      const store = opened.get(id);
      return store ? view(store) : null;
    },
    async open(id, secrets) {
      const known = connections.get(id) ?? opened.get(id)?.connection ?? bin.connection(id);
      if (!known) throw problem("not_found", "No saved connection has this id.");
      return openOr(known, secrets);
    },
    async openTarget(target, options = {}, secrets) {
      const { connection, options: inUrl } = await connectionOfTarget(
        target,
        options,
        connections.list(),
      );
      const given = mergedSecrets({ options: inUrl }, secrets);
      const handle = secrets?.handle;
      return openOr(connection, isEmpty(given) && !handle ? secrets : { ...given, handle });
    },
    openUnsaved: openOr,
    reconnect: (id) => find(id).link.reconnect(),
    suspect(id) {
      tryAgain(opened.get(id)?.link);
    },
    close,
    async unlock(id, confirmName) {
      const store = find(id);
      guard(guarded(store), "unlock", confirmName);
      const until = Date.now() + unlockMs;
      const open = async () => {
        await store.way.ready();
        return openStore(recipe(store, true));
      };
      const lost = () => tryAgain(store.link);
      const delays = options.reconnectDelays;
      const made = store.writer ? null : await openWriter({ open, lost, delays });
      // Another call may have unlocked, or closed, meanwhile.
      if (made && (!opened.has(id) || store.writer)) {
        await made.link.close();
        return view(find(id));
      }
      clearTimeout(store.writer?.timer);
      const timer = setTimeout(() => lockIfLate(store), unlockMs + 1).unref();
      if (store.writer) Object.assign(store.writer, { until, timer });
      else if (made) store.writer = { ...made, until, timer };
      return tell(store);
    },
    lock(id) {
      const store = find(id);
      store.writer?.abort.abort();
      lockWriter(store);
      return tell(store);
    },
    async changed(connection, secrets) {
      const store = opened.get(connection.id);
      if (!store) return;
      await close(connection.id);
      try {
        await openOr(connection, mergedSecrets(store.secrets, secrets));
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        // Saved all the same; the page shows why it does not open any more.
        const problem = maskedProblem(error.problem);
        events.publish({ type: "closed", connection: connection.id, problem });
      }
    },
    reading(id) {
      const store = find(id);
      return {
        recipe: recipe(store, false),
        store: store.reader,
        bin,
        identity: store.identity,
      };
    },
    hold,
    async writing(id, act, confirmName, work) {
      const { context, release } = hold(id, act, confirmName);
      try {
        return await work(context);
      } finally {
        await release();
      }
    },
    openWith: (identity) =>
      [...opened].find(([, store]) => store.identity === identity)?.[0] ?? null,
    async closeAll() {
      for (const id of [...opened.keys()]) await close(id);
    },
  };
}

/** The answer goes out as an event. */
const tryAgain = (link: Link | undefined): void => void link?.reconnect().catch(() => {});

const guarded = (store: Opened) => ({
  connection: store.connection,
  capabilities: store.reader.capabilities,
  locked: !store.writer,
});
