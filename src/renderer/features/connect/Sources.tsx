/** Where the sessions are: the kinds of stores, the demo store, and what was saved before. */
import {
  Activity,
  ClipboardPaste,
  FolderCode,
  Lock,
  type LucideIcon,
  Pencil,
  Server,
  Trash2,
} from "lucide-react";
import { useId } from "react";
import type { Connection, DriverInfo } from "../../../shared/connection.ts";
import { useApp } from "../../state/app.ts";
import { fullName, openConnection, useConnections } from "../../state/stores.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { IconButton } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Skeleton } from "../../ui/Meters.tsx";
import { colourClass } from "../../ui/marks.ts";
import { driverIcon, storeIcon } from "../../ui/storeIcon.ts";
import { Text, visible } from "../../ui/Text.tsx";
import { isServer } from "./schema.ts";

/** A source: a project, a server of any kind, or one driver of files. */
export type Source = "project" | "server" | `driver:${string}`;

interface Card {
  id: Source;
  icon: LucideIcon;
  title: string;
  keys: string;
  about: string;
}

const cardsOf = (drivers: DriverInfo[]): Card[] => {
  const servers = drivers
    .filter((driver) => isServer(driver) && !driver.schemes[0]?.endsWith("+cache"))
    .map((driver) => driver.title.split(" or ")[0]);
  return [
    {
      id: "project",
      icon: FolderCode,
      title: "Open a Django project folder",
      keys: "Ctrl O",
      about: "Finds the engine, the keys and the user table from settings, read as text",
    },
    ...drivers
      .filter((driver) => !isServer(driver))
      .map((driver) => ({
        id: `driver:${driver.name}` as const,
        icon: driverIcon(driver),
        title: driver.title,
        keys: driver.schemes.includes("sqlite") ? "Ctrl Shift O" : "",
        about: driver.summary,
      })),
    {
      id: "server",
      icon: Server,
      title: "Connect to a server",
      keys: "Ctrl U",
      about: `${servers.join(", ")}, tables and folders of caches`,
    },
  ];
};

export interface SourcesProps {
  drivers: DriverInfo[] | null;
  selected: Source | null;
  onSelect: (source: Source) => void;
  editing: string | null;
  onEdit: (connection: Connection) => void;
  onRemove: (connection: Connection) => void;
}

export function Sources(props: SourcesProps) {
  const { drivers, selected, onSelect, editing, onEdit, onRemove } = props;
  const name = useId();
  const connections = useConnections();
  const loaded = useApp((state) => state.connections !== null);
  const credentials = useApp((state) => state.credentials);
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
          {drivers &&
            cardsOf(drivers).map(({ id, icon, title, keys, about }) => (
              <label className="src" key={id}>
                <input
                  type="radio"
                  className="cover"
                  name={name}
                  checked={selected === id && editing === null}
                  onChange={() => onSelect(id)}
                />
                <span className="glyph">
                  <Icon icon={icon} />
                </span>
                <b>{title}</b>
                {keys && <kbd>{keys}</kbd>}
                <small>{about}</small>
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
                  <Icon
                    icon={storeIcon(connection, drivers)}
                    className={colourClass(connection.colour)}
                  />
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
        <span>
          A project folder, a SQLite file or a URL can be pasted or dropped anywhere in this window.
        </span>
      </div>
      <p className="privacy">
        <Icon icon={Lock} />
        <span>
          {credentials?.kept
            ? "Passwords and keys are kept in the system's credential store, where asked to be."
            : "Passwords and keys are kept in memory only."}{" "}
          Session data stays on this computer.
        </span>
      </p>
    </aside>
  );
}
