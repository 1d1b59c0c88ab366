/** The current connection in the title bar; drops the list of all, and what can be done with this one. */
import { ChevronsUpDown, Pencil, Plus, RotateCcw, Unplug } from "lucide-react";
import { client, problemOf } from "../../client.ts";
import { touch, useApp } from "../../state/app.ts";
import {
  dropStore,
  fullName,
  openConnection,
  putStore,
  show,
  useConnections,
  useCurrentStore,
  useDrivers,
} from "../../state/stores.ts";
import { EnvBadge } from "../../ui/Badge.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { colourClass } from "../../ui/marks.ts";
import { storeIcon } from "../../ui/storeIcon.ts";
import { Text, visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";

async function close(connection: string): Promise<void> {
  try {
    await client.connections.close({ connection });
    dropStore(connection);
  } catch (error) {
    showToast({ text: problemOf(error).message, tone: "danger" });
  }
}

async function resetDemo(): Promise<void> {
  try {
    const store = await client.connections.resetDemo();
    putStore(store);
    show(store.connection.id);
    touch();
    showToast({ text: "The demo store was made anew." });
  } catch (error) {
    showToast({ text: problemOf(error).message, tone: "danger" });
  }
}

export function ConnectionSwitcher() {
  const store = useCurrentStore();
  const current = useApp((state) => state.current);
  const connections = useConnections();
  const drivers = useDrivers();
  const items: MenuItem[] = connections.map((entry) => ({
    id: entry.connection.id,
    text: <Text value={fullName(entry.connection)} max={80} />,
    icon: storeIcon(entry.connection, drivers),
    checked: entry.connection.id === current,
    end: (
      <>
        {entry.store && "open"}
        <EnvBadge environment={entry.connection.environment} small />
      </>
    ),
    onSelect: () =>
      entry.store ? show(entry.connection.id) : void openConnection(entry.connection.id),
  }));
  items.push({
    id: "new",
    text: "New connection",
    icon: Plus,
    separated: true,
    onSelect: () => useApp.setState({ connecting: "new" }),
  });
  if (store) {
    const { id, builtin } = store.connection;
    const saved = connections.some((entry) => entry.connection.id === id && entry.saved);
    if (!builtin && saved)
      items.push({
        id: "edit",
        text: "Edit, or give SECRET_KEY",
        icon: Pencil,
        onSelect: () => useApp.setState({ connecting: id }),
      });
    if (builtin)
      items.push({
        id: "reset",
        text: "Make the demo store anew",
        icon: RotateCcw,
        onSelect: () => void resetDemo(),
      });
    items.push({
      id: "close",
      text: "Close this connection",
      icon: Unplug,
      onSelect: () => void close(id),
    });
  }
  if (!store) return <span />;
  const { connection } = store;
  return (
    <MenuButton
      label={`Connection: ${visible(fullName(connection))}, ${connection.environment}. Switch connection`}
      title={[
        visible(store.title),
        ...store.facts.map((fact) => `${fact.title}: ${fact.text}`),
      ].join("\n")}
      className="conn"
      items={items}
    >
      <Icon icon={storeIcon(connection, drivers)} className={colourClass(connection.colour)} />
      <b>
        <Text value={fullName(connection)} max={80} />
      </b>
      <EnvBadge environment={connection.environment} />
      <span className="dim conn-sub">
        <Text value={store.title} max={120} />
      </span>
      <Icon icon={ChevronsUpDown} size={12} />
    </MenuButton>
  );
}
