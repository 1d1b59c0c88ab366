import { describe, expect, it } from "vitest";
import { toNode } from "../../src/main/python/node.ts";
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
import type { ValueNode } from "../../src/shared/value.ts";

const count = (node: ValueNode): number =>
  1 +
  (node.items ?? []).reduce((sum, item) => sum + count(item), 0) +
  (node.entries ?? []).reduce((sum, { key, value }) => sum + count(key) + count(value), 0);

describe("the tree of a value", () => {
  it.each([
    [null, "None", "None"],
    [true, "bool", "True"],
    [10n ** 20n, "int", "100000000000000000000"],
    [new PyFloat(1), "float", "1.0"],
    ["é", "str", "é"],
    [new Uint8Array([104, 105]), "bytes", "aGk="],
    [new PyByteArray(new Uint8Array([104])), "bytearray", "aA=="],
    [new PyDatetime("2023-11-14T22:13:20+01:00"), "datetime", "2023-11-14T22:13:20+01:00"],
    [new PyDate("2023-11-14"), "date", "2023-11-14"],
    [new PyTime("22:13:20"), "time", "22:13:20"],
    [new PyTimedelta(0, 90, 500_000), "timedelta", "90.5"],
    [new PyDecimal("9.90"), "Decimal", "9.90"],
    [
      new PyUuid("6fa459ea-ee8a-3ca4-894e-db77e160355e"),
      "UUID",
      "6fa459ea-ee8a-3ca4-894e-db77e160355e",
    ],
    [new PyComplex(1, -2), "complex", "(1-2j)"],
  ] as [PyValue, string, string][])("%o is a leaf", (value, type, text) => {
    expect(toNode(value)).toMatchObject({ type, text });
  });

  it("containers keep order, types and keys", () => {
    const value = new Map<PyValue, PyValue>([
      ["b", new PyTuple([1, new PySet([2], true)])],
      [1, []],
    ]);
    expect(toNode(value)).toEqual({
      type: "dict",
      size: 2,
      entries: [
        {
          key: { type: "str", text: "b", size: 1 },
          value: {
            type: "tuple",
            size: 2,
            items: [
              { type: "int", text: "1", size: 1 },
              { type: "frozenset", size: 1, items: [{ type: "int", text: "2", size: 1 }] },
            ],
          },
        },
        { key: { type: "int", text: "1", size: 1 }, value: { type: "list", size: 0, items: [] } },
      ],
    });
  });

  it("an object shows its class and its parts", () => {
    const object = new PyObject("shop.Cart", "reduce", new PyTuple([1]));
    object.state = new Map([["n", 2]]);
    object.entries.push(["k", 3]);
    const node = toNode(object);
    expect(node).toMatchObject({ type: "object", className: "shop.Cart", size: 3 });
    expect(node.entries?.map(({ key, value }) => [key.type, key.text, value.type])).toEqual([
      ["part", "args", "tuple"],
      ["part", "state", "dict"],
      ["str", "k", "int"],
    ]);
    expect(toNode(new PyObject("builtins.list", "global"))).toEqual({
      type: "object",
      className: "builtins.list",
      size: 0,
      text: "builtins.list",
    });
    const zone = new PyObject("pytz._UTC", "reduce", new PyTuple([]));
    expect(toNode(new PyDatetime("2023-01-01T00:00:00+00:00", zone)).className).toBe("pytz._UTC");
  });

  it("long texts are cut and say by how much", () => {
    expect(toNode("x".repeat(30), { maxString: 10 })).toEqual({
      type: "str",
      text: "xxxxxxxxxx",
      size: 30,
      cut: 20,
    });
    expect(toNode(new Uint8Array(30), { maxString: 3 })).toEqual({
      type: "bytes",
      text: "AAAA",
      size: 30,
      cut: 27,
    });
  });

  it("a huge list leaves room for its neighbours", () => {
    const value: PyDict = new Map<PyValue, PyValue>([
      ["big", Array.from({ length: 10_000 }, (_, i) => [i])],
      ["small", [1, 2]],
    ]);
    const node = toNode(value, { maxNodes: 100 });
    expect(count(node)).toBeLessThanOrEqual(100);
    const [big, small] = (node.entries ?? []).map((entry) => entry.value);
    expect(big?.cut).toBe(10_000 - (big?.items?.length ?? 0));
    expect(big?.items?.length).toBeGreaterThan(50);
    expect(small).toMatchObject({ type: "list", size: 2 });
  });

  it("values that contain themselves or share children end", () => {
    const loop: PyValue[] = [1];
    loop.push(loop);
    expect(toNode(loop)).toEqual({
      type: "list",
      size: 2,
      items: [
        { type: "int", text: "1", size: 1 },
        { type: "list", size: 2, recursive: true },
      ],
    });
    let doubled: PyValue = [1];
    for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
    expect(count(toNode(doubled, { maxNodes: 1000 }))).toBeLessThanOrEqual(1000);
  });
});
