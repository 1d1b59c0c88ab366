import { Buffer } from "node:buffer";
import { constants, deflateRawSync, deflateSync, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inflateZlib, inflateZlibText } from "../../src/main/engine/inflate.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { errorOf } from "./golden.ts";

/** Numbers that look random and are the same in every run. */
function source(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const strategies = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

test("streams of every level and strategy come out as Node's zlib reads them", () => {
  const next = source(1);
  for (let round = 0; round < 600; round++) {
    const bytes = Buffer.alloc(Math.floor(next() * 6000));
    const letters = 1 + Math.floor(next() * 255);
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(next() * next() * letters);
    const strategy = strategies[round % 5] ?? 0;
    const packed = deflateSync(bytes, { level: round % 10, strategy, windowBits: 9 + (round % 7) });
    expect(inflateZlib(packed).equals(bytes)).toBe(true);
    expect(inflateZlibText(packed)).toBe(bytes.toString("latin1"));
    expect(inflateZlib(Buffer.concat([packed, Buffer.from("junk")])).equals(bytes)).toBe(true);
  }
});

test("codes longer than the table looks", () => {
  // Frequencies like Fibonacci's numbers give the longest Huffman codes.
  const parts: Buffer[] = [];
  for (let symbol = 0, a = 1, b = 1; symbol < 20; symbol++, [a, b] = [b, a + b])
    parts.push(Buffer.alloc(a, symbol));
  const bytes = Buffer.concat(parts);
  const next = source(5);
  for (let at = bytes.length - 1; at > 0; at--) {
    const other = Math.floor(next() * (at + 1));
    [bytes[at], bytes[other]] = [bytes[other] ?? 0, bytes[at] ?? 0];
  }
  const packed = deflateSync(bytes, { strategy: constants.Z_HUFFMAN_ONLY });
  expect(inflateZlib(packed).equals(bytes)).toBe(true);
});

describe("what is no stream", () => {
  const good = deflateSync(
    Buffer.from(JSON.stringify({ cart: [1, 2, 3], user: "alice".repeat(40) })),
  );

  test("is refused in Python's words", () => {
    const message = (bytes: Uint8Array) => errorOf(() => inflateZlib(bytes))?.message;
    expect(message(Buffer.alloc(0))).toBe(
      "Error -5 while decompressing data: incomplete or truncated stream",
    );
    expect(message(Buffer.from("{}"))).toBe(
      "Error -3 while decompressing data: incorrect header check",
    );
    expect(message(deflateRawSync(Buffer.from("raw deflate")))).toMatch(/^Error -3/);
    const sum = Buffer.from(good);
    sum[sum.length - 1] = (sum[sum.length - 1] ?? 0) ^ 1;
    expect(message(sum)).toBe("Error -3 while decompressing data: incorrect data check");
  });

  test("cut anywhere it is truncated", () => {
    for (let length = 0; length < good.length; length++)
      expect(errorOf(() => inflateZlib(good.subarray(0, length)))?.message, `${length}`).toBe(
        "Error -5 while decompressing data: incomplete or truncated stream",
      );
  });

  test("with bits flipped it gives what Node's zlib gives, or nothing", () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bent = Buffer.from(good);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const reference = (() => {
        try {
          return inflateSync(bent).toString("latin1");
        } catch {
          return undefined;
        }
      })();
      let own: string | undefined;
      const error = errorOf(() => {
        own = inflateZlibText(bent);
      });
      expect(own, `bit ${bit}`).toBe(reference);
      if (own === undefined) expect(error?.type).toBe("error");
    }
  });
});

test("a bomb stops at the bound", () => {
  const bomb = deflateSync(Buffer.alloc(80_000_000));
  for (const bound of [undefined, 1000, 1_000_000]) {
    const refused = (() => {
      try {
        return inflateZlib(bomb, bound);
      } catch (error) {
        return error;
      }
    })();
    if (!(refused instanceof ProblemError)) throw new Error("inflated");
    expect(refused.problem).toMatchObject({
      code: "too_large",
      detail: { maxBytes: bound ?? 67108864 },
    });
  }
  expect(inflateZlib(deflateSync(Buffer.alloc(1000)), 1000).length).toBe(1000);
});
