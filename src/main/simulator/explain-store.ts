/** A call on the store, in words. */
import type { ExplainedLine } from "../../shared/run.ts";
import { isoMicros } from "../engine/time.ts";
import type { Scenario } from "./scenario.ts";
import type { StoreEvent } from "./trace.ts";

export function storeLine(
  { area, call, key, hit, expires }: StoreEvent,
  { settings }: Scenario,
): ExplainedLine {
  const what = area === "rows" ? "row" : area === "cache" ? "cache entry" : "file";
  const until =
    expires == null ? "" : `, until ${isoMicros(expires).slice(0, 19).replace("T", " ")} UTC`;
  const line = (text: string, rule: string, level: ExplainedLine["level"] = "info") =>
    ({ by: "store", text, rule, level }) as const;
  switch (call) {
    case "find":
      if (hit) return line(`The ${what} of ${key} is read.`, "SessionStore.load");
      return area === "cache"
        ? line(
            `No ${what} for ${key}.`,
            "SessionStore.load",
            settings.SESSION_ENGINE.endsWith("cached_db") ? "info" : "warning",
          )
        : line(
            `No live ${what} for ${key}: the key is forgotten, an unknown key is never taken over.`,
            "SessionStore.load",
            "warning",
          );
    case "exists":
      return line(`Is there a ${what} for ${key}? ${hit ? "Yes" : "No"}.`, "SessionStore.exists");
    case "insert":
      return line(
        hit ? `A new ${what} for ${key}${until}.` : `The ${what} for ${key} is taken.`,
        "SessionStore.save(must_create=True)",
      );
    case "create":
      return line(
        hit ? `An empty ${what} for ${key} is made first.` : `The ${what} for ${key} is taken.`,
        "SessionStore.save(must_create=True)",
      );
    case "update":
      return hit
        ? line(`The ${what} of ${key} is written${until}.`, "SessionStore.save", "good")
        : line(`The ${what} of ${key} has vanished: UpdateError.`, "SessionStore.save", "warning");
    case "evict":
      return line(
        `The cache is full and drops the entry of ${key}.`,
        "MAX_ENTRIES, CULL_FREQUENCY",
        "warning",
      );
    default:
      return line(
        `The ${what} of ${key} is deleted${hit ? "" : ", though there is none"}.`,
        "SessionStore.delete",
      );
  }
}
