/** Where a connection's servers are: of its store, and of the cache in front of it. */
import type { Connection } from "../../shared/connection.ts";
import type { Dialled } from "../stores/driver.ts";
import { driverOf } from "../stores/list.ts";
import { checkedOptions } from "./connections.ts";

type Place = Pick<Connection, "driver" | "options">;

/** Those of the store alone; none for a file. bad_request for what is no address. */
export const serversOf = (place: Place): readonly Dialled[] =>
  driverOf(place.driver).servers?.(checkedOptions(place)) ?? [];

/** Those of the store and of its cache. */
export const allServersOf = (connection: Place & Pick<Connection, "cachedBy">): Dialled[] => [
  ...serversOf(connection),
  ...(connection.cachedBy ? serversOf(connection.cachedBy) : []),
];
