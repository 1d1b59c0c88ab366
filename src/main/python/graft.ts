/**
 * Puts an edited tree onto its original: subtrees that were not changed become the original's own objects.
 *
 * So that objects which are not understood, and values used in two places, survive an edit elsewhere:
 *
 *   original {"a": L, "b": L, "o": <Money>}   edited {"a": [1], "b": [1], "o": stand-in, "c": 2}
 *   result   {"a": L, "b": L, "o": <Money>, "c": 2}
 *
 * A stand-in (`how` "tagged") which is not at its old place is looked for among all objects of the
 * original; one which matches none is an error, because an object is never made from text.
 */
import { ProblemError } from "../problem.ts";
import { keyOf, pyEqual } from "./equal.ts";
import { children } from "./path.ts";
import { recursiveMark, writeTagged } from "./tagged-write.ts";
import {
  PyDatetime,
  type PyDict,
  PyObject,
  PySet,
  PyTime,
  PyTuple,
  type PyValue,
} from "./value.ts";

const isStandIn = (value: PyValue): value is PyObject =>
  value instanceof PyObject && value.how === "tagged";

/** `refuse` makes the error for a stand-in that cannot be resolved. `edited` is changed in place. */
export function graft(
  edited: PyValue,
  original: PyValue | undefined,
  refuse: (standIn: PyObject, why: string) => Error,
): PyValue {
  return new Graft(original, refuse).take(edited, original);
}

/** The tagged text, or undefined where it is longer than any stand-in's; objects can share large children. */
function textOf(object: PyObject, maxLength: number): string | undefined {
  try {
    return writeTagged(object, { maxLength });
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

class Graft {
  private readonly root: PyValue | undefined;
  private readonly refuse: (standIn: PyObject, why: string) => Error;
  private byText: Map<string, PyObject> | undefined;
  /** Original containers being compared, with the stand-in that refers back to each. */
  private readonly open = new Map<PyValue, PyObject | undefined>();

  constructor(root: PyValue | undefined, refuse: (standIn: PyObject, why: string) => Error) {
    this.root = root;
    this.refuse = refuse;
  }

  /** `old` where the two are the same throughout, else `node` with its unchanged parts replaced. */
  take(node: PyValue, old: PyValue | undefined): PyValue {
    if (node === null || typeof node !== "object") return node;
    if (isStandIn(node)) return this.standIn(node, old);
    const comparable =
      typeof old === "object" && old !== null && old.constructor === node.constructor
        ? old
        : undefined;
    if (comparable !== undefined) {
      if (this.open.has(comparable)) {
        this.parts(node, undefined);
        return node;
      }
      this.open.set(comparable, undefined);
    }
    const same = this.parts(node, comparable);
    if (comparable === undefined) return node;
    const pending = this.open.get(comparable);
    this.open.delete(comparable);
    if (same) return comparable;
    if (pending !== undefined)
      throw this.refuse(pending, "The value it refers back to was changed");
    return node;
  }

  /** Grafts the children; true where all of them, and the node itself, are those of `old`. */
  private parts(node: PyValue, old: PyValue | undefined): boolean {
    if (Array.isArray(node)) return this.list(node, Array.isArray(old) ? old : undefined);
    if (node instanceof Map) return this.dict(node, old instanceof Map ? old : undefined);
    if (node instanceof PyTuple)
      return this.list(node.items, old instanceof PyTuple ? old.items : undefined);
    if (node instanceof PySet) {
      const before = old instanceof PySet ? old : undefined;
      return this.list(node.items, before?.items) && before?.frozen === node.frozen;
    }
    if (node instanceof PyDatetime || node instanceof PyTime) {
      const before = old instanceof PyDatetime || old instanceof PyTime ? old : undefined;
      if (node.zone === undefined)
        return old !== undefined && pyEqual(node, old, { strictTypes: true });
      const zone = this.take(node.zone, before?.zone);
      Object.assign(node, { zone });
      return before?.iso === node.iso && before.fold === node.fold && zone === before.zone;
    }
    return old !== undefined && pyEqual(node, old, { strictTypes: true });
  }

  private list(items: PyValue[], old: readonly PyValue[] | undefined): boolean {
    let same = old !== undefined && old.length === items.length;
    for (const [index, item] of items.entries()) {
      const before = old?.[index];
      const taken = this.take(item, before);
      items[index] = taken;
      same &&= taken === before;
    }
    return same;
  }

  private dict(dict: PyDict, old: PyDict | undefined): boolean {
    const oldKeys = old && [...old.keys()];
    let index: Map<string, PyValue> | undefined;
    let same = old !== undefined && old.size === dict.size;
    let place = 0;
    for (const [key, item] of dict) {
      let oldKey: PyValue | undefined = old?.has(key) ? key : undefined;
      if (oldKey === undefined && typeof key === "object" && key !== null && oldKeys) {
        index ??= new Map(oldKeys.map((other) => [keyOf(other, true), other]));
        oldKey = index.get(keyOf(key, true));
      }
      const before = oldKey === undefined ? undefined : old?.get(oldKey);
      const taken = this.take(item, before);
      dict.set(key, taken);
      same &&= oldKey !== undefined && taken === before && oldKeys?.[place] === oldKey;
      place++;
    }
    return same;
  }

  private standIn(node: PyObject, old: PyValue | undefined): PyObject | PyValue {
    if (node.className === recursiveMark) {
      if (old === undefined || !this.open.has(old))
        throw this.refuse(node, "A reference of a value to itself cannot be read from text");
      this.open.set(old, node);
      return old;
    }
    const text = writeTagged(node);
    if (old instanceof PyObject && textOf(old, text.length) === text) return old;
    const found = this.objects().get(text);
    if (found !== undefined) return found;
    throw this.refuse(
      node,
      this.root === undefined
        ? `An object of class ${node.className} cannot be made from text`
        : `The object of class ${node.className} was changed; it can be kept or removed as a whole`,
    );
  }

  /** Objects of the original by their text; of those with very long texts not all. */
  private objects(): Map<string, PyObject> {
    if (this.byText === undefined) {
      this.byText = new Map();
      const seen = new Set<PyValue>();
      let room = 1 << 26;
      const rest: PyValue[] = this.root === undefined ? [] : [this.root];
      for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
        if (value === null || typeof value !== "object" || seen.has(value)) continue;
        seen.add(value);
        if (value instanceof PyObject && room > 0) {
          const text = textOf(value, 1 << 20);
          room -= text?.length ?? 1 << 20;
          if (text !== undefined) this.byText.set(text, value);
        }
        for (const [, child] of children(value)) rest.push(child);
        if (value instanceof Map) rest.push(...value.keys());
      }
    }
    return this.byText;
  }
}
