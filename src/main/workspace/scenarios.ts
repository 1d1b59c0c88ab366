/** The scenario files that come with the app. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resourcePath } from "./package.ts";

/** Texts by name without `.json`, in the order they are shown: simple ones first. */
export function scenarioFiles(): { id: string; text: string }[] {
  const folder = resourcePath("scenarios");
  const place = ({ id }: { id: string }): number => {
    const at = order.indexOf(id);
    return at < 0 ? order.length : at;
  };
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({
      id: name.slice(0, -".json".length),
      text: readFileSync(join(folder, name), "utf8"),
    }))
    .sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
}

const order = [
  "checkout",
  "defaults",
  "counter-30",
  "sliding-30-min",
  "browser-length",
  "set-expiry-300",
  "set-expiry-0",
  "nested-change",
  "status-500",
  "login-rotation",
  "fixation",
  "test-cookie",
  "evicted-cache",
  "cached-db-row-deleted",
  "file-never-expires",
  "signed-cookie",
];
