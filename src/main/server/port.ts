/** The port face: serves the router to one page over a MessagePort. */
import type { Router } from "@orpc/server";
import { RPCHandler } from "@orpc/server/message-port";
import type { Contract } from "../../shared/contract.ts";

type Port = Parameters<RPCHandler<Record<never, never>>["upgrade"]>[0] & { start?: () => void };

/** A function that serves each port handed to it; calls run concurrently and end with their port. */
export function portFace(router: Router<Contract, Record<never, never>>): (port: Port) => void {
  const handler = new RPCHandler(router);
  return (port) => {
    handler.upgrade(port, { context: {} });
    port.start?.();
  };
}
