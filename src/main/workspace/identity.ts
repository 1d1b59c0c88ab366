/** What place a connection points to. */
import { hash } from "node:crypto";
import type { Connection } from "../../shared/connection.ts";
import { driverOf } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";

/** Names the place, the same for every connection to it. What is behind a tunnel is another place. */
export function identityOf(connection: Pick<Connection, "driver" | "options" | "tunnel">): string {
  const place = driverOf(connection.driver).identity(checkedOptions(connection));
  const { tunnel } = connection;
  return tunnel ? `ssh:${tunnel.host}:${tunnel.port ?? ""}|${place}` : place;
}

/** The id of a place that is no saved connection, the same each time it is opened. */
export const targetId = (identity: string): string => `t-${hash("sha256", identity).slice(0, 16)}`;
