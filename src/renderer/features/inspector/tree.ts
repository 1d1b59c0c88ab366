/**
 * The lines of the data tree: a value's nodes in order, those under a folded node left out.
 * A line's id is its way from the root, `/"cart"/"items"/0`: folding survives edits beside it.
 */
import type { PathStep } from "../../../shared/edit.ts";
import type { ValueNode } from "../../../shared/value.ts";
import { literalOf } from "./literal.ts";

export interface TreeLine {
  id: string;
  parent: string;
  depth: number;
  /** A dict's key, an index, or an object's part. */
  label: string;
  /** How the label was come by: a str key is shown plain, anything else as it would be written. */
  labelKind: "str" | "key" | "index";
  node: ValueNode;
  /** The way to it for an edit; null where it cannot be named (a set's member, an unwritable key). */
  path: PathStep[] | null;
  folds: boolean;
  open: boolean;
  /** Place among its siblings, from 1, and how many there are. */
  at: number;
  of: number;
  /** A closing line: this many children are left out of the preview. */
  cut?: number;
}

export const folds = (node: ValueNode): boolean =>
  (node.items?.length ?? 0) + (node.entries?.length ?? 0) > 0;

/** The text of a leaf or of a folded node, cut to what a line can show. */
export function preview(node: ValueNode, room = 120): string {
  if (node.recursive) return "contains itself";
  if (node.text !== undefined) return leafText(node, room);
  const [open, close] = brackets(node);
  const inner: string[] = [];
  let length = 0;
  const put = (text: string): boolean => {
    if (length > 40) return false;
    inner.push(text);
    length += text.length;
    return true;
  };
  for (const entry of node.entries ?? []) {
    if (!put(`${keyLabel(entry.key)}: ${short(entry.value)}`)) break;
  }
  for (const item of node.items ?? []) if (!put(short(item))) break;
  if (inner.length < node.size) inner.push("…");
  return node.size === 0
    ? `${open}${close}`
    : `${open === "{" ? "{ " : open}${inner.join(", ")}${close === "}" ? " }" : close}`;
}

const short = (node: ValueNode): string =>
  node.text !== undefined ? leafText(node, 24) : node.size === 0 ? brackets(node).join("") : "…";

/** A str is shown quoted so that its end and its spaces can be seen; control characters by Text in ui. */
function leafText(node: ValueNode, room: number): string {
  const text = node.text ?? "";
  const cut = text.length > room ? `${text.slice(0, room)}…` : text;
  switch (node.type) {
    case "str":
      return JSON.stringify(cut);
    case "bool":
    case "None":
      return cut;
    case "bytes":
    case "bytearray":
      return `base64 ${cut}`;
    default:
      return cut;
  }
}

export function brackets(node: ValueNode): [string, string] {
  switch (node.type) {
    case "list":
      return ["[", "]"];
    case "tuple":
      return ["(", ")"];
    case "dict":
    case "set":
    case "frozenset":
      return ["{", "}"];
    default:
      return ["(", ")"];
  }
}

const keyLabel = (key: ValueNode): string =>
  key.type === "str" ? (key.text ?? "") : preview(key, 40);

/** What is open at first: small dicts two levels deep, lists of dicts, and nothing that would fill the panel. */
export function openAtFirst(root: ValueNode): Set<string> {
  const open = new Set<string>([""]);
  let lines = root.size;
  const visit = (node: ValueNode, id: string, depth: number): void => {
    for (const child of childrenOf(node)) {
      const childId = `${id}/${child.id}`;
      const holdsContainers = childrenOf(child.node).some((inner) => folds(inner.node));
      const worthwhile = child.node.type === "dict" || holdsContainers;
      if (!folds(child.node) || !worthwhile || lines + child.node.size > 40) continue;
      open.add(childId);
      lines += child.node.size;
      if (depth < 2) visit(child.node, childId, depth + 1);
    }
  };
  visit(root, "", 0);
  return open;
}

interface Child {
  /** Unlike that of every sibling. */
  id: string;
  label: string;
  labelKind: TreeLine["labelKind"];
  node: ValueNode;
  step: PathStep | null;
}

function childrenOf(node: ValueNode): Child[] {
  const entries = (node.entries ?? []).map(({ key, value }): Child => {
    const literal = literalOf(key);
    return {
      id: `${key.type === "str" ? "" : key.type}${JSON.stringify(keyLabel(key))}`,
      label: keyLabel(key),
      labelKind: key.type === "str" ? "str" : "key",
      node: value,
      step: literal === null || node.type !== "dict" ? null : { key: literal },
    };
  });
  const items = (node.items ?? []).map(
    (item, index): Child => ({
      id: String(index),
      label: String(index),
      labelKind: "index",
      node: item,
      step: node.type === "list" || node.type === "tuple" ? { index } : null,
    }),
  );
  return [...entries, ...items];
}

/** The way to a line as differences name it: `cart.items[0].sku`, `["two words"]`. */
export function pathText(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    if ("index" in step) text += `[${step.index}]`;
    else if (step.key.startsWith('"')) {
      const key = String(JSON.parse(step.key));
      text += /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `${text && "."}${key}` : `[${step.key}]`;
    } else text += `[${step.key}]`;
  }
  return text;
}

/** All visible lines below the root. Linear in what is open. */
export function treeLines(root: ValueNode, open: ReadonlySet<string>): TreeLine[] {
  const lines: TreeLine[] = [];
  const visit = (node: ValueNode, id: string, depth: number, path: PathStep[] | null): void => {
    const children = childrenOf(node);
    for (const [index, child] of children.entries()) {
      const childId = `${id}/${child.id}`;
      const childPath = path && child.step ? [...path, child.step] : null;
      const canFold = folds(child.node);
      const isOpen = canFold && open.has(childId);
      lines.push({
        id: childId,
        parent: id,
        depth,
        label: child.label,
        labelKind: child.labelKind,
        node: child.node,
        path: childPath,
        folds: canFold,
        open: isOpen,
        at: index + 1,
        of: node.size,
      });
      if (isOpen) visit(child.node, childId, depth + 1, childPath);
    }
    if (node.cut && node.text === undefined) {
      lines.push({
        id: `${id}/cut`,
        parent: id,
        depth,
        label: "",
        labelKind: "index",
        node,
        path: null,
        folds: false,
        open: false,
        at: node.size,
        of: node.size,
        cut: node.cut,
      });
    }
  };
  visit(root, "", 0, []);
  return lines;
}
