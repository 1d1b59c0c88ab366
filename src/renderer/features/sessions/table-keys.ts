/** Keys that act on the chosen sessions, while the table has the focus. Letters alone can be switched off. */
import type { KeyboardEvent } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import { askChange, edit, simulate, useApp } from "../../state/app.ts";
import { lockReason } from "../../state/stores.ts";
import { plural } from "../../ui/format.ts";
import { showToast } from "../../ui/toasts.ts";

export interface TableKeyFacts {
  store: OpenStore;
  /** The chosen sessions, or the focused one. */
  keys: readonly string[];
  /** Esc: stops the scan, else clears the choice, else closes the inspector. */
  backOut: () => boolean;
}

/** Whether the key was for the table. */
export function tableKey(event: KeyboardEvent, facts: TableKeyFacts): boolean {
  const { store, keys } = facts;
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.key === "Escape") return facts.backOut();
  if (ctrl && event.key.toLowerCase() === "c") {
    // A marked piece of text is what the user wants instead.
    if (keys.length === 0 || getSelection()?.toString()) return false;
    void copyKeys(keys);
    return true;
  }
  if (ctrl || event.altKey || keys.length === 0) return false;
  const change = (kind: "extend" | "expire" | "delete"): true => {
    const reason = lockReason(store);
    if (reason) showToast({ text: `${reason} Ctrl+Shift+L unlocks them.`, tone: "warning" });
    else askChange({ kind, keys });
    return true;
  };
  if (event.key === "Delete") return change("delete");
  if (!useApp.getState().singleKeys) return false;
  if (event.key === "x") return change("expire");
  if (event.key === "E") return change("extend");
  const [one] = keys;
  if (event.key === "e" && one !== undefined && keys.length === 1) {
    edit(one);
    return true;
  }
  if (event.key === "s" && one !== undefined && keys.length === 1) {
    simulate({ from: "session", connection: store.connection.id, key: one });
    return true;
  }
  if (event.key === "?") {
    useApp.setState({ shortcutsOpen: true });
    return true;
  }
  return false;
}

async function copyKeys(keys: readonly string[]): Promise<void> {
  try {
    await navigator.clipboard.writeText(keys.join("\n"));
    showToast({
      text: keys.length === 1 ? "Session key copied." : `${plural(keys.length, "key")} copied.`,
    });
  } catch {
    showToast({ text: "The clipboard cannot be written here.", tone: "warning" });
  }
}
