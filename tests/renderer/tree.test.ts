import { expect, test } from "vitest";
import {
  openAtFirst,
  pathText,
  preview,
  treeLines,
} from "../../src/renderer/features/inspector/tree.ts";
import type { ValueNode } from "../../src/shared/value.ts";

const str = (text: string): ValueNode => ({ type: "str", text, size: text.length });
const int = (n: number): ValueNode => ({ type: "int", text: String(n), size: 1 });
const dict = (entries: Record<string, ValueNode>): ValueNode => ({
  type: "dict",
  size: Object.keys(entries).length,
  entries: Object.entries(entries).map(([key, value]) => ({ key: str(key), value })),
});
const list = (items: ValueNode[], cut = 0): ValueNode => ({
  type: "list",
  size: items.length + cut,
  items,
  ...(cut ? { cut } : {}),
});

const session = dict({
  id: int(7),
  cart: dict({ items: list([dict({ sku: str("A") }), dict({ sku: str("B") })]) }),
  seen: list([int(1), int(2)]),
});

test("folded, only the top is there; each line knows its way and its place", () => {
  const lines = treeLines(session, new Set());
  expect(lines.map((line) => line.label)).toEqual(["id", "cart", "seen"]);
  expect(lines.map((line) => [line.at, line.of])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  expect(lines[1]).toMatchObject({ folds: true, open: false, path: [{ key: '"cart"' }] });
});

test("open at first: dicts and lists of dicts, not plain lists", () => {
  const lines = treeLines(session, openAtFirst(session));
  expect(lines.map((line) => `${line.depth} ${line.label}`)).toEqual([
    "0 id",
    "0 cart",
    "1 items",
    "2 0",
    "3 sku",
    "2 1",
    "3 sku",
    "0 seen",
  ]);
  expect(pathText(lines[4]?.path ?? [])).toBe("cart.items[0].sku");
});

test("a huge value opens nothing that would fill the panel", () => {
  const many = dict({ big: list(Array.from({ length: 500 }, () => dict({ a: int(1) }))) });
  expect(treeLines(many, openAtFirst(many))).toHaveLength(1);
});

test("what was left out is a line of its own, without a way to it", () => {
  const root = dict({ big: list([int(1)], 999) });
  const lines = treeLines(root, new Set(["", '/"big"']));
  expect(lines.at(-1)).toMatchObject({ cut: 999, path: null });
});

test("members of a set have no address", () => {
  const root = dict({ tags: { type: "set", size: 1, items: [str("x")] } });
  expect(treeLines(root, new Set(['/"tags"'])).at(-1)?.path).toBeNull();
});

test("previews are bounded and say when they are cut", () => {
  expect(preview(dict({}))).toBe("{}");
  expect(preview(list([int(1), int(2)]))).toBe("[1, 2]");
  expect(preview(str('a "b"\n'))).toBe('"a \\"b\\"\\n"');
  expect(preview(list(Array.from({ length: 400 }, (_, n) => int(n))))).toMatch(/^\[0, 1, .*, …\]$/);
  expect(preview(list(Array.from({ length: 400 }, (_, n) => int(n)))).length).toBeLessThan(120);
});

test("keys that are no names are quoted in a path", () => {
  expect(pathText([{ key: '"two words"' }, { key: "1" }, { index: 3 }])).toBe(
    '["two words"][1][3]',
  );
});
