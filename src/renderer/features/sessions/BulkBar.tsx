/** What can be done with the sessions chosen in the table. */
import { ClockArrowUp, ClockFading, Trash2, X } from "lucide-react";
import type { OpenStore } from "../../../shared/connection.ts";
import { askChange, askUnlock } from "../../state.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { plural } from "../../ui/format.ts";

export interface BulkBarProps {
  store: OpenStore;
  keys: ReadonlySet<string>;
  onClear: () => void;
}

/** Why nothing can be changed; null: it can. */
export function lockReason(store: OpenStore): string | null {
  if (!store.capabilities.write) return "This store cannot be written.";
  return store.locked ? "Changes are locked on this connection." : null;
}

export function BulkBar({ store, keys, onClear }: BulkBarProps) {
  if (keys.size < 2) return null;
  const reason = lockReason(store);
  const list = [...keys];
  const ask = (kind: "extend" | "expire" | "delete") => () => askChange({ kind, keys: list });
  const noExpiry = store.capabilities.setExpiry ? null : "The expiry is part of the data here.";
  return (
    <div className="bulkbar" role="toolbar" aria-label="Selected sessions">
      <b>{plural(keys.size, "session")} selected</b>
      <Button icon={ClockArrowUp} reason={reason ?? noExpiry} onClick={ask("extend")}>
        Extend
      </Button>
      <Button icon={ClockFading} reason={reason ?? noExpiry} onClick={ask("expire")}>
        Expire now
      </Button>
      <Button icon={Trash2} variant="danger-quiet" reason={reason} onClick={ask("delete")}>
        Delete
      </Button>
      {reason && store.capabilities.write && (
        <button type="button" className="linkbtn" onClick={askUnlock}>
          Unlock writes
        </button>
      )}
      <span className="grow" />
      <IconButton icon={X} label="Clear the selection" title="Clear. Esc" onClick={onClear} />
    </div>
  );
}
