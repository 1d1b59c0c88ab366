/**
 * A value as the bounded tree the page shows (shared/value.ts).
 *
 *   Map { "a" => [1, 1.5] }   { type: "dict", size: 1, entries: [{ key: { type: "str", text: "a", size: 1 },
 *                               value: { type: "list", size: 2, items: [..] } }] }
 *
 * The tree is filled level by level, so that one huge list does not take the room of its neighbours.
 * An object shows its parts as entries whose keys have the type "part": args, state.
 */
import { Buffer } from "node:buffer";
import type { ValueNode } from "../../shared/value.ts";
import { pyFloatText } from "./float.ts";
import { complexText, secondsText } from "./repr.ts";
import { typeName } from "./type-name.ts";
import {
  PyByteArray,
  PyComplex,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFloat,
  PyObject,
  PySet,
  PyTime,
  PyTimedelta,
  PyTuple,
  PyUuid,
  type PyValue,
} from "./value.ts";

export type NodeLimits = {
  /** Nodes in all, keys counted. */
  maxNodes?: number;
  /** Characters of one str, digits of one int, bytes of one bytes. */
  maxString?: number;
};

type Open = { value: PyValue; node: ValueNode; parent: Open | undefined };

/** The tree; what was left out is counted in `cut`, a value that contains itself is marked `recursive`. */
export function toNode(
  value: PyValue,
  { maxNodes = 20_000, maxString = 10_000 }: NodeLimits = {},
): ValueNode {
  const queue: Open[] = [];
  let room = maxNodes - 1;

  const enter = (child: PyValue, parent: Open | undefined): ValueNode => {
    const node = leaf(child, maxString);
    if (node.text !== undefined || child === null || typeof child !== "object") return node;
    for (let above = parent; above !== undefined; above = above.parent)
      if (above.value === child) return { ...node, recursive: true };
    queue.push({ value: child, node, parent });
    return node;
  };

  const root = enter(value, undefined);
  for (let at = 0; at < queue.length; at++) {
    const open = queue[at];
    if (open === undefined) break;
    const { node } = open;
    let left = 0;
    const items = itemsOf(open.value);
    if (items !== undefined) {
      const shown = items.slice(0, Math.max(0, room));
      room -= shown.length;
      left += items.length - shown.length;
      node.items = shown.map((item) => enter(item, open));
    }
    const entries = entriesOf(open.value);
    if (entries !== undefined) {
      node.entries = [];
      for (const [key, item] of entries)
        if (room >= 2) {
          room -= 2;
          const part = key instanceof Part;
          node.entries.push({
            key: part ? { type: "part", text: key.name, size: key.name.length } : enter(key, open),
            value: enter(item, open),
          });
        } else left++;
    }
    if (left > 0) node.cut = left;
  }
  return root;
}

class Part {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function itemsOf(value: PyValue): readonly PyValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple || value instanceof PySet) return value.items;
  return value instanceof PyObject && value.items.length > 0 ? value.items : undefined;
}

function entriesOf(value: PyValue): Iterable<[PyValue | Part, PyValue]> | undefined {
  if (value instanceof Map) return value;
  if (!(value instanceof PyObject)) return undefined;
  const parts: [PyValue | Part, PyValue][] = [];
  const { args, state } = value;
  if (args !== null && !(args instanceof PyTuple && args.items.length === 0))
    parts.push([new Part("args"), args]);
  if (state !== undefined && state !== null) parts.push([new Part("state"), state]);
  return [...parts, ...value.entries];
}

/** The node without children; `text` is set for everything that has none. */
function leaf(value: PyValue, max: number): ValueNode {
  if (value instanceof Map) return { type: "dict", size: value.size };
  if (value instanceof PyObject) {
    const size = value.items.length + [...(entriesOf(value) ?? [])].length;
    const node: ValueNode = { type: "object", className: value.className, size };
    if (value.how === "global") node.text = value.className;
    return node;
  }
  const type = typeName(value);
  const items = itemsOf(value);
  if (items !== undefined) return { type, size: items.length };
  if (typeof value === "string") return cutText(type, value, max);
  if (value instanceof Uint8Array) return bytesNode(type, value, max);
  if (value instanceof PyByteArray) return bytesNode(type, value.bytes, max);
  const node = cutText(type, leafText(value), max);
  if ((value instanceof PyDatetime || value instanceof PyTime) && value.zone !== undefined)
    node.className = typeName(value.zone);
  return node;
}

function cutText(type: string, text: string, max: number): ValueNode {
  if (text.length <= max) return { type, text, size: text.length };
  return { type, text: text.slice(0, max), size: text.length, cut: text.length - max };
}

function bytesNode(type: string, bytes: Uint8Array, max: number): ValueNode {
  const shown = bytes.subarray(0, max);
  const text = Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString("base64");
  const cut = bytes.length - shown.length;
  return { type, text, size: bytes.length, ...(cut > 0 ? { cut } : {}) };
}

function leafText(value: PyValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof PyFloat) return pyFloatText(value.value);
  if (value instanceof PyDatetime || value instanceof PyDate || value instanceof PyTime)
    return value.iso;
  if (value instanceof PyTimedelta) return secondsText(value);
  if (value instanceof PyDecimal || value instanceof PyUuid) return value.text;
  return value instanceof PyComplex ? complexText(value) : String(value);
}
