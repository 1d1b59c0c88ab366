/** What can be done with the session that is shown. Locked buttons stay and point to the line that says why. */
import {
  ClockArrowUp,
  ClockFading,
  KeyRound,
  Lock,
  LogOut,
  Pencil,
  Spline,
  Trash2,
} from "lucide-react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { SessionDetail } from "../../../shared/session.ts";
import { askChange, askUnlock, simulate } from "../../state/app.ts";
import { useLockReason } from "../../state/stores.ts";
import { Button } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { visible } from "../../ui/Text.tsx";

export interface ActionsProps {
  store: OpenStore;
  detail: SessionDetail;
  onEdit: () => void;
}

export function Actions({ store, detail, onEdit }: ActionsProps) {
  const reason = useLockReason(store);
  const { row, notEditable } = detail;
  const noExpiry = store.capabilities.setExpiry ? null : "The expiry is part of the data here.";
  const described = reason ? { "aria-describedby": "lock-note" } : {};
  const ask = (kind: "extend" | "expire" | "delete") => () => askChange({ kind, keys: [row.key] });
  const name = row.user && (row.user.name ?? `user ${row.user.id}`);
  return (
    <div className="ins-actions" role="toolbar" aria-label="Session actions">
      {reason ? (
        <p className="lockline" id="lock-note">
          <Icon icon={Lock} />
          {reason}
          {store.capabilities.write && store.locked && (
            <button type="button" className="link" onClick={askUnlock}>
              Unlock writes
            </button>
          )}
        </p>
      ) : (
        notEditable && (
          <p className="lockline">
            <Icon icon={KeyRound} />
            <span>
              Cannot be edited. {visible(notEditable.message)} {visible(notEditable.hint ?? "")}
            </span>
          </p>
        )
      )}
      <div className="row row-4">
        <Button
          icon={Pencil}
          title="Edit. E in the table"
          reason={reason ?? notEditable?.message}
          onClick={onEdit}
          {...described}
        >
          Edit
        </Button>
        <Button
          icon={ClockArrowUp}
          reason={reason ?? noExpiry}
          onClick={ask("extend")}
          {...described}
        >
          Extend
        </Button>
        <Button
          icon={ClockFading}
          reason={reason ?? noExpiry}
          onClick={ask("expire")}
          {...described}
        >
          Expire now
        </Button>
        <Button icon={Trash2} reason={reason} onClick={ask("delete")} {...described}>
          Delete
        </Button>
      </div>
      <div className="row">
        <Button
          icon={Spline}
          title="Its data, expiry and age, and the connection's settings, as the start of a scenario"
          onClick={() =>
            simulate({ from: "session", connection: store.connection.id, key: row.key })
          }
        >
          Simulate from here
        </Button>
        {row.user && name && (
          <Button
            icon={LogOut}
            reason={reason}
            onClick={() => row.user && askChange({ kind: "logout", user: row.user })}
            {...described}
          >
            <span className="cut">Log out {visible(name)} everywhere</span>
          </Button>
        )}
      </div>
    </div>
  );
}
