import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { diffValues } from "../../src/main/python/diff.ts";
import { deleteAt, getAt, insertAt, renameKey, setAt } from "../../src/main/python/edit.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { pyRepr } from "../../src/main/python/repr.ts";
import { readTagged } from "../../src/main/python/tagged.ts";
import {
  PyComplex,
  PyDecimal,
  type PyDict,
  PyFloat,
  PyObject,
  PySet,
  PyTuple,
  type PyValue,
} from "../../src/main/python/value.ts";

const problemOf = (act: () => unknown): ProblemError["problem"] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("Nothing was refused");
};

const opaque = new PyObject("shop.Money", "reduce", new PyTuple(["9.90"]));
const session: PyDict = new Map<PyValue, PyValue>([
  [
    "cart",
    new Map<PyValue, PyValue>([
      ["items", [new Map([["sku", "a1"]]), 2]],
      ["price", opaque],
    ]),
  ],
  [1, "int key"],
  ["1", "str key"],
  ["pair", new PyTuple([1, 2])],
  ["none", null],
]);
const items = [{ key: '"cart"' }, { key: '"items"' }];

describe("single edits", () => {
  it("set a value and share the rest", () => {
    const edited = setAt(session, [...items, { index: 0 }, { key: '"sku"' }], "b2") as PyDict;
    expect(getAt(edited, [...items, { index: 0 }, { key: '"sku"' }])).toBe("b2");
    expect(getAt(session, [...items, { index: 0 }, { key: '"sku"' }])).toBe("a1");
    expect(getAt(edited, [{ key: '"cart"' }, { key: '"price"' }])).toBe(opaque);
    expect([...edited.keys()]).toEqual([...session.keys()]);
    expect(edited.get("pair")).toBe(session.get("pair"));
    expect(setAt(session, [], 1)).toBe(1);
    expect(setAt(session, [{ key: '"none"' }], 1)).toMatchObject({ size: 5 });
  });

  it("keys of different types are different", () => {
    expect((setAt(session, [{ key: "1" }], "x") as PyDict).get(1)).toBe("x");
    expect((setAt(session, [{ key: "1" }], "x") as PyDict).get("1")).toBe("str key");
    expect((setAt(session, [{ key: '"1"' }], "x") as PyDict).get(1)).toBe("int key");
    expect((setAt(session, [{ key: '"pair"' }, { index: 1 }], 9) as PyDict).get("pair")).toEqual(
      new PyTuple([1, 9]),
    );
  });

  it("delete, rename, insert", () => {
    expect([...(deleteAt(session, [{ key: '"cart"' }]) as PyDict).keys()]).toEqual([
      1,
      "1",
      "pair",
      "none",
    ]);
    expect(getAt(deleteAt(session, [...items, { index: 0 }]), items)).toEqual([2]);
    expect([...(renameKey(session, [{ key: "1" }], '"one"') as PyDict).keys()]).toEqual([
      "cart",
      "one",
      "1",
      "pair",
      "none",
    ]);
    expect([...(insertAt(session, [], true, '"new"') as PyDict)].at(-1)).toEqual(["new", true]);
    expect(getAt(insertAt(session, items, 3), [...items, { index: 2 }])).toBe(3);
    expect(insertAt(new PySet([1], false), [], 2)).toEqual(new PySet([1, 2], false));
  });

  it.each([
    ["a missing key", () => setAt(session, [{ key: '"x"' }], 1), "not_found"],
    ["a missing index", () => deleteAt(session, [...items, { index: 2 }]), "not_found"],
    ["a negative index", () => setAt(session, [...items, { index: -1 }], 1), "not_found"],
    ["a step into a leaf", () => setAt(session, [{ key: "1" }, { index: 0 }], 1), "not_found"],
    ["a taken key", () => insertAt(session, [], 1, "1.0"), "bad_request"],
    ["a rename onto a taken key", () => renameKey(session, [{ key: "1" }], '"1"'), "bad_request"],
    ["no key", () => insertAt(session, [], 1), "bad_request"],
    ["a key that cannot be hashed", () => insertAt(session, [], 1, "[]"), "bad_request"],
    ["a key that is no tagged text", () => insertAt(session, [], 1, "x"), "bad_json"],
    [
      "an insert into an object",
      () => insertAt(session, [{ key: '"cart"' }, { key: '"price"' }], 1),
      "bad_request",
    ],
    ["deleting everything", () => deleteAt(session, []), "bad_request"],
  ])("refuse %s", (_, act, code) => expect(problemOf(act).code).toBe(code));

  it("refuse parts of a value that contains itself", () => {
    const loop: PyDict = new Map<PyValue, PyValue>([["n", 1]]);
    loop.set("self", [loop]);
    expect(problemOf(() => setAt(loop, [{ key: '"n"' }], 2)).code).toBe("not_writable");
  });
});

describe("differences", () => {
  const lines = (before: string, after: string): string[] =>
    diffValues(readTagged(before), readTagged(after)).map(
      (line) => `${line.path} ${line.kind}: ${line.before ?? ""} > ${line.after ?? ""}`,
    );
  it.each([
    ['{"a":1}', '{"a":1}', []],
    ['{"a":1}', '{"a":1.0}', ["a type: 1 > 1.0"]],
    ['{"a":0.0}', '{"a":-0.0}', ["a changed: 0.0 > -0.0"]],
    ["[NaN]", "[NaN]", []],
    ['{"a":1,"b":2}', '{"b":2,"c":[]}', ["a removed: 1 > ", "c added:  > []"]],
    [
      '{"cart":{"items":[{"sku":"a"},{"sku":"b"}]}}',
      '{"cart":{"items":[{"sku":"a"},{"sku":"c"}]}}',
      ["cart.items[1].sku changed: 'b' > 'c'"],
    ],
    ["[1,2,3,4]", "[1,3,4]", ["[1] removed: 2 > "]],
    ["[1,2]", "[0,1,2]", ["[0] added:  > 0"]],
    ["[1,2]", "[1,2,3]", ["[2] added:  > 3"]],
    ['{"a":[1]}', '{"a":{"$type":"tuple","value":[1]}}', ["a type: [1] > (1,)"]],
    ['{"a b":1}', '{"a b":true}', ['["a b"] type: 1 > True']],
    [
      '{"a":1,"b":2}',
      '{"b":2,"a":1}',
      [" changed: keys in the order 'a', 'b' > keys in the order 'b', 'a'"],
    ],
    [
      '{"$type":"set","value":[1,2]}',
      '{"$type":"set","value":[2,3]}',
      ["[0] removed: 1 > ", "[1] added:  > 3"],
    ],
    [
      '{"$type":"dict","value":[[1,"a"]]}',
      '{"1":"a"}',
      ["[1] removed: 'a' > ", "[\"1\"] added:  > 'a'"],
    ],
    [
      '{"t":{"$type":"datetime","value":"2023-01-01T00:00:00"}}',
      '{"t":{"$type":"datetime","value":"2023-01-01T00:00:00","fold":1}}',
      ["t changed: datetime(2023-01-01T00:00:00) > datetime(2023-01-01T00:00:00) fold=1"],
    ],
  ])("%s to %s", (before, after, expected) => expect(lines(before, after)).toEqual(expected));

  it("see inside objects and end on loops", () => {
    const other = new PyObject("shop.Money", "reduce", new PyTuple(["9.91"]));
    expect(diffValues([opaque], [other])).toEqual([
      { path: "[0].<args>[0]", kind: "changed", before: "'9.90'", after: "'9.91'" },
    ]);
    const loop = (n: number): PyValue[] => {
      const list: PyValue[] = [n];
      list.push(list);
      return list;
    };
    expect(diffValues(loop(1), loop(2))).toHaveLength(1);
    expect(pyEqual(loop(1), loop(1))).toBe(true);
    expect(pyEqual(loop(1), loop(2))).toBe(false);
  });
});

describe("equality", () => {
  it.each([
    [1, new PyFloat(1), true, false],
    [1, true, true, false],
    [new PyFloat(0), new PyFloat(-0), true, false],
    [[1], new PyTuple([1]), false, false],
    [new PySet([1, 2], false), new PySet([2, 1], true), true, false],
    [new PySet([1, 2], true), new PySet([2, 1], true), true, true],
    [
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      new Map([
        ["b", 2],
        ["a", 1],
      ]),
      true,
      true,
    ],
    [new Map([[1, "a"]]), new Map([[new PyFloat(1), "a"]]), true, false],
    [new PyFloat(Number.NaN), new PyFloat(Number.NaN), false, true],
    [new PyDecimal("1.0"), new PyDecimal("1.0"), true, true],
    [new PyComplex(1, 2), new PyComplex(1, 2), true, true],
    [2n ** 70n, new PyFloat(2 ** 70), true, false],
    ["1", 1, false, false],
    [null, false, false, false],
  ] as [PyValue, PyValue, boolean, boolean][])("%o and %o", (a, b, loose, strict) => {
    expect([pyEqual(a, b), pyEqual(b, a)]).toEqual([loose, loose]);
    expect([pyEqual(a, b, { strictTypes: true }), pyEqual(b, a, { strictTypes: true })]).toEqual([
      strict,
      strict,
    ]);
  });

  it("ends on values that double", () => {
    const doubled = (): PyValue => {
      let value: PyValue = [1];
      for (let i = 0; i < 60; i++) value = [value, value];
      return value;
    };
    expect(pyEqual(doubled(), doubled(), { strictTypes: true })).toBe(true);
  });
});

describe("repr", () => {
  it.each([
    ["it's", `"it's"`],
    [`it's "x"`, `'it\\'s "x"'`],
    ["a\\\n\x7f\xa0é\u200b😀\ud800", "'a\\\\\\n\\x7f\\xa0é\\u200b😀\\ud800'"],
    [new Uint8Array([0, 39, 92, 200]), "b'\\x00\\'\\\\\\xc8'"],
    [new PySet([], true), "frozenset()"],
    [new Map<PyValue, PyValue>([[null, [true, new PyTuple([1])]]]), "{None: [True, (1,)]}"],
  ] as [PyValue, string][])("%o", (value, text) => expect(pyRepr(value)).toBe(text));

  it("is cut at the length asked for", () => {
    expect(pyRepr("x".repeat(1000), 10)).toBe("'xxxxxxxx…");
    expect(
      pyRepr(
        Array.from({ length: 100_000 }, (_, i) => i),
        20,
      ),
    ).toHaveLength(20);
  });
});
