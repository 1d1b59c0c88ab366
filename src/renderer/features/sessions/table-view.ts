/** What the grid follows besides its list: its width, the window's, and whether its rows are still the same ones. */
import { type RefObject, useLayoutEffect, useState, useSyncExternalStore } from "react";
import type { SessionRow } from "../../../shared/session.ts";

export function useElementWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

const narrowWindow = matchMedia("(max-width: 1240px)");
const onNarrow = (change: () => void): (() => void) => {
  narrowWindow.addEventListener("change", change);
  return () => narrowWindow.removeEventListener("change", change);
};

/** In a narrow window the columns of lower priority drop; the inspector stays. */
export const useNarrow = (): boolean => useSyncExternalStore(onNarrow, () => narrowWindow.matches);

/** The same array as long as the rows are the same ones: the table compares by identity. */
export function useSameRows(rows: SessionRow[]): SessionRow[] {
  const [kept, setKept] = useState(rows);
  const same = kept.length === rows.length && kept.every((row, index) => row === rows[index]);
  if (!same) setKept(rows);
  return same ? kept : rows;
}
