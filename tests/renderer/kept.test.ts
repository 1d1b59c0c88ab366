/** Open scenarios between two windows: what one keeps, the other takes over without losing its own. */
import { expect, test } from "vitest";
import type { Doc } from "../../src/renderer/features/simulate/document.ts";
import { type Kept, merge } from "../../src/renderer/features/simulate/kept.ts";

const doc = (id: string, title: string, saved = false): Doc => {
  const draft = { scenario: { title, steps: [] }, policyName: "A", policies: [] };
  return { id, draft, saved: saved ? draft : null, preset: null, past: [], future: [] };
};
const open = (current: string, ...docs: Doc[]): Kept => ({ docs, current });
const titles = (docs: readonly Doc[]) => docs.map((one) => one.draft.scenario.title);

test("a draft changed elsewhere is shown, the own one is one undo away, however often it changes", () => {
  const [first] = merge(open("a", doc("a", "mine")), open("a", doc("a", "t")));
  expect(first?.past).toMatchObject([{ draft: { scenario: { title: "mine" } } }]);
  if (first === undefined) throw new Error("no document");
  const [again] = merge(open("a", first), open("a", doc("a", "theirs")));
  expect(again?.draft.scenario.title).toBe("theirs");
  expect(again?.past).toBe(first.past);
});

test("what this window has just changed or closed stays so", () => {
  const here = open("a", doc("a", "mine"));
  const there = open("b", doc("a", "theirs"), doc("b", "closed here"), doc("c", "new"));
  expect(titles(merge(here, there, new Set(["a", "b"])))).toEqual(["mine", "new"]);
});

test("what was closed elsewhere goes, unless it is shown", () => {
  const here = open("b", doc("a", "one"), doc("b", "two"));
  expect(titles(merge(here, open("c", doc("c", "three"))))).toEqual(["two", "three"]);
});

test("saved elsewhere is saved here; changed elsewhere is unsaved here", () => {
  const [saved] = merge(open("a", doc("a", "x")), open("a", doc("a", "x", true)));
  expect(saved?.saved).toBe(saved?.draft);
  const [changed] = merge(open("a", doc("a", "x", true)), open("a", doc("a", "y")));
  expect(changed?.saved).not.toBe(changed?.draft);
});

test("nothing new is the same array, so that two windows do not answer each other for ever", () => {
  const here = open("a", doc("a", "one"), doc("b", "two"));
  const there = open("b", doc("b", "two"), doc("a", "one"));
  expect(merge(here, there)).toBe(here.docs);
});
