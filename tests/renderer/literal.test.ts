import { describe, expect, test } from "vitest";
import { literalFrom, literalOf } from "../../src/renderer/features/inspector/literal.ts";

describe("what is typed for a type, as tagged JSON", () => {
  test.each([
    ["int", "1", "1"],
    ["int", "+007", "7"],
    ["int", "-0", "-0"],
    ["int", "123456789012345678901234567890", "123456789012345678901234567890"],
    ["float", "1", "1.0"],
    ["float", "1.", "1.0"],
    ["float", ".5", "0.5"],
    ["float", "-1e-9", "-1e-9"],
    ["float", "1.50", "1.50"],
    ["float", "NaN", '{"$type":"float","value":"nan"}'],
    ["float", "-Infinity", '{"$type":"float","value":"-inf"}'],
    ["bool", "true", "true"],
    ["None", "", "null"],
    ["str", ' "x" ', '" \\"x\\" "'],
    ["dict", "", "{}"],
    ["tuple", "", '{"$type":"tuple","value":[]}'],
    ["Decimal", "9.90", '{"$type":"decimal","value":"9.90"}'],
    ["timedelta", "90.5", '{"$type":"timedelta","value":90.5}'],
    ["datetime", "2026-11-20T12:00:00", '{"$type":"datetime","value":"2026-11-20T12:00:00"}'],
  ])("%s %s", (type, typed, literal) => {
    expect(literalFrom(type, typed)).toBe(literal);
  });

  test.each([
    ["int", "1.0"],
    ["int", ""],
    ["float", "one"],
    ["float", "."],
    ["bool", "yes"],
    ["timedelta", "1 day"],
  ])("%s %s is refused with what is expected", (type, typed) => {
    expect(() => literalFrom(type, typed)).toThrow(/^An? \w+ is/);
  });
});

describe("a node as the key of a step", () => {
  test("a tuple of parts that are all there", () => {
    const items = [
      { type: "int", text: "1", size: 1 },
      { type: "float", text: "1.0", size: 3 },
    ];
    expect(literalOf({ type: "tuple", size: 2, items })).toBe('{"$type":"tuple","value":[1,1.0]}');
  });

  test("nothing where the tree holds a part of it only", () => {
    expect(literalOf({ type: "str", text: "ab", size: 90, cut: 88 })).toBeNull();
    expect(literalOf({ type: "tuple", size: 3, items: [], cut: 3 })).toBeNull();
    expect(literalOf({ type: "object", className: "shop.Key", size: 0 })).toBeNull();
  });
});
