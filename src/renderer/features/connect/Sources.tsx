/** Where the sessions are: the kinds of stores, the demo store, and what was saved before. */
import { Activity, ClipboardPaste, Lock, Pencil, Trash2 } from "lucide-react";
import { useId } from "react";
import type { Connection, DriverInfo } from "../../../shared/connection.ts";
import { fullName, openConnection, useApp, useConnections } from "../../state.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { IconButton } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Skeleton } from "../../ui/Meters.tsx";
import { driverIcon, storeIcon } from "../../ui/storeIcon.ts";
import { Text, visible } from "../../ui/Text.tsx";

/** The keys of a source, as its kbd shows them. */
export const sourceKeys = (driver: DriverInfo): string =>
  driver.schemes.includes("sqlite") ? "Ctrl Shift O" : driver.kind === "file" ? "Ctrl U" : "";

export interface SourcesProps {
  drivers: DriverInfo[] | null;
  selected: string;
  onSelect: (driver: string) => void;
  editing: string | null;
  onEdit: (connection: Connection) => void;
  onRemove: (connection: Connection) => void;
}

export function Sources(props: SourcesProps) {
  const { drivers, selected, onSelect, editing, onEdit, onRemove } = props;
  const name = useId();
  const connections = useConnections();
  const loaded = useApp((state) => state.connections !== null);
  const demo = connections.find((entry) => entry.connection.builtin);
  const saved = connections.filter((entry) => !entry.connection.builtin);
  return (
    <aside className="sources" aria-label="Where the sessions are" data-region="sources">
      <h1>Connect to a session store</h1>
      <p>
        Sessions are read where Django keeps them. Nothing changes in the store until writes are
        unlocked.
      </p>
      <div className="srclist">
        <div role="radiogroup" aria-label="Source">
          {drivers?.map((driver) => (
            <label className="src" key={driver.name}>
              <input
                type="radio"
                className="cover"
                name={name}
                checked={selected === driver.name && editing === null}
                onChange={() => onSelect(driver.name)}
              />
              <span className="glyph">
                <Icon icon={driverIcon(driver)} />
              </span>
              <b>{driver.title}</b>
              {sourceKeys(driver) && <kbd>{sourceKeys(driver)}</kbd>}
              <small>{driver.summary}</small>
            </label>
          ))}
        </div>
        {(!drivers || !loaded) && (
          <div className="src" aria-hidden="true">
            <span className="glyph" />
            <Skeleton width="70%" />
          </div>
        )}
        {demo && (
          <>
            <hr />
            <button
              type="button"
              className="src"
              onClick={() => void openConnection(demo.connection.id)}
            >
              <span className="glyph">
                <Icon icon={Activity} />
              </span>
              <b>Try the demo store</b>
              <kbd>Ctrl D</kbd>
              <small>
                About 2,000 generated sessions in every encoding and state, in a SQLite file of its
                own
              </small>
            </button>
          </>
        )}
      </div>
      {saved.length > 0 && (
        <section className="saved">
          <h2>Saved connections</h2>
          <ul>
            {saved.map(({ connection, store, saved: isSaved }) => (
              <li key={connection.id} className={editing === connection.id ? "is-current" : ""}>
                <button
                  type="button"
                  className="srow"
                  title={`Open ${visible(fullName(connection))} read-only`}
                  onClick={() => void openConnection(connection.id)}
                >
                  <Icon icon={storeIcon(connection, drivers)} />
                  <span className="name">
                    <Text value={fullName(connection)} max={120} />
                  </span>
                  <EnvBadge environment={connection.environment} small />
                  <span className="sub">{store ? "open" : "closed"}</span>
                </button>
                {isSaved && (
                  <>
                    <IconButton
                      icon={Pencil}
                      label={`Edit ${visible(connection.name)}`}
                      onClick={() => onEdit(connection)}
                    />
                    <IconButton
                      icon={Trash2}
                      label={`Remove ${visible(connection.name)}`}
                      onClick={() => onRemove(connection)}
                    />
                  </>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="drop">
        <Icon icon={ClipboardPaste} />
        <span>A path or a URL of a store can be pasted or dropped anywhere in this window.</span>
      </div>
      <p className="privacy">
        <Icon icon={Lock} />
        <span>
          Keys are kept in memory while a connection is open. Session data stays on this computer.
        </span>
      </p>
    </aside>
  );
}
