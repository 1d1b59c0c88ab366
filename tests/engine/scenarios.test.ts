/** Every scenario that real Django ran gives the same timeline here, through the engine alone. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loads, SIGNED_COOKIES_SALT } from "../../src/main/engine/signing.ts";
import { readTagged, writeTagged } from "../../src/main/python/tagged.ts";
import type { PyValue } from "../../src/main/python/value.ts";
import { isDict } from "../../src/main/python/value.ts";
import { runScenario } from "../../src/main/simulator/run.ts";
import { readScenario } from "../../src/main/simulator/scenario.ts";
import { timelineText } from "../../src/main/simulator/timeline.ts";

const lines = readFileSync(new URL("../golden/scenarios.ndjson", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "");

interface Pair {
  line: string;
  title: string;
  scenario: PyValue;
  expected: string;
}

const pairs = lines.map((line): Pair => {
  // Read with Python's types, so that 1 and 1.0 and the order of keys are kept.
  const pair = readTagged(line);
  if (!isDict(pair)) throw new Error("no pair");
  const expected = pair.get("expected") ?? null;
  const scenario = pair.get("scenario") ?? null;
  if (!isDict(expected) || !isDict(scenario)) throw new Error("no pair");
  return {
    line,
    title: `${scenario.get("django")} ${expected.get("title")}`,
    scenario,
    expected: writeTagged(expected),
  };
});

/** Signed cookie values are compared after decoding: the bytes of compressed ones depend on the zlib at hand. */
function comparable(text: string): unknown {
  return JSON.parse(text, (_, value) =>
    typeof value === "string"
      ? value.replace(/\.?[\w-]+:[0-9A-Za-z]{6}:[\w-]{43}/g, decoded)
      : value,
  );
}

function decoded(signed: string): string {
  const value = loads(signed, { key: "insecure-scenario-key", salt: SIGNED_COOKIES_SALT });
  return `${writeTagged(value)} at ${signed.split(":")[1]}`;
}

describe("scenarios", () => {
  test.each(pairs)("$title", async ({ scenario, expected }) => {
    const timeline = await runScenario(readScenario(scenario));
    expect(comparable(timelineText(timeline))).toEqual(comparable(expected));
  });

  test("all 237 are there", () => {
    expect(pairs).toHaveLength(237);
  });
});
