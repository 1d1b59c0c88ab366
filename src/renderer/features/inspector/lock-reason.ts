/** Why nothing can be changed on a store just now; null: it can. */
import type { OpenStore } from "../../../shared/connection.ts";

export function lockReason(store: OpenStore): string | null {
  if (!store.capabilities.write) return "This store cannot be written.";
  return store.locked ? "Changes are locked on this connection." : null;
}
