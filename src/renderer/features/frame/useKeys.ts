/** Keys that work everywhere. Ctrl, or Cmd on a Mac. */
import { useEffect } from "react";
import { askUnlock, go, setPreference, useApp, type View } from "../../state/app.ts";
import { undo } from "../../state/changes.ts";
import { currentStore, lockWrites } from "../../state/stores.ts";

/** In the order of Ctrl+1, Ctrl+2. */
export const viewOrder: View[] = ["sessions", "purge", "simulate", "lab", "audit"];

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const focusable =
  "button:not([disabled]):not([tabindex='-1']), a[href], input:not([disabled]), select, textarea, [tabindex='0']";

/** F6: the first control of the next region; regions are marked data-region, in reading order. */
function jump(back: boolean): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter(
    (region) => region.offsetParent !== null,
  );
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  for (let step = 1; step <= regions.length; step += 1) {
    const index = at === -1 ? (back ? -step : step - 1) : at + (back ? -step : step);
    const region = regions[(index + 2 * regions.length) % regions.length];
    const controls = [...(region?.querySelectorAll<HTMLElement>(focusable) ?? [])];
    const target = controls.find((control) => control.offsetParent !== null);
    if (!target) continue;
    target.focus();
    return;
  }
}

function toggleSidebar(): void {
  const { sidebar, view } = useApp.getState();
  const narrow = innerWidth <= 1240 || view === "simulate";
  const isRail = sidebar === "rail" || (sidebar === "auto" && narrow);
  setPreference({ sidebar: isRail ? "full" : "rail" });
}

export function useKeys(): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const run = (action: () => void) => {
        event.preventDefault();
        action();
      };
      if (event.key === "F6") return run(() => jump(event.shiftKey));
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const state = useApp.getState();
      const store = currentStore(state);
      const inFrame = store !== null && state.connecting === null;
      const key = event.key.toLowerCase();
      if (event.shiftKey) {
        if (key === "l" && inFrame) run(() => (store.locked ? askUnlock() : void lockWrites()));
        return;
      }
      const view = viewOrder[Number(key) - 1];
      if (view && inFrame) run(() => go(view));
      else if (key === "k" && inFrame) run(() => useApp.setState({ paletteOpen: true }));
      else if (key === "b" && inFrame) run(toggleSidebar);
      else if (key === ",") run(() => useApp.setState({ settingsOpen: true }));
      else if (key === "n") run(() => useApp.setState({ connecting: "new" }));
      else if (key === "o" && inFrame)
        run(() => document.querySelector<HTMLElement>(".topbar .conn")?.click());
      else if (key === "z" && inFrame && !typing(event.target)) run(() => void undo());
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
}
