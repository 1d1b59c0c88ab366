/** What a store's facts say of its signing keys. */
import type { Connection, OpenStore, StoreKind } from "../../shared/connection.ts";
import type { Keys } from "../jobs/context.ts";

interface Given {
  missingKey: string | null;
  keys: Keys;
  connection: Connection;
}

/** About an open store's keys: which variable is missed, or that there are none. What a cache holds needs none. */
export function keyFacts(
  { missingKey, keys, connection }: Given,
  kind: StoreKind,
): OpenStore["facts"] {
  if (missingKey)
    return [
      {
        level: "warning",
        title: "SECRET_KEY not found",
        text: `The environment variable ${missingKey} is not set. Signatures are not verified.`,
      },
    ];
  if (keys.secretKey || keys.fallbacks.length > 0 || connection.builtin || kind === "cache")
    return [];
  return [
    {
      level: "info",
      title: "No SECRET_KEY",
      text: "Sessions are shown, but their signatures are not verified and nothing can be saved.",
    },
  ];
}
