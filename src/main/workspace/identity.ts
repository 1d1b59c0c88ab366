/** What place a connection points to. */
import { hash } from "node:crypto";
import type { Connection } from "../../shared/connection.ts";
import { driverOf } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";

/** Names the place, the same for every connection to it. */
export const identityOf = (connection: Pick<Connection, "driver" | "options">): string =>
  driverOf(connection.driver).identity(checkedOptions(connection));

/** The id of a place that is no saved connection, the same each time it is opened. */
export const targetId = (identity: string): string => `t-${hash("sha256", identity).slice(0, 16)}`;
