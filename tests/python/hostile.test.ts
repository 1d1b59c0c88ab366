/**
 * Input made to hurt. Every reader ends with a value or a problem, whatever the bytes, and what it gives
 * goes through everything else that is done with a value, within 1 GB for all of it. The corpus holds the starting
 * points.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { diffValues } from "../../src/main/python/diff.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { parseJson, writeJson } from "../../src/main/python/json.ts";
import { toNode } from "../../src/main/python/node.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { pyRepr } from "../../src/main/python/repr.ts";
import { readTagged, writeTagged } from "../../src/main/python/tagged.ts";
import { PyObject, PyTuple, type PyValue } from "../../src/main/python/value.ts";
import { memoryStaysUnder } from "../peak.ts";
import { goldenPickles } from "./golden.ts";
import { anyValue, seed } from "./values.ts";

const limit = 1 << 20;

/** The value, or undefined where a problem was answered; anything else that is thrown fails the test. */
function orProblem<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** Everything the app does with a value. */
function use(value: PyValue): void {
  expect(pyRepr(value, 200).length).toBeLessThanOrEqual(200);
  toNode(value, { maxNodes: 2000, maxString: 100 });
  const text = orProblem(() => writeTagged(value, { maxLength: limit }));
  if (text !== undefined) orProblem(() => readTagged(text, { original: value }));
  orProblem(() => writeJson(value, limit));
  for (const protocol of [0, 2, 5]) {
    const written = orProblem(() => dumpPickle(value, protocol));
    const again = written && orProblem(() => loadPickle(written));
    if (again) {
      pyEqual(value, again.value, { strictTypes: true });
      diffValues(value, again.value);
    }
  }
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const code = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.code;
    throw error;
  }
  return undefined;
};

memoryStaysUnder(1024);

describe("depth", () => {
  const n = 100_000;
  it.each([
    ["lists under marks", `${"(".repeat(n)}${"l".repeat(n)}.`, "too_deep"],
    ["lists", `${"](".repeat(n)}${"e".repeat(n)}.`, "too_deep"],
    ["tuples built from inside", `N${"\x85".repeat(n)}.`, "too_deep"],
    ["dict values", `${"}K\x01".repeat(n)}N${"s".repeat(n)}.`, "too_deep"],
    ["frozensets", `${"(".repeat(n)}N${"\x91".repeat(n)}.`, "too_deep"],
    ["states", `${"ca\nb\n)\x81".repeat(n)}${"b".repeat(n - 1)}.`, "too_deep"],
    ["makers", `ca\nb\n${")R".repeat(n)}.`, "too_deep"],
  ])("%s", (_, text, expected) => {
    const answer = code(() => use(loadPickle(bytes(text)).value));
    expect(answer).toBe(expected);
  });

  it("a chain through the memo that the stack never holds", () => {
    const links = Array.from({ length: 5000 }, () => "]\x94(h\0e").join("");
    const text = `\x80\x04]\x94${links}.`;
    const answer = code(() => use(loadPickle(bytes(text)).value));
    expect(answer).toBeUndefined();
  });

  it("a value 900 deep goes everywhere", () => {
    let value: PyValue = [];
    for (let i = 1; i < 900; i++) value = i % 2 ? new PyTuple([value]) : [value];
    const read = loadPickle(dumpPickle(value, 4)).value;
    use(read);
    expect(pyEqual(read, value, { strictTypes: true })).toBe(true);
    expect(readTagged(writeTagged(parseJson("[".repeat(900) + "]".repeat(900))))).toBeInstanceOf(
      Array,
    );
  });
});

describe("growth", () => {
  it.each([
    ["lists that double through the memo", `\x80\x04]\x94${doubling(60)}.`],
    ["tuples that double by DUP", `\x80\x04N\x85${"2\x86".repeat(500)}.`],
    ["a dict key that doubles", `\x80\x04}N\x85${"2\x86".repeat(60)}Ns.`],
    ["a set of tuples that double", `\x80\x04\x8f(N\x85${"2\x86".repeat(60)}\x90.`],
  ])("%s", (_, text) => use(loadPickle(bytes(text)).value));

  it("the same huge key again and again", () => {
    const key = `(${"\x8c\xc8".concat("k".repeat(200)).repeat(250)}t`;
    const sets = Array.from({ length: 20_000 }, () => "h\0Ns").join("");
    expect(code(() => loadPickle(bytes(`\x80\x04${key}\x940}${sets}.`)))).toBe("too_large");
  });

  it("the same deep tuple hashed again and again", () => {
    const tuple = `N${"\x85".repeat(800)}`;
    const sets = Array.from({ length: 50_000 }, () => "h\0\x85Ns").join("");
    const text = `\x80\x04${tuple}\x940}${sets}.`;
    expect(code(() => loadPickle(bytes(text)))).toBeUndefined();
  });

  it("many objects that share a large child, edited as text", () => {
    const child = ["x".repeat(100_000)];
    const maker = new PyObject("shop.Money", "global", null, null, "shop");
    const objects = Array.from({ length: 2000 }, (_, i) => {
      const object = new PyObject("shop.Money", "newobj", new PyTuple([]), maker);
      object.state = [i, child];
      return object;
    });
    const wanted = '[{"$type":"object","class":"shop.Money","state":null}]';
    expect(code(() => readTagged(wanted, { original: ["moved", ...objects] }))).toBe("bad_json");
  });

  it("more objects than the limit", () => {
    expect(code(() => loadPickle(bytes(`${"]".repeat(1001)}.`), { maxContainers: 1000 }))).toBe(
      "too_large",
    );
    expect(code(() => loadPickle(bytes(`${")".repeat(3_000_000)}.`)))).toBe("too_large");
  });

  it("a frame, a str and an int that claim gigabytes", () => {
    for (const text of [
      "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f]",
      "\x80\x04\x8d\0\0\0\0\x10\0\0\0a.",
      "\x8b\xff\xff\xff\x7f.",
      "B\xff\xff\xff\xffa.",
      "\x96\0\0\0\0\0\0\x10\0.",
    ])
      expect(code(() => loadPickle(bytes(text)))).toBe("corrupt");
  });
});

function doubling(times: number): string {
  let text = "";
  for (let i = 0; i < times; i++) {
    const h = `h${String.fromCharCode(i)}`;
    text += `](${h}${h}e\x94`;
  }
  return text;
}

describe("cut off", () => {
  const whole = [
    ...goldenPickles.filter(({ bytes: all }) => all.length < 600).map(({ bytes: all }) => all),
    ...fc
      .sample(anyValue, { seed: 7, numRuns: 40 })
      .map((value) => Buffer.from(dumpPickle(value, 4))),
  ];
  it("a pickle cut at any byte is corrupt", () => {
    for (const all of whole)
      for (let end = 0; end < all.length; end++)
        expect(code(() => loadPickle(all.subarray(0, end)))).toBe("corrupt");
  });
  it("a JSON text cut at any character is corrupt", () => {
    const text = '{"a":[1.5,-2,true,null,"\\u00e9\\n",{"b":[]},NaN],"c":"x"}';
    for (let end = 0; end < text.length; end++)
      expect(code(() => parseJson(text.slice(0, end)))).toBe("corrupt");
    expect(code(() => parseJson(text))).toBeUndefined();
  });
});

describe(`mutations, seed ${seed}`, () => {
  const folder = `${import.meta.dirname}/corpus`;
  const corpus = readdirSync(folder).map((name) => ({
    name,
    content: readFileSync(`${folder}/${name}`),
  }));
  const change = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("flip", "put", "drop", "copy"),
    byte: fc.oneof(
      fc.nat({ max: 255 }),
      fc.constantFrom(...bytes("(.0123QRbcdeghijlopqrstu}])\x81\x85\x86\x8c\x93\x94")),
    ),
    length: fc.integer({ min: 1, max: 12 }),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 6 });

  function mutate(
    content: Buffer,
    all: { at: number; kind: string; byte: number; length: number }[],
  ): Buffer {
    let out = Buffer.from(content);
    for (const { at, kind, byte, length } of all) {
      const place = at % (out.length + 1);
      const before = out.subarray(0, place);
      if (kind === "flip" && place < out.length) out[place] = (out[place] ?? 0) ^ (1 << (byte & 7));
      else if (kind === "put")
        out = Buffer.concat([before, Buffer.from([byte]), out.subarray(place)]);
      else if (kind === "drop") out = Buffer.concat([before, out.subarray(place + length)]);
      else
        out = Buffer.concat([
          before,
          out.subarray(byte % (out.length + 1)).subarray(0, length),
          out.subarray(place),
        ]);
    }
    return out;
  }

  it.each(corpus)("$name", ({ content }) => {
    const text = content.toString("latin1");
    const isText = /^\s*[[{"]/.test(text);
    const first = orProblem(() => (isText ? readTagged(text) : loadPickle(content).value));
    const readable = first !== undefined;
    if (readable) use(first);
    let read = 0;
    fc.assert(
      fc.property(changes, (all) => {
        const changed = mutate(content, all);
        const value = isText
          ? orProblem(() => readTagged(changed.toString("latin1")))
          : orProblem(() => loadPickle(changed).value);
        if (isText) orProblem(() => parseJson(changed.toString("latin1")));
        if (value === undefined) return;
        read++;
        use(value);
      }),
      { seed, numRuns: 400 },
    );
    // Where the start can be read, some of its mutations must be too, or the test would prove little.
    if (readable) expect(read).toBeGreaterThan(0);
  });
});
