/**
 * What differs between two values, as lines for a person.
 *
 *   {"n": 1, "cart": [1, 2]}  ->  {"n": 1.0, "cart": [1, 2, 3]}
 *     n        type     1 -> 1.0
 *     cart[2]  added    3
 *
 * Lists are matched from both ends, what is left in between by position. A dict whose keys only changed
 * their order gives one line: the order is written too.
 */
import type { DiffLine } from "../../shared/edit.ts";
import { keyOf, pyEqual } from "./equal.ts";
import { pathText, type Step } from "./path.ts";
import { pyRepr } from "./repr.ts";
import { typeName } from "./type-name.ts";
import { PyDatetime, type PyDict, PyObject, PySet, PyTuple, type PyValue } from "./value.ts";

const shown = 120;
const maxLines = 10_000;

/** Empty where the two would be written the same; at most 10 000 lines. */
export function diffValues(before: PyValue, after: PyValue): DiffLine[] {
  const diff = new Diff();
  diff.compare(before, after, []);
  return diff.lines;
}

class Diff {
  readonly lines: DiffLine[] = [];
  private readonly met = new Map<PyValue, Set<PyValue>>();

  compare(before: PyValue, after: PyValue, path: readonly Step[]): void {
    if (before === after || this.lines.length >= maxLines || this.isMet(before, after)) return;
    if (typeName(before) !== typeName(after)) this.change("type", path, before, after);
    else if (before instanceof Map && after instanceof Map) this.dicts(before, after, path);
    else if (Array.isArray(before) && Array.isArray(after)) this.lists(before, after, path);
    else if (before instanceof PyTuple && after instanceof PyTuple)
      this.lists(before.items, after.items, path);
    else if (before instanceof PySet && after instanceof PySet) this.sets(before, after, path);
    else if (before instanceof PyObject && after instanceof PyObject)
      this.objects(before, after, path);
    else if (!pyEqual(before, after, { strictTypes: true }))
      this.change("changed", path, before, after);
  }

  private isMet(before: PyValue, after: PyValue): boolean {
    if (typeof before !== "object" || before === null) return false;
    const others = this.met.get(before);
    if (others?.has(after)) return true;
    if (others === undefined) this.met.set(before, new Set([after]));
    else others.add(after);
    return false;
  }

  private change(
    kind: "changed" | "type",
    path: readonly Step[],
    before: PyValue,
    after: PyValue,
  ): void {
    this.line(path, kind, changedText(before), changedText(after));
  }

  private line(
    path: readonly Step[],
    kind: DiffLine["kind"],
    before: string | undefined,
    after: string | undefined,
  ): void {
    if (this.lines.length >= maxLines) return;
    this.lines.push({
      path: pathText(path),
      kind,
      ...(before !== undefined ? { before } : {}),
      ...(after !== undefined ? { after } : {}),
    });
  }

  private removed(path: readonly Step[], value: PyValue): void {
    this.line(path, "removed", pyRepr(value, shown), undefined);
  }

  private added(path: readonly Step[], value: PyValue): void {
    this.line(path, "added", undefined, pyRepr(value, shown));
  }

  private dicts(before: PyDict, after: PyDict, path: readonly Step[]): void {
    const old = new Map(Array.from(before.keys(), (key) => [keyOf(key, true), key]));
    const now = new Map(Array.from(after.keys(), (key) => [keyOf(key, true), key]));
    for (const [text, key] of old) {
      const other = now.get(text);
      const step = [...path, { key }];
      if (other === undefined) this.removed(step, before.get(key) ?? null);
      else this.compare(before.get(key) ?? null, after.get(other) ?? null, step);
    }
    for (const [text, key] of now)
      if (!old.has(text)) this.added([...path, { key }], after.get(key) ?? null);
    const kept = [...old].filter(([text]) => now.has(text));
    const order = [...now].filter(([text]) => old.has(text));
    if (kept.some(([text], i) => order[i]?.[0] !== text))
      this.line(path, "changed", keysText(kept), keysText(order));
  }

  private lists(
    before: readonly PyValue[],
    after: readonly PyValue[],
    path: readonly Step[],
  ): void {
    const same = (a: PyValue | undefined, b: PyValue | undefined): boolean =>
      a !== undefined && b !== undefined && pyEqual(a, b, { strictTypes: true });
    const least = Math.min(before.length, after.length);
    let start = 0;
    while (before.length !== after.length && start < least && same(before[start], after[start]))
      start++;
    let end = 0;
    while (
      before.length !== after.length &&
      end < least - start &&
      same(before.at(-1 - end), after.at(-1 - end))
    )
      end++;
    const old = before.slice(start, before.length - end);
    const now = after.slice(start, after.length - end);
    for (let i = 0; i < Math.max(old.length, now.length); i++) {
      const step = [...path, { index: start + i }];
      const [was, is] = [old[i], now[i]];
      if (was === undefined) this.added(step, is ?? null);
      else if (is === undefined) this.removed(step, was);
      else this.compare(was, is, step);
    }
    // Equal members may still hold dicts in another order, which equality does not see.
    for (let i = 0; i < start; i++)
      this.compare(before[i] ?? null, after[i] ?? null, [...path, { index: i }]);
    for (let i = end; i > 0; i--)
      this.compare(before.at(-i) ?? null, after.at(-i) ?? null, [
        ...path,
        { index: after.length - i },
      ]);
  }

  private sets(before: PySet, after: PySet, path: readonly Step[]): void {
    const old = new Set(before.items.map((item) => keyOf(item, true)));
    const now = new Set(after.items.map((item) => keyOf(item, true)));
    for (const [index, item] of before.items.entries())
      if (!now.has(keyOf(item, true))) this.removed([...path, { index }], item);
    for (const [index, item] of after.items.entries())
      if (!old.has(keyOf(item, true))) this.added([...path, { index }], item);
  }

  private objects(before: PyObject, after: PyObject, path: readonly Step[]): void {
    const part = (name: string): Step[] => [...path, { part: name }];
    this.compare(before.args, after.args, part("args"));
    this.compare(before.state ?? null, after.state ?? null, part("state"));
    this.lists(before.items, after.items, part("items"));
    this.lists(
      before.entries.map((entry) => new PyTuple(entry)),
      after.entries.map((entry) => new PyTuple(entry)),
      part("entries"),
    );
  }
}

const keysText = (keys: readonly [string, PyValue][]): string => {
  const text = `keys in the order ${keys.map(([, key]) => pyRepr(key, 40)).join(", ")}`;
  return text.length > shown ? `${text.slice(0, shown - 1)}…` : text;
};

/** repr does not show what isoformat() does not show. */
function changedText(value: PyValue): string {
  const fold = value instanceof PyDatetime && value.fold === 1 ? " fold=1" : "";
  return pyRepr(value, shown) + fold;
}
