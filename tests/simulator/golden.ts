/** The scenarios real Django ran, with the timelines it gave, as texts: 1 and 1.0 stay two things. */
import { readFileSync } from "node:fs";
import { readTagged, writeTagged } from "../../src/main/python/tagged.ts";
import { isDict } from "../../src/main/python/value.ts";

export interface Golden {
  readonly title: string;
  readonly scenario: string;
  readonly expected: string;
}

export const golden: readonly Golden[] = readFileSync(
  new URL("../golden/scenarios.ndjson", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const pair = readTagged(line);
    if (!isDict(pair)) throw new Error("no pair");
    const expected = pair.get("expected") ?? null;
    const title = isDict(expected) ? String(expected.get("title")) : "";
    return {
      title,
      scenario: writeTagged(pair.get("scenario") ?? null),
      expected: writeTagged(expected),
    };
  });
