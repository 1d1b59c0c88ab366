/** Where a connection's server is, and putting another address in its place. */
import type { Connection } from "../../shared/connection.ts";
import { driverOf } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";

export interface Address {
  host: string;
  port: number;
}

type Place = Pick<Connection, "driver" | "options">;

/** null: no server (a file), or one over a unix socket, or several. */
export function addressOf(connection: Place): Address | null {
  const options = checkedOptions(connection);
  const driver = driverOf(connection.driver);
  if (driver.address) return driver.address(options);
  const { host, port, hosts } = options;
  if (typeof host === "string" && typeof port === "number")
    return host === "" || host.startsWith("/") ? null : { host, port };
  const one = typeof hosts === "string" ? /^(\[[^\]]+\]|[^:,/]+):(\d+)$/.exec(hosts.trim()) : null;
  return one?.[1] ? { host: one[1].replace(/^\[|\]$/g, ""), port: Number(one[2]) } : null;
}

/** The options to lay over those of the connection so that it leads to the other address. */
export function overlayFor(connection: Place, address: Address): Record<string, unknown> {
  const options = checkedOptions(connection);
  const driver = driverOf(connection.driver);
  if (driver.withAddress) return driver.withAddress(options, address);
  if (typeof options["hosts"] === "string") return { hosts: `${address.host}:${address.port}` };
  return { ...address };
}
