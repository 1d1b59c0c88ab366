/** The sessions of a store: filter bar, expiry strip, table, what is chosen, footer. */
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Order, SessionRow } from "../../../shared/session.ts";
import { client, useHost } from "../../client.ts";
import { select, setFilter, touch, useApp } from "../../state/app.ts";
import { openConnection, useCurrentStore, useLost } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Band } from "../../ui/Notice.tsx";
import { visible } from "../../ui/Text.tsx";
import { useNow } from "../../ui/useNow.ts";
import { Blank } from "./Blank.tsx";
import { BulkBar } from "./BulkBar.tsx";
import type { CellFacts } from "./columns.tsx";
import { ExpiryStrip, useHistogram } from "./ExpiryStrip.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { Footer } from "./Footer.tsx";
import { splitFilter, tokenParts, withToken } from "./filter-text.ts";
import { createListing, indexOfKey, rowAt } from "./listing.ts";
import { SessionTable, type TableHandle } from "./SessionTable.tsx";
import { tableKey } from "./table-keys.ts";
import { useSelection } from "./use-selection.ts";
import { ViewTools } from "./ViewTools.tsx";
import "./sessions.css";

export function SessionsView() {
  const store = useCurrentStore();
  return store ? <Listing key={store.connection.id} store={store} /> : null;
}

function Listing({ store }: { store: OpenStore }) {
  const connection = store.connection.id;
  const { capabilities } = store;
  const filter = useApp((state) => state.filter);
  const touched = useApp((state) => state.touched);
  const selectedKey = useApp((state) => state.selectedKey);
  const connections = useApp((state) => state.connections);
  const [order, setOrder] = useState<Order>(() =>
    capabilities.orders.includes("expires") && !capabilities.orders.includes("-expires")
      ? "expires"
      : "-expires",
  );
  const [hidden, setHidden] = useState<Record<string, boolean>>({});
  const [shown, setShown] = useState({ from: 0, to: 0 });
  const table = useRef<TableHandle>(null);
  const entry = useRef<HTMLInputElement>(null);
  const hostLost = useHost((host) => host.status === "lost");
  const offline = useLost() !== null || hostLost;

  const listing = useMemo(() => createListing(client, connection), [connection]);
  const state = useStore(listing);
  const moves = useSelection(listing);
  const { follow, prune, reset, selection } = moves;
  const histogram = useHistogram(
    client,
    connection,
    capabilities.histogram ? touched : null,
    state.count.exactly,
  );

  useEffect(() => {
    reset();
    listing.show(filter, order);
    return () => listing.close();
  }, [listing, filter, order, reset]);
  const seenTouch = useRef(touched);
  const changed = useRef(false);
  useEffect(() => {
    if (seenTouch.current === touched) return;
    seenTouch.current = touched;
    changed.current = true;
    listing.refresh();
  }, [listing, touched]);
  // Rows that were read again may have moved; the focus goes with its session.
  const activeKey = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only new rows move the focus
  useEffect(() => {
    if (state.known > 0) follow(activeKey.current);
    if (!changed.current || state.loading) return;
    changed.current = false;
    prune();
  }, [state.pages, state.loading, follow, prune]);
  useEffect(() => {
    const row = rowAt(listing.getState(), selection.active);
    if (row && selection.keys.has(row.key)) activeKey.current = row.key;
    // One chosen session is the one to inspect; several leave the inspector as it is.
    if (row && selection.keys.size === 1 && selection.keys.has(row.key)) select(row.key);
  }, [listing, selection]);

  // The session in the inspector may be chosen elsewhere, or kept because of unsaved edits.
  const leaving = useApp((state) => state.leaving);
  const { to } = moves;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the table follows the inspector, not the other way round
  useEffect(() => {
    if (selectedKey === null || leaving || selection.keys.size > 1) return;
    if (selection.keys.has(selectedKey)) return;
    const index = indexOfKey(listing.getState(), selectedKey);
    if (index < 0) return;
    to(index, "alone");
    table.current?.reveal(index);
  }, [selectedKey, leaving]);

  useViewKeys(entry, listing.stop);

  const now = useNow();
  const tokens = useMemo(() => splitFilter(filter).map(tokenParts), [filter]);
  const facts = useMemo<Omit<CellFacts, "keysWidth">>(
    () => ({
      now,
      age: store.settings.SESSION_COOKIE_AGE * 1000,
      users: capabilities.users,
      hits: tokens
        .filter(({ name }) => name === "key:")
        .map(({ value }) => value.replace(/"/g, "")),
    }),
    [now, store.settings.SESSION_COOKIE_AGE, capabilities.users, tokens],
  );
  const keysSeen = useMemo(() => keysOf([...state.pages.values()]), [state.pages]);
  const onRange = useCallback((from: number, to: number) => setShown({ from, to }), []);
  const demo = connections?.find((each) => each.connection.builtin)?.connection.id;

  const stopScan = (): boolean => {
    if (state.scan?.status !== "running") return false;
    listing.stop();
    return true;
  };
  const backOut = (): boolean => {
    if (stopScan()) return true;
    if (selection.keys.size > 1) moves.clear();
    else if (selectedKey !== null) select(null);
    else return false;
    return true;
  };
  const onKey = (event: KeyboardEvent, row: SessionRow | undefined): void => {
    // By key, never by place: rows may move between what is seen and what is pressed.
    const keys = selection.keys.size > 0 ? [...selection.keys] : row ? [row.key] : [];
    if (tableKey(event, { store, keys, backOut })) event.preventDefault();
  };
  const open = (row: SessionRow): void => {
    select(row.key);
    // The inspector takes the focus once it is there.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("#inspector")?.focus());
  };

  return (
    <section className="listing" aria-label="Sessions">
      <ViewTools
        visible={hidden}
        paired={Boolean(store.connection.cachedBy)}
        onVisible={setHidden}
      />
      <div data-region="filter">
        <FilterBar
          filter={filter}
          plan={state.plan}
          onFilter={setFilter}
          onStop={stopScan}
          onLeave={() => table.current?.focus()}
          keysSeen={keysSeen}
          client={client}
          connection={connection}
          users={capabilities.users}
          entry={entry}
        />
      </div>
      {capabilities.histogram && (
        <div data-region="strip">
          <ExpiryStrip
            histogram={histogram}
            counted={state.count}
            value={tokens.find(({ name }) => name === "expires:")?.value ?? ""}
            onRange={(value) => setFilter(withToken(filter, "expires", value))}
          />
        </div>
      )}
      {state.problem && !offline && (
        <Band tone="danger" action={<Button onClick={() => touch()}>Retry</Button>}>
          {visible(state.problem.message)}
          <small>
            {[state.problem.hint, state.known > 0 ? "Rows below were read before." : ""]
              .filter((text): text is string => Boolean(text))
              .map(visible)
              .join(" ")}
          </small>
        </Band>
      )}
      <div className="tablearea">
        <SessionTable
          state={state}
          moves={moves}
          facts={facts}
          orders={capabilities.orders}
          hidden={hidden}
          paired={Boolean(store.connection.cachedBy)}
          stale={offline || state.problem !== null}
          onOrder={setOrder}
          onWant={listing.want}
          onRange={onRange}
          onOpen={open}
          onKey={onKey}
          handle={table}
        />
        <Blank
          connection={connection}
          state={state}
          onFilter={setFilter}
          onDemo={demo && demo !== connection ? () => void openConnection(demo) : null}
          onEdit={() => useApp.setState({ connecting: connection })}
        />
      </div>
      <BulkBar store={store} keys={selection.keys} onClear={moves.clear} />
      <Footer
        state={state}
        shown={shown}
        offline={offline}
        partial={capabilities.partial !== null}
        onStop={listing.stop}
        countable={capabilities.count === "exact"}
        onCount={listing.countExactly}
      />
    </section>
  );
}

/** Top-level keys of the rows in memory, the most frequent first; 200 at most. */
function keysOf(pages: SessionRow[][]): string[] {
  const seen = new Map<string, number>();
  for (const row of pages.flat().slice(0, 1000)) {
    for (const key of row.keys) seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return [...seen]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 200)
    .map(([key]) => key);
}

/** Keys of the whole view: the filter field, reading again, stopping a scan. */
function useViewKeys(entry: React.RefObject<HTMLInputElement | null>, stop: () => void): void {
  useEffect(() => {
    const keys = (event: globalThis.KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const ctrl = event.ctrlKey || event.metaKey;
      const writing =
        event.target instanceof HTMLElement &&
        event.target.matches("input, textarea, select, [contenteditable]");
      const slash = event.key === "/" && !writing && useApp.getState().singleKeys;
      if (slash || (ctrl && !event.shiftKey && event.key.toLowerCase() === "l")) {
        entry.current?.focus();
      } else if (event.key === "F5" && !ctrl) touch();
      else {
        if (event.key === "Escape" && !writing) stop();
        return;
      }
      event.preventDefault();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [entry, stop]);
}
