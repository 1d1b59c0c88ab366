/** The drawing of a kind of store. */
import {
  Activity,
  Cookie,
  Database,
  FolderOpen,
  Layers,
  type LucideIcon,
  Plug,
} from "lucide-react";
import type { Connection, DriverInfo, StoreKind } from "../../shared/connection.ts";

const icons: Record<StoreKind, LucideIcon> = {
  db: Database,
  file: FolderOpen,
  cache: Layers,
  signed_cookies: Cookie,
};

export const driverIcon = (driver: DriverInfo): LucideIcon => icons[driver.kind];

/** A driver not known (yet) is a plug. */
export function storeIcon(connection: Connection, drivers: DriverInfo[] | null): LucideIcon {
  if (connection.builtin) return Activity;
  const driver = drivers?.find((entry) => entry.name === connection.driver);
  return driver ? driverIcon(driver) : Plug;
}
