/** What can be done with the sessions chosen in the table. */
import { ClockArrowUp, ClockFading, Trash2, X } from "lucide-react";
import type { OpenStore } from "../../../shared/connection.ts";
import { askChange, askUnlock } from "../../state/app.ts";
import { useLockReason } from "../../state/stores.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { plural } from "../../ui/format.ts";

export interface BulkBarProps {
  store: OpenStore;
  keys: ReadonlySet<string>;
  onClear: () => void;
}

export function BulkBar({ store, keys, onClear }: BulkBarProps) {
  const reason = useLockReason(store);
  if (keys.size < 2) return null;
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
      {reason && store.capabilities.write && store.locked && (
        <button type="button" className="linkbtn" onClick={askUnlock}>
          Unlock writes
        </button>
      )}
      <span className="grow" />
      <IconButton icon={X} label="Clear the selection" title="Clear. Esc" onClick={onClear} />
    </div>
  );
}
