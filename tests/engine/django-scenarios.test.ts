/** Random scenarios, run here and in real Django 3.2: the timelines are equal. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { jsonSerializer, pickleSerializer } from "../../src/main/engine/serializers.ts";
import { loads, SIGNED_COOKIES_SALT } from "../../src/main/engine/signing.ts";
import { writeTagged } from "../../src/main/python/tagged.ts";
import { isDict, PyDatetime, type PyValue } from "../../src/main/python/value.ts";
import { runScenario } from "../../src/main/simulator/run.ts";
import { readScenarios } from "../../src/main/simulator/scenario.ts";
import { timelineText } from "../../src/main/simulator/timeline.ts";
import { djangoPython } from "../django/python.ts";
import { randomScenario } from "./django-scenarios-random.ts";

const seeds = Array.from({ length: 250 }, (_, seed) => seed);
const runner = fileURLToPath(new URL("./django-runner.py", import.meta.url));

/** Signed cookie values are compared after decoding: the bytes of compressed ones depend on the zlib at hand. */
const comparable = (text: string): unknown =>
  JSON.parse(text, (_, value) =>
    typeof value === "string"
      ? value.replace(/\.?[\w-]+:-?[0-9A-Za-z]{6}:[\w-]{27,43}/g, decoded)
      : value,
  );

function decoded(signed: string): string {
  for (const serializer of [jsonSerializer, pickleSerializer(5)])
    try {
      const value = loads(signed, {
        key: "insecure-scenario-key",
        salt: SIGNED_COOKIES_SALT,
        legacyAlgorithm: "sha1",
        serializer,
      });
      return `${writeTagged(withoutZone(value))} at ${signed.split(":")[1]}`;
    } catch {}
  return signed;
}

/** UTC is pytz's in Django 3.2 and datetime's here: another class, the same moment. */
function withoutZone(value: PyValue): PyValue {
  if (!isDict(value)) return value;
  const expiry = value.get("_session_expiry");
  return expiry instanceof PyDatetime
    ? new Map([...value, ["_session_expiry", expiry.iso]])
    : value;
}

test("random scenarios end as in real Django 3.2", async () => {
  const texts = seeds.map((seed) => JSON.stringify(randomScenario(seed)));
  const run = spawnSync(djangoPython().python, ["-W", "ignore", runner], {
    input: `${texts.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  expect(run.stderr).toBe("");
  const expected = run.stdout.trim().split("\n");
  expect(expected).toHaveLength(seeds.length);
  for (const [index, text] of texts.entries()) {
    const [scenario] = readScenarios(text);
    if (scenario === undefined) throw new Error("no scenario");
    const timeline = timelineText(await runScenario(scenario));
    expect(comparable(timeline), text).toEqual(comparable(expected[index] ?? ""));
  }
}, 120_000);
