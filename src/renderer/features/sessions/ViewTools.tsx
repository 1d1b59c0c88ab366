/** Refresh and the columns to show, drawn into the view tabs' corner. */
import { Columns3, RefreshCw } from "lucide-react";
import { createPortal } from "react-dom";
import { touch } from "../../state/app.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { columns } from "./columns.tsx";

export interface ViewToolsProps {
  /** Column id to whether it is shown; absent: shown. */
  visible: Readonly<Record<string, boolean>>;
  /** Where there is a cache in front, it has a column. */
  paired: boolean;
  onVisible: (visible: Record<string, boolean>) => void;
}

/** The session key and the state stay: without them a row says nothing. */
const fixed = ["state", "key"];

export function ViewTools({ visible, paired, onVisible }: ViewToolsProps) {
  const place = document.getElementById("view-tools");
  if (!place) return null;
  const items = columns
    .filter(({ id = "" }) => !fixed.includes(id) && (paired || id !== "pair"))
    .map((column) => {
      const id = column.id ?? "";
      const shown = visible[id] !== false;
      return {
        id,
        text: String(column.header),
        checked: shown,
        end: shown ? "shown" : "hidden",
        onSelect: () => onVisible({ ...visible, [id]: !shown }),
      };
    });
  return createPortal(
    <>
      <IconButton icon={RefreshCw} label="Refresh" title="Refresh. F5" onClick={touch} />
      <MenuButton items={items} label="Columns" title="Columns" className="iconbtn">
        <Icon icon={Columns3} />
      </MenuButton>
    </>,
    place,
  );
}
