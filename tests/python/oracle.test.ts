/** Generated values go Python -> TypeScript -> Python unchanged: JSON and pickle protocols 0 to 5. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { parseJson, writeJson } from "../../src/main/python/json.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { readTagged, writeTagged } from "../../src/main/python/tagged.ts";
import type { PyValue } from "../../src/main/python/value.ts";
import { type Oracle, startOracle } from "./oracle.ts";
import { anyValue, jsonValue, seed } from "./values.ts";

const protocols = [0, 1, 2, 3, 4, 5];
const runs = 2000;
const batch = 200;
let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

/** The JSON text, or null where the value has none. */
function jsonOrNull(value: PyValue): string | null {
  try {
    return writeJson(value);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === "not_writable") return null;
    throw error;
  }
}

describe(`generated values, seed ${seed}`, () => {
  it(`${runs} values survive every pickle protocol, and Django writes the same JSON`, async () => {
    const values = fc.sample(anyValue, { seed, numRuns: runs });
    for (let start = 0; start < values.length; start += batch) {
      const some = values.slice(start, start + batch);
      const made = (await oracle.ask({ op: "make", values: some.map((v) => writeTagged(v)) })) as {
        pickles: string[];
        json: string | null;
      }[];
      const items = made.map(({ pickles }, index) => ({
        again: pickles.map((text, protocol) => {
          const read = loadPickle(Buffer.from(text, "base64"));
          return Buffer.from(dumpPickle(read.value, protocol)).toString("base64");
        }),
        fresh: protocols.map((protocol) =>
          Buffer.from(dumpPickle(some[index] ?? null, protocol)).toString("base64"),
        ),
      }));
      const bad = (await oracle.ask({ op: "check", items })) as [number, string, string, string][];
      expect(bad, `FC_SEED=${seed}, values ${start} and on`).toEqual([]);
      for (const [index, value] of some.entries())
        expect(jsonOrNull(value), `FC_SEED=${seed}, ${writeTagged(value)}`).toBe(made[index]?.json);
    }
  });

  it(`${runs} values come back from tagged text as they were`, () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom(0, 2), (value, indent) => {
        const text = writeTagged(value, { indent });
        expect(writeTagged(readTagged(text), { indent })).toBe(text);
      }),
      { seed, numRuns: runs },
    );
  });

  it(`${runs} values survive Django's JSON, byte for byte`, async () => {
    const values = fc.sample(jsonValue, { seed, numRuns: runs });
    const texts = values.map((value) => writeJson(value));
    for (const [index, text] of texts.entries()) {
      expect(writeJson(parseJson(text)), `FC_SEED=${seed}`).toBe(text);
      // JSON joins the two halves of a surrogate pair written apart; a value read once is stable.
      const once = writeTagged(parseJson(text));
      expect(once, `FC_SEED=${seed}`).toBe(writeTagged(values[index] ?? null));
    }
    expect(await oracle.ask({ op: "loads", texts })).toEqual(texts);
  });

  it("refuses and accepts the same damaged JSON as Django", async () => {
    const damage = fc.record({
      at: fc.nat(),
      take: fc.nat({ max: 2 }),
      put: fc.constantFrom(...damages),
    });
    const texts = fc
      .sample(fc.tuple(jsonValue, fc.array(damage, { minLength: 1, maxLength: 3 })), {
        seed,
        numRuns: runs,
      })
      .map(([value, all]) => {
        let text = writeJson(value);
        for (const { at, take, put } of all) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + put + text.slice(place + take);
        }
        return text;
      });
    const ours = texts.map((text) => {
      try {
        return writeJson(parseJson(text));
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError);
        return null;
      }
    });
    const theirs = (await oracle.ask({ op: "loads", texts })) as (string | null)[];
    for (const [index, text] of texts.entries())
      expect(ours[index], `FC_SEED=${seed}, ${JSON.stringify(text)}`).toBe(theirs[index]);
    expect(theirs.filter((answer) => answer === null).length).toBeGreaterThan(runs / 10);
    expect(theirs.filter((answer) => answer !== null).length).toBeGreaterThan(runs / 10);
  });
});

const damages = [
  "",
  " ",
  "\n",
  "\v",
  "\u00a0",
  "0",
  "-",
  "-0",
  "1.",
  ".5",
  "1e5",
  "1E+",
  "e",
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  '"',
  "\\",
  "\\u12",
  "\\ud800",
  "\\x",
  "true",
  "nul",
  "NaN",
  "Infinity",
  "-Infinity",
  "\x01",
  "\x7f",
  "é",
  "01",
];
