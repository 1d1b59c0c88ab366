/**
 * The way from a value to a node in it, and its text: `cart.items[0].sku`, `["two words"]`, `[1]`.
 *
 * A step into a list, tuple or set is an index, one into a dict is the key itself. Parts of an object
 * that is not understood are steps too: `.<state>`, `.<args>`, `.<items>`, `.<entries>`.
 */

import { pyRepr } from "./repr.ts";
import { PyDatetime, PyObject, PySet, PyTime, PyTuple, type PyValue } from "./value.ts";

export type Step = { key: PyValue } | { index: number } | { part: string };

/** The path as text; "" is the value itself. */
export function pathText(path: readonly Step[]): string {
  let text = "";
  for (const step of path)
    if ("index" in step) text += `[${step.index}]`;
    else if ("part" in step) text += `${text && "."}<${step.part}>`;
    else if (typeof step.key === "string")
      text += /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step.key)
        ? (text && ".") + step.key
        : `[${JSON.stringify(step.key.length > 80 ? `${step.key.slice(0, 80)}…` : step.key)}]`;
    else text += `[${pyRepr(step.key, 60)}]`;
  return text;
}

/** The children of a node with the step that leads to each, keys of dicts left out. */
export function* children(value: PyValue): Generator<[Step, PyValue]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield [{ index }, item];
  else if (value instanceof Map) for (const [key, item] of value) yield [{ key }, item];
  else if (value instanceof PyTuple || value instanceof PySet)
    for (const [index, item] of value.items.entries()) yield [{ index }, item];
  else if (value instanceof PyDatetime || value instanceof PyTime) {
    if (value.zone !== undefined) yield [{ part: "tzinfo" }, value.zone];
  } else if (value instanceof PyObject) {
    if (value.maker !== null && value.maker.how !== "global")
      yield [{ part: "class" }, value.maker];
    if (value.args !== null) yield [{ part: "args" }, value.args];
    if (value.state !== undefined) yield [{ part: "state" }, value.state];
    for (const [index, item] of value.items.entries()) yield [{ index }, item];
    for (const [key, item] of value.entries) yield [{ key }, item];
  }
}

/** The first way from `root` to the very node `wanted`, or undefined. Goes through each container once. */
export function findPath(root: PyValue, wanted: PyValue): Step[] | undefined {
  const seen = new Set<PyValue>();
  const path: Step[] = [];
  const open: Generator<[Step, PyValue]>[] = [];
  const enter = (value: PyValue): boolean => {
    if (value === wanted) return true;
    open.push(children(value));
    return false;
  };
  if (enter(root)) return path;
  while (open.length > 0) {
    const next = open.at(-1)?.next();
    if (next === undefined || next.done) {
      open.pop();
      path.pop();
      continue;
    }
    const [step, child] = next.value;
    if (typeof child === "object" && child !== null && child !== wanted) {
      if (seen.has(child)) continue;
      seen.add(child);
    } else if (child !== wanted) continue;
    path.push(step);
    if (enter(child)) return path;
  }
  return undefined;
}
