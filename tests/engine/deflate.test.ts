import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { deflateZlib } from "../../src/main/engine/deflate.ts";
import { inflateZlib } from "../../src/main/engine/inflate.ts";
import { djangoPython } from "../django/python.ts";

test("CPython's bytes, in any order of sizes", () => {
  let state = 3;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const words = [
    "_auth_user_id",
    "cart",
    '{"sku":"A-1001"',
    "é",
    "0123456789abcdef",
    ",",
    ":",
    "null",
  ];
  const raws = Array.from({ length: 400 }, (_, index) => {
    if (index % 10 === 0) return Buffer.from(Array.from({ length: next(3000) }, () => next(256)));
    const length = index % 25 === 0 ? 20000 : 60;
    return Buffer.from(
      Array.from({ length: next(length) }, () => words[next(words.length)]).join(""),
    );
  });
  raws.push(Buffer.alloc(0), Buffer.alloc(300_000, "ab"), Buffer.alloc(1, 1));
  const script =
    "import sys,json,zlib,base64\nprint(json.dumps([base64.b64encode(zlib.compress(base64.b64decode(x))).decode() for x in json.load(sys.stdin)]))";
  const done = spawnSync(djangoPython().python, ["-c", script], {
    input: JSON.stringify(raws.map((raw) => raw.toString("base64"))),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const packed = raws.map((raw) => Buffer.from(deflateZlib(raw)));
  expect(packed.map((bytes) => bytes.toString("base64"))).toEqual(JSON.parse(done.stdout));
  expect(
    packed.every((bytes, index) => inflateZlib(bytes).equals(raws[index] ?? Buffer.alloc(0))),
  ).toBe(true);
});
