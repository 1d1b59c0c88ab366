/** Connections in groups, recycle bin and settings; as a rail of icons where room is short. */
import { ArchiveRestore, PanelLeft, Plus, SlidersHorizontal, TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import { go, setPreference, useApp } from "../../state/app.ts";
import {
  type ConnectionEntry,
  fullName,
  openConnection,
  useConnections,
  useDrivers,
} from "../../state/stores.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { compact, count } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { colourClass } from "../../ui/marks.ts";
import { storeIcon } from "../../ui/storeIcon.ts";
import { Text, visible } from "../../ui/Text.tsx";

const newConnection = () => useApp.setState({ connecting: "new" });
const openSettings = () => useApp.setState({ settingsOpen: true });
const initials = { development: "L", staging: "S", production: "P" };

function useRows() {
  const current = useApp((state) => state.current);
  const view = useApp((state) => state.view);
  const closed = useApp((state) => state.closed);
  const lost = useApp((state) => state.lost);
  const drivers = useDrivers();
  return useConnections().map((entry) => ({
    ...entry,
    icon: storeIcon(entry.connection, drivers),
    isCurrent: entry.connection.id === current && view !== "bin",
    isProd: entry.connection.environment === "production",
    problem: closed[entry.connection.id] ?? lost[entry.connection.id]?.problem ?? null,
    sub:
      entry.store?.title ??
      drivers?.find((driver) => driver.name === entry.connection.driver)?.title ??
      entry.connection.driver,
  }));
}

const classes = (isCurrent: boolean, isProd: boolean) =>
  `${isCurrent ? " is-current" : ""}${isProd ? " is-prod" : ""}`;

function open(entry: ConnectionEntry): void {
  void openConnection(entry.connection.id);
  if (useApp.getState().view === "bin") go("sessions");
}

export function Sidebar() {
  const rows = useRows();
  const bin = useApp((state) => state.bin);
  const view = useApp((state) => state.view);
  const groups = [...new Set(rows.map((row) => row.connection.group))];
  const binCount = bin && bin.entries > 0 ? compact(bin.entries) : "";
  const binLabel = `Recycle bin${bin ? `, ${count(bin.entries)} entries` : ""}`;
  return (
    <nav className="sidebar" aria-label="Connections" data-region="connections">
      <div className="full-only lists">
        <h2>
          Connections{" "}
          <button
            type="button"
            aria-label="New connection"
            title="New connection. Ctrl+N"
            onClick={newConnection}
          >
            <Icon icon={Plus} size={14} />
          </button>
        </h2>
        {groups.map((group) => (
          <Fragment key={group}>
            {group !== "" && (
              <h3>
                <Text value={group} />
              </h3>
            )}
            <ul>
              {rows
                .filter((row) => row.connection.group === group)
                .map((row) => (
                  <li key={row.connection.id}>
                    <button
                      type="button"
                      className={`srow is-two${classes(row.isCurrent, row.isProd)}${row.problem ? " is-off" : ""}`}
                      aria-current={row.isCurrent ? "true" : undefined}
                      title={visible(row.problem?.message ?? row.sub)}
                      onClick={() => open(row)}
                    >
                      <Icon icon={row.icon} className={colourClass(row.connection.colour)} />
                      <span className="name">
                        <Text value={row.connection.name} />
                      </span>
                      {row.problem ? (
                        <Icon icon={TriangleAlert} size={12} className="warn-ico" label="Lost" />
                      ) : (
                        <EnvBadge environment={row.connection.environment} small />
                      )}
                      <span className="sub">
                        <Text value={row.sub} />
                      </span>
                    </button>
                  </li>
                ))}
            </ul>
          </Fragment>
        ))}
      </div>
      <div className="sidebar-foot full-only">
        <button
          type="button"
          className={`srow${view === "bin" ? " is-current" : ""}`}
          aria-current={view === "bin" ? "page" : undefined}
          onClick={() => go("bin")}
        >
          <Icon icon={ArchiveRestore} />
          <span className="name">Recycle bin</span>
          <span className="count">{binCount}</span>
        </button>
        <button type="button" className="srow" onClick={openSettings}>
          <Icon icon={SlidersHorizontal} />
          <span className="name">Settings</span>
          <kbd>Ctrl ,</kbd>
        </button>
      </div>
      <div className="rail rail-only">
        <button
          type="button"
          aria-label="Show sidebar"
          title="Show sidebar. Ctrl+B"
          onClick={() => setPreference({ sidebar: "full" })}
        >
          <Icon icon={PanelLeft} />
        </button>
        <hr />
        <div className="scrollable">
          {rows.map((row) => (
            <button
              key={row.connection.id}
              type="button"
              className={classes(row.isCurrent, row.isProd).trim()}
              aria-current={row.isCurrent ? "true" : undefined}
              aria-label={`${visible(fullName(row.connection))}, ${row.connection.environment}`}
              title={`${visible(fullName(row.connection))}, ${visible(row.sub)}`}
              onClick={() => open(row)}
            >
              <Icon icon={row.icon} className={colourClass(row.connection.colour)} />
              <small>{initials[row.connection.environment]}</small>
            </button>
          ))}
          <hr />
          <button
            type="button"
            aria-label="New connection"
            title="New connection. Ctrl+N"
            onClick={newConnection}
          >
            <Icon icon={Plus} />
          </button>
        </div>
        <button
          type="button"
          className={`push${view === "bin" ? " is-current" : ""}`}
          aria-label={binLabel}
          title={binLabel}
          onClick={() => go("bin")}
        >
          <Icon icon={ArchiveRestore} />
        </button>
        <button type="button" aria-label="Settings" title="Settings. Ctrl+," onClick={openSettings}>
          <Icon icon={SlidersHorizontal} />
        </button>
      </div>
    </nav>
  );
}
