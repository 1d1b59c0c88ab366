/**
 * Single changes to a value. Each gives a new value that shares everything off the path with the old one,
 * opaque objects included.
 *
 *   setAt({"cart": {"n": 1}}, [{ key: '"cart"' }, { key: '"n"' }], 2)   {"cart": {"n": 2}}
 *
 * A step's key is tagged JSON text, so that 1, 1.0 and "1" are told apart. A changed dict keeps its order.
 */
import type { PathStep } from "../../shared/edit.ts";
import { problem } from "../problem.ts";
import { isHashable, keyOf } from "./equal.ts";
import { children } from "./path.ts";
import { pyRepr } from "./repr.ts";
import { readTagged } from "./tagged-read.ts";
import { typeName } from "./type-name.ts";
import { type PyDict, PySet, PyTuple, type PyValue } from "./value.ts";

type Change = (container: PyValue, step: PathStep) => PyValue;

/** The node a path leads to; problem `not_found` where it leads nowhere. */
export function getAt(value: PyValue, path: readonly PathStep[]): PyValue {
  let node = value;
  for (const step of path) node = child(node, step);
  return node;
}

/** An empty path replaces the value itself. */
export function setAt(value: PyValue, path: readonly PathStep[], newValue: PyValue): PyValue {
  return changeAt(value, path, newValue, (container, step) => {
    child(container, step);
    return replace(container, step, newValue);
  });
}

/** Problem `bad_request` for the value itself. */
export function deleteAt(value: PyValue, path: readonly PathStep[]): PyValue {
  return changeAt(value, path, undefined, (container, step) => {
    child(container, step);
    if (container instanceof Map && "key" in step) {
      const dict: PyDict = new Map(container);
      dict.delete(dictKey(container, step.key) ?? null);
      return dict;
    }
    const at = "index" in step ? step.index : -1;
    return withItems(container, (items) => items.toSpliced(at, 1));
  });
}

/** The entry keeps its place. `newKey` is tagged JSON text; problem `bad_request` where it is taken. */
export function renameKey(value: PyValue, path: readonly PathStep[], newKey: string): PyValue {
  return changeAt(value, path, undefined, (container, step) => {
    if (!(container instanceof Map) || !("key" in step))
      throw problem("bad_request", "Only a key of a dict can be renamed.");
    child(container, step);
    const old = dictKey(container, step.key) ?? null;
    const key = readKey(newKey);
    if (keyOf(key) !== keyOf(old) && dictKey(container, newKey) !== undefined)
      throw problem("bad_request", `The key ${pyRepr(key, 60)} is already there.`);
    return new Map(Array.from(container, ([k, v]) => (k === old ? [key, v] : [k, v])));
  });
}

/**
 * Adds to the dict, list, tuple or set at `path`, at its end. `key` is tagged JSON text, for a dict only;
 * problem `bad_request` where it is missing or taken.
 */
export function insertAt(
  value: PyValue,
  path: readonly PathStep[],
  newValue: PyValue,
  key?: string,
): PyValue {
  const container = getAt(value, path);
  if (container instanceof Map) {
    if (key === undefined) throw problem("bad_request", "An entry of a dict needs a key.");
    if (dictKey(container, key) !== undefined)
      throw problem("bad_request", `The key ${pyRepr(readKey(key), 60)} is already there.`);
    return setAt(value, path, new Map([...container, [readKey(key), newValue]]));
  }
  if (container instanceof PySet && container.items.some((item) => keyOf(item) === keyOf(newValue)))
    throw problem("bad_request", `${pyRepr(newValue, 60)} is already in the set.`);
  if (container instanceof PySet) hashable(newValue);
  return setAt(
    value,
    path,
    withItems(container, (items) => [...items, newValue]),
  );
}

function changeAt(
  value: PyValue,
  path: readonly PathStep[],
  instead: PyValue | undefined,
  change: Change,
): PyValue {
  const [step, ...rest] = path;
  if (step === undefined) {
    if (instead !== undefined) return instead;
    throw problem("bad_request", "The value as a whole can only be replaced.");
  }
  if (containsItself(value))
    throw problem("not_writable", "A value that contains itself cannot be changed in parts.");
  if (rest.length === 0) return change(value, step);
  return replace(value, step, changeAt(child(value, step), rest, instead, change));
}

/** True where `value` is one of its own descendants: a copy would still refer to the old one. */
function containsItself(value: PyValue): boolean {
  const seen = new Set<PyValue>();
  const open: PyValue[] = [value];
  for (let node = open.pop(); node !== undefined; node = open.pop())
    for (const [, inner] of children(node)) {
      if (inner === value && typeof inner === "object" && inner !== null) return true;
      if (typeof inner !== "object" || inner === null || seen.has(inner)) continue;
      seen.add(inner);
      open.push(inner);
    }
  return false;
}

function readKey(text: string): PyValue {
  const key = readTagged(text);
  hashable(key);
  return key;
}

/** Throws `bad_request` for what Python cannot use as a key or a member of a set. */
function hashable(value: PyValue): void {
  if (!isHashable(value))
    throw problem(
      "bad_request",
      `${pyRepr(value, 60)} cannot be a key or a member of a set: it holds a list, dict, set or bytearray.`,
    );
}

/** The dict's own key that Python holds equal to the one in `text`. */
function dictKey(dict: PyDict, text: string): PyValue | undefined {
  const key = readTagged(text);
  if (dict.has(key)) return key;
  const wanted = keyOf(key);
  for (const other of dict.keys()) if (keyOf(other) === wanted) return other;
  return undefined;
}

function child(container: PyValue, step: PathStep): PyValue {
  if ("key" in step) {
    const key = container instanceof Map ? dictKey(container, step.key) : undefined;
    const value = key !== undefined && container instanceof Map ? container.get(key) : undefined;
    if (value !== undefined) return value;
  } else {
    const value = itemsOf(container)?.[step.index];
    if (value !== undefined) return value;
  }
  throw problem(
    "not_found",
    `A ${typeName(container)} has no ${"key" in step ? `key ${step.key.slice(0, 60)}` : `index ${step.index}`}.`,
  );
}

const itemsOf = (container: PyValue): PyValue[] | undefined =>
  Array.isArray(container)
    ? container
    : container instanceof PyTuple || container instanceof PySet
      ? container.items
      : undefined;

/** A copy with the child at `step` replaced; the step is known to be there. */
function replace(container: PyValue, step: PathStep, value: PyValue): PyValue {
  if (container instanceof Map && "key" in step)
    return new Map(container).set(dictKey(container, step.key) ?? null, value);
  const index = "index" in step ? step.index : -1;
  if (container instanceof PySet) hashable(value);
  return withItems(container, (items) => items.with(index, value));
}

function withItems(container: PyValue, change: (items: PyValue[]) => PyValue[]): PyValue {
  if (Array.isArray(container)) return change(container);
  if (container instanceof PyTuple) return new PyTuple(change(container.items));
  if (container instanceof PySet) return new PySet(change(container.items), container.frozen);
  throw problem("bad_request", `Nothing can be added to or taken from a ${typeName(container)}.`);
}
