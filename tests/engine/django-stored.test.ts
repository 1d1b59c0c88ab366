import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { isDict } from "../../src/main/python/value.ts";
import { djangoPython } from "../django/python.ts";

const script = fileURLToPath(new URL("django-sessions.py", import.meta.url));
const secretKey = "interop-secret-é";

function ask(args: string[], input = ""): string {
  const done = spawnSync(djangoPython().python, [script, ...args], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONIOENCODING: "utf8" },
  });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

type Line = {
  form: "signed" | "legacy" | "signed_cookies";
  serializer: string;
  algorithm: "sha1" | "sha256";
  text: string;
};

describe.each([1, 2, 3])("sessions made up from seed %i", (seed) => {
  const lines: Line[] = ask(["write", String(seed)])
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

  test("what Django writes is read with its form, and Django loads what is written back", () => {
    const rewritten = lines.map(({ form, serializer, algorithm, text }) => {
      const reading = readStored(text, { secretKey: "another", fallbacks: [secretKey] });
      expect(reading).toMatchObject({
        encoding: form,
        serializer: serializer.endsWith("JSONSerializer") ? "json" : "pickle",
        signature: "fallback:1",
        mac: algorithm,
        problem: null,
      });
      const { value, encoding, protocol } = reading;
      if (!isDict(value) || reading.serializer === null) throw new Error("no dict");
      return writeStored(value, {
        encoding,
        serializer: reading.serializer,
        protocol,
        secretKey,
        now: 1800000000_000000n,
        ...(algorithm === "sha1" ? { mac: "sha1" } : {}),
      });
    });
    expect(rewritten.length).toBe(720);
    const answer = ask(
      ["check", String(seed)],
      `${rewritten.map((text) => JSON.stringify(text)).join("\n")}\n`,
    );
    expect(JSON.parse(answer)).toEqual([]);
  });
});
