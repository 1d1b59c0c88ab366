import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { readTagged, writeTagged } from "../../src/main/python/tagged.ts";
import {
  PyByteArray,
  PyComplex,
  PyDate,
  PyDatetime,
  PyDecimal,
  type PyDict,
  PyFloat,
  PyObject,
  PySet,
  PyTime,
  PyTimedelta,
  PyTuple,
  PyUuid,
  type PyValue,
} from "../../src/main/python/value.ts";

const pairs: [PyValue, string][] = [
  [1, "1"],
  [12345678901234567890n, "12345678901234567890"],
  [new PyFloat(1), "1.0"],
  [new PyFloat(1e16), "1e+16"],
  [new PyFloat(Number.NaN), '{"$type":"float","value":"nan"}'],
  [new PyFloat(-Infinity), '{"$type":"float","value":"-inf"}'],
  [new PyTuple([1, new PyTuple([])]), '{"$type":"tuple","value":[1,{"$type":"tuple","value":[]}]}'],
  [new PySet([1, "a"], false), '{"$type":"set","value":[1,"a"]}'],
  [new PySet([], true), '{"$type":"frozenset","value":[]}'],
  [new Uint8Array([104, 105]), '{"$type":"bytes","value":"aGk="}'],
  [new PyByteArray(new Uint8Array()), '{"$type":"bytearray","value":""}'],
  [
    new PyDatetime("2023-11-14T22:13:20.000005+01:00"),
    '{"$type":"datetime","value":"2023-11-14T22:13:20.000005+01:00"}',
  ],
  [
    new PyDatetime("2023-10-29T02:30:00", undefined, 1),
    '{"$type":"datetime","value":"2023-10-29T02:30:00","fold":1}',
  ],
  [new PyDate("2023-11-14"), '{"$type":"date","value":"2023-11-14"}'],
  [new PyTime("22:13:20"), '{"$type":"time","value":"22:13:20"}'],
  [new PyTimedelta(0, 90, 500_000), '{"$type":"timedelta","value":90.5}'],
  [new PyTimedelta(14, 0, 0), '{"$type":"timedelta","value":1209600.0}'],
  [new PyTimedelta(-1, 86_399, 999_999), '{"$type":"timedelta","value":-0.000001}'],
  [
    new PyTimedelta(999_999_999, 86_399, 999_999),
    '{"$type":"timedelta","value":"86399999999999.999999"}',
  ],
  [new PyDecimal("9.90"), '{"$type":"decimal","value":"9.90"}'],
  [
    new PyUuid("6fa459ea-ee8a-3ca4-894e-db77e160355e"),
    '{"$type":"uuid","value":"6fa459ea-ee8a-3ca4-894e-db77e160355e"}',
  ],
  [new PyComplex(1, -2.5), '{"$type":"complex","value":"(1-2.5j)"}'],
  [new PyComplex(-0, Number.NaN), '{"$type":"complex","value":"(-0+nanj)"}'],
  [new Map<PyValue, PyValue>([[1, "a"]]), '{"$type":"dict","value":[[1,"a"]]}'],
  [new Map([["$type", "tuple"]]), '{"$type":"dict","value":[["$type","tuple"]]}'],
  [new Map([["__proto__", []]]), '{"__proto__":[]}'],
  ["é\ud800\n", '"é\\ud800\\n"'],
];

const problemOf = (act: () => unknown): ProblemError["problem"] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("Nothing was refused");
};

describe("tagged text", () => {
  it.each(pairs)("%o", (value, text) => {
    expect(writeTagged(value)).toBe(text);
    expect(readTagged(text)).toEqual(value);
  });

  it("takes what people type", () => {
    expect(readTagged("[NaN, -Infinity, 1e3]")).toEqual([
      new PyFloat(Number.NaN),
      new PyFloat(-Infinity),
      new PyFloat(1000),
    ]);
    expect(readTagged('{"$type":"datetime","value":"2023-01-31 10:00Z"}')).toEqual(
      new PyDatetime("2023-01-31T10:00:00+00:00"),
    );
    expect(readTagged('{"$type":"uuid","value":"6FA459EAEE8A3CA4894EDB77E160355E"}')).toEqual(
      new PyUuid("6fa459ea-ee8a-3ca4-894e-db77e160355e"),
    );
    expect(readTagged('{"$type":"timedelta","value":-90}')).toEqual(new PyTimedelta(-1, 86_310, 0));
  });

  it("indents", () => {
    expect(
      writeTagged(
        new Map<string, PyValue>([
          ["a", [1, []]],
          ["b", new Map()],
        ]),
        { indent: 2 },
      ),
    ).toBe('{\n  "a": [\n    1,\n    []\n  ],\n  "b": {}\n}');
  });

  it.each([
    ['{"a":1,\n "b":[1,\n 2,,3]}', 3, 4],
    ['{"a":\n {"$type":"tupel","value":[]}}', 2, 2],
    ['[{"$type":"tuple","value":1}]', 1, 2],
    ['[{"$type":"tuple","value":[],"more":1}]', 1, 2],
    ['[{"$type":"bytes","value":"a"}]', 1, 2],
    ['[{"$type":"date","value":"2023-02-29"}]', 1, 2],
    ['[{"$type":"datetime","value":"2023-02-28"}]', 1, 2],
    ['[{"$type":"time","value":"24:00:00"}]', 1, 2],
    ['[{"$type":"timedelta","value":"x"}]', 1, 2],
    ['[{"$type":"decimal","value":1.5}]', 1, 2],
    ['[{"$type":"uuid","value":"1"}]', 1, 2],
    ['[{"$type":"complex","value":"1+xj"}]', 1, 2],
    ['[{"$type":"float","value":"1"}]', 1, 2],
    ['[{"$type":"set","value":[[1]]}]', 1, 2],
    ['[{"$type":"dict","value":[[{},1]]}]', 1, 2],
    ['[{"$type":"dict","value":[[1]]}]', 1, 2],
    ['[{"$type":"recursive"}]', 1, 2],
    ['[{"$type":"object","class":"a.B","state":null}]', 1, 2],
    ['[{"$type":1}]', 1, 2],
  ])("refuses %s at line %i, column %i", (text, line, column) => {
    expect(problemOf(() => readTagged(text))).toMatchObject({
      code: "bad_json",
      detail: { line, column },
    });
  });

  it("a value that contains itself ends, and is read back only as the unchanged original", () => {
    const loop: PyDict = new Map();
    loop.set("self", loop).set("n", 1);
    const text = writeTagged(loop);
    expect(text).toBe('{"self":{"$type":"recursive"},"n":1}');
    expect(readTagged(text, { original: loop })).toBe(loop);
    const changed = text.replace("1", "2");
    expect(problemOf(() => readTagged(changed, { original: loop })).code).toBe("bad_json");
  });

  it("values that share children do not grow without end", () => {
    let doubled: PyValue = ["x".repeat(1000)];
    for (let i = 0; i < 40; i++) doubled = [doubled, doubled];
    expect(problemOf(() => writeTagged(doubled)).code).toBe("too_large");
  });
});

describe("editing around opaque objects", () => {
  const money = new PyObject(
    "shop.Money",
    "reduce",
    new PyTuple(["9.90", "EUR"]),
    new PyObject("shop.Money", "global", null, null, "shop"),
  );
  const shared = [1, 2];
  const original: PyDict = new Map<PyValue, PyValue>([
    ["n", 1],
    ["price", money],
    ["a", shared],
    ["b", shared],
    ["list", [money, new PyFloat(1)]],
  ]);

  it("an edit elsewhere keeps them, and what was shared stays shared", () => {
    const edited = readTagged(writeTagged(original).replace('"n":1', '"n":2'), { original });
    expect(edited).toEqual(new Map([...original, ["n", 2]]));
    const dict = edited as PyDict;
    expect(dict.get("price")).toBe(money);
    expect(dict.get("a")).toBe(dict.get("b"));
    const again = loadPickle(dumpPickle(edited, 4)).value as PyDict;
    expect(again.get("a")).toBe(again.get("b"));
    expect(writeTagged(again)).toBe(writeTagged(edited));
  });

  it("an unchanged text is the original itself", () => {
    expect(readTagged(writeTagged(original, { indent: 2 }), { original })).toBe(original);
  });

  it("they can be moved and removed, not changed", () => {
    const text = writeTagged(original);
    const moved = readTagged(`{"elsewhere":${writeTagged(money)}}`, { original }) as PyDict;
    expect(moved.get("elsewhere")).toBe(money);
    expect(
      problemOf(() => readTagged(text.replaceAll("9.90", "0.10"), { original })),
    ).toMatchObject({
      code: "bad_json",
      message: expect.stringContaining("shop.Money"),
      detail: { line: 1, column: text.indexOf('{"$type":"object"') + 1 },
    });
  });

  it("a type that was changed is not taken for unchanged", () => {
    const text = writeTagged(original).replace("1.0", "1");
    const list = (readTagged(text, { original }) as PyDict).get("list") as PyValue[];
    expect(list).toEqual([money, 1]);
  });
});
