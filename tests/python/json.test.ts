import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import {
  JsonSyntaxError,
  parseJson,
  parseTypedJson,
  pyFloatText,
  writeJson,
} from "../../src/main/python/json.ts";
import { writeTagged } from "../../src/main/python/tagged.ts";
import {
  PyDecimal,
  PyFloat,
  PyObject,
  PySet,
  PyTuple,
  type PyValue,
} from "../../src/main/python/value.ts";
import { goldenJson } from "./golden.ts";

const problemOf = (act: () => unknown): ProblemError["problem"] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("Nothing was refused");
};

describe("reading", () => {
  // Two keys that collide after conversion are both written by Python; the last wins when read.
  it.each(goldenJson.filter(({ id }) => !id.includes("colliding-keys")))(
    "golden $id is written back as it was",
    ({ text }) => expect(writeJson(parseJson(text))).toBe(text),
  );

  it("the last of equal keys wins at the first one's place", () => {
    const dict = parseJson('{"1":"int","x":2,"1":"str"}');
    expect([...(dict as Map<string, string>)]).toEqual([
      ["1", "str"],
      ["x", 2],
    ]);
  });

  it("no key is special", () => {
    const dict = parseJson('{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}');
    expect(dict).toBeInstanceOf(Map);
    expect([...(dict as Map<string, unknown>).keys()]).toEqual([
      "__proto__",
      "constructor",
      "hasOwnProperty",
    ]);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each([
    ["1", 1],
    ["-0", 0],
    ["1.0", new PyFloat(1)],
    ["-0.0", new PyFloat(-0)],
    ["1e2", new PyFloat(100)],
    ["1E400", new PyFloat(Infinity)],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["999999999999999", 999999999999999],
    ["0", 0],
    ["NaN", new PyFloat(Number.NaN)],
    ["Infinity", new PyFloat(Infinity)],
    ["-Infinity", new PyFloat(-Infinity)],
    [" \t\r\n[ 1 , 2 ] ", [1, 2]],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\ud800x\\udfff"', "\ud800x\udfff"],
    ['"\\/\\b\\f\\n\\r\\t\\"\\\\"', '/\b\f\n\r\t"\\'],
    ['"\xff"', "\xff"],
  ] as [string, PyValue][])("%s", (text, value) => {
    const read = parseJson(text);
    expect(read).toEqual(value);
    expect(typeof read === "number" && Object.is(read, -0)).toBe(false);
  });

  it.each([
    ["", 0],
    ["{", 1],
    ["[1,]", 3],
    ['{"a":1,}', 7],
    ["{a:1}", 1],
    ['{"a" 1}', 5],
    ["01", 1],
    ["1.", 1],
    [".5", 0],
    ["+1", 0],
    ["-", 1],
    ["1 2", 2],
    ['"a\nb"', 2],
    ['"\x1f"', 1],
    ['"\\u12g4"', 5],
    ['"\\x41"', 1],
    ["tru", 0],
    ["'a'", 0],
    ["[1}", 2],
    ["\u00a01", 0],
    ["\ufeff1", 0],
  ])("refuses %j at offset %i", (text, offset) => {
    expect(problemOf(() => parseJson(text))).toMatchObject({ code: "corrupt", detail: { offset } });
  });

  it("says line and column for typed text", () => {
    expect.assertions(2);
    try {
      parseTypedJson('{\n  "a": 1,\n  "b": x\n}');
    } catch (error) {
      expect(error).toBeInstanceOf(JsonSyntaxError);
      expect(error).toMatchObject({ line: 3, column: 8, offset: 19 });
    }
  });

  it("refuses ints of more than 4300 digits, as Python does", () => {
    expect(parseJson("9".repeat(4300))).toBe(BigInt("9".repeat(4300)));
    expect(parseJson(`-${"9".repeat(4300)}`)).toBe(-BigInt("9".repeat(4300)));
    expect(problemOf(() => parseJson("9".repeat(4301))).code).toBe("corrupt");
    expect(parseJson(`${"9".repeat(5000)}.0`)).toEqual(new PyFloat(Infinity));
  });

  it("bounds nesting and the number of containers", () => {
    expect(problemOf(() => parseJson("[".repeat(100_000))).code).toBe("too_deep");
    expect(problemOf(() => parseJson('{"a":'.repeat(100_000))).code).toBe("too_deep");
    const deep = "[".repeat(900) + "]".repeat(900);
    expect(writeJson(parseJson(deep))).toBe(deep);
    expect(problemOf(() => parseJson(`[${deep}]`)).code).toBe("too_deep");
    expect(problemOf(() => parseJson("[[],[],[]]", { maxContainers: 3 })).code).toBe("too_large");
  });
});

describe("writing", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [0.1, "0.1"],
    [1e15, "1000000000000000.0"],
    [9999999999999998, "9999999999999998.0"],
    [1e16, "1e+16"],
    [1.5e16, "1.5e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e21, "1e+21"],
    [1e22, "1e+22"],
    [1e100, "1e+100"],
    [0.0001, "0.0001"],
    [0.00012, "0.00012"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [Number.NaN, "nan"],
    [-Infinity, "-inf"],
  ])("the float %d is %s", (n, text) => expect(pyFloatText(n)).toBe(text));

  it("escapes everything outside printable ASCII", () => {
    expect(writeJson("\0\b\t\n\v\f\r\x1f \"\\/<>&'\x7f\x80é\u2028😀\ud800")).toBe(
      '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\"\\\\/<>&\'\\u007f\\u0080\\u00e9\\u2028\\ud83d\\ude00\\ud800"',
    );
  });

  it("turns keys into text and writes both of two that collide", () => {
    const dict = new Map<PyValue, PyValue>([
      [1, "int"],
      ["1", "str"],
      [new PyFloat(1e22), 0],
      [true, 0],
      [false, 0],
      [null, 0],
      [10n ** 20n, 0],
      [new PyFloat(Number.NaN), new PyTuple([1, new PyTuple([])])],
    ]);
    expect(writeJson(dict)).toBe(
      '{"1":"int","1":"str","1e+22":0,"true":0,"false":0,"null":0,"100000000000000000000":0,"NaN":[1,[]]}',
    );
  });

  it.each([
    [new PySet([1], false), "set"],
    [new Uint8Array([1]), "bytes"],
    [new PyDecimal("1"), "Decimal"],
    [new PyObject("shop.Money", "reduce", new PyTuple([])), "shop.Money"],
    [10n ** 4300n, "int"],
  ] as [PyValue, string][])("refuses %o and says where it is", (node, type) => {
    const value = new Map<PyValue, PyValue>([
      ["n", 1],
      ["cart", [1, new Map([["two words", [node]]])]],
    ]);
    expect(problemOf(() => writeJson(value))).toMatchObject({
      code: "not_writable",
      detail: { path: 'cart[1]["two words"][0]', class: type },
    });
  });

  it("refuses keys that JSON cannot have", () => {
    const value = new Map<PyValue, PyValue>([["a", new Map([[new PyTuple([1]), 1]])]]);
    expect(problemOf(() => writeJson(value))).toMatchObject({
      code: "not_writable",
      detail: { class: "tuple" },
    });
  });

  it("ends on values that contain themselves or grow without end", () => {
    const loop: PyValue[] = [];
    loop.push(loop);
    expect(problemOf(() => writeJson(loop)).code).toBe("too_deep");
    let doubled: PyValue = ["x".repeat(1000)];
    for (let i = 0; i < 40; i++) doubled = [doubled, doubled];
    expect(problemOf(() => writeJson(doubled)).code).toBe("too_large");
  });

  it("writes dict subclasses as Python does", () => {
    const ordered = new PyObject("collections.OrderedDict", "reduce", new PyTuple([]));
    ordered.entries.push(["a", 1], ["b", writeTagged(2)]);
    expect(writeJson(ordered)).toBe('{"a":1,"b":"2"}');
  });
});
