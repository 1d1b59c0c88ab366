/** Which row has the focus, and which rows are chosen: plain keys move both, Shift stretches, Ctrl picks. */
import { useCallback, useState } from "react";
import { indexOfKey, type Listing, type ListingState, rowAt } from "./listing.ts";

export interface Selection {
  /** Place of the focused row; the one tab stop of the table. */
  active: number;
  anchor: number;
  keys: ReadonlySet<string>;
}

export interface SelectionMoves {
  selection: Selection;
  /** To a row: alone, stretched from the anchor, or only the focus. */
  to(index: number, how: "alone" | "stretch" | "focus"): void;
  toggle(index: number): void;
  all(): void;
  clear(): void;
  /** After rows were read again: the focus stays on its session where that still is. */
  follow(key: string | null): void;
  /** After sessions changed: those that are no longer listed are no longer chosen. */
  prune(): void;
  /** For a new listing. */
  reset(): void;
}

const none: Selection = { active: 0, anchor: 0, keys: new Set() };

export function useSelection(listing: Listing): SelectionMoves {
  const [selection, setSelection] = useState<Selection>(none);
  const to = useCallback(
    (index: number, how: "alone" | "stretch" | "focus") =>
      setSelection((old) => {
        const state = listing.getState();
        const active = Math.max(0, Math.min(index, state.known - 1));
        if (how === "focus") return { ...old, active };
        if (how === "stretch") {
          return { ...old, active, keys: stretched(state, old, old.anchor, active) };
        }
        const row = rowAt(state, active);
        return { active, anchor: active, keys: new Set(row ? [row.key] : []) };
      }),
    [listing],
  );
  const toggle = useCallback(
    (index: number) =>
      setSelection((old) => {
        const row = rowAt(listing.getState(), index);
        if (!row) return old;
        const keys = new Set(old.keys);
        if (!keys.delete(row.key)) keys.add(row.key);
        return { active: index, anchor: index, keys };
      }),
    [listing],
  );
  const all = useCallback(
    () =>
      setSelection((old) => {
        const rows = [...listing.getState().pages.values()].flat();
        return { ...old, keys: new Set(rows.map((row) => row.key)) };
      }),
    [listing],
  );
  const clear = useCallback(() => {
    setSelection((old) => {
      const row = rowAt(listing.getState(), old.active);
      return {
        ...old,
        anchor: old.active,
        keys: new Set(row && old.keys.size > 1 ? [row.key] : []),
      };
    });
  }, [listing]);
  const follow = useCallback(
    (key: string | null) =>
      setSelection((old) => {
        const state = listing.getState();
        const found = key === null ? -1 : indexOfKey(state, key);
        if (found >= 0)
          return found === old.active ? old : { ...old, active: found, anchor: found };
        const last = Math.max(0, state.known - 1);
        return old.active > last ? { ...old, active: last, anchor: last } : old;
      }),
    [listing],
  );
  const prune = useCallback(
    () =>
      setSelection((old) => {
        const state = listing.getState();
        const keys = new Set([...old.keys].filter((key) => indexOfKey(state, key) >= 0));
        return keys.size === old.keys.size ? old : { ...old, keys };
      }),
    [listing],
  );
  const reset = useCallback(() => setSelection(none), []);
  return { selection, to, toggle, all, clear, follow, prune, reset };
}

/** Keys of the rows in memory between two places; rows chosen before that are no longer in memory stay chosen. */
function stretched(state: ListingState, old: Selection, from: number, to: number): Set<string> {
  const keys = new Set<string>();
  for (const key of old.keys) if (indexOfKey(state, key) < 0) keys.add(key);
  for (let index = Math.min(from, to); index <= Math.max(from, to); index++) {
    const row = rowAt(state, index);
    if (row) keys.add(row.key);
  }
  return keys;
}
