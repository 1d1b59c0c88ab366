/**
 * Between a node of the tree, what is typed for it, and tagged JSON, which is what the host reads.
 * An int 1 is `1`, a float 1.0 is `1.0`, a Decimal 9.90 is `{"$type":"decimal","value":"9.90"}`.
 */
import type { SessionRow } from "../../../shared/session.ts";
import type { ValueNode } from "../../../shared/value.ts";

const jsonTypes = ["str", "int", "float", "bool", "None", "dict", "list"] as const;
const pickleTypes = [
  ...jsonTypes,
  "tuple",
  "set",
  "frozenset",
  "bytes",
  "datetime",
  "date",
  "time",
  "timedelta",
  "Decimal",
  "UUID",
  "complex",
] as const;

/** Types a value can be given, by what the session is written with. */
export const typesFor = (serializer: SessionRow["serializer"]): readonly string[] =>
  serializer === "pickle" ? pickleTypes : jsonTypes;

/** Types whose value is typed in a field; containers start empty. */
export const isLeafType = (type: string): boolean =>
  !["dict", "list", "tuple", "set", "frozenset", "None"].includes(type);

const tag = (type: string, value: unknown): string => JSON.stringify({ $type: type, value });

/** Tagged JSON of what was typed for a type; throws an Error whose message says what is expected. */
export function literalFrom(type: string, typed: string): string {
  const text = typed.trim();
  switch (type) {
    case "str":
      return JSON.stringify(typed);
    case "int":
      if (/^[+-]?\d+$/.test(text)) return text.replace(/^\+/, "").replace(/^(-?)0+(?=\d)/, "$1");
      throw new Error("An int is written with digits, for example 42");
    case "float":
      return floatLiteral(text);
    case "bool":
      if (/^true$/i.test(text)) return "true";
      if (/^false$/i.test(text)) return "false";
      throw new Error("A bool is True or False");
    case "None":
      return "null";
    case "dict":
      return "{}";
    case "list":
      return "[]";
    case "tuple":
    case "set":
    case "frozenset":
      return tag(type, []);
    case "Decimal":
      return tag("decimal", text);
    case "UUID":
      return tag("uuid", text);
    case "timedelta":
      return timedeltaLiteral(text);
    default:
      return tag(type, text);
  }
}

function floatLiteral(text: string): string {
  const word = text.toLowerCase().replace(/^\+/, "").replace("infinity", "inf");
  if (["nan", "inf", "-inf"].includes(word)) return tag("float", word);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  const [, sign = "", whole = "", fraction, exponent] = match ?? [];
  if (!match || (whole === "" && !fraction)) {
    throw new Error("A float is written with a point, for example 1.5, or as nan, inf, -inf");
  }
  const point = fraction === undefined && exponent !== undefined ? "" : `.${fraction || "0"}`;
  const power = exponent === undefined ? "" : `e${exponent}`;
  return `${sign === "-" ? "-" : ""}${whole.replace(/^0+(?=\d)/, "") || "0"}${point}${power}`;
}

function timedeltaLiteral(text: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error("A timedelta is written in seconds");
  return `{"$type":"timedelta","value":${text}}`;
}

/** Tagged JSON of a node; null where the tree does not hold all of it. */
export function literalOf(node: ValueNode): string | null {
  if (node.cut || node.recursive) return null;
  if (node.text !== undefined || node.type === "None") {
    if (node.className) return null;
    try {
      return literalFrom(node.type, node.text ?? "");
    } catch {
      return null;
    }
  }
  const items = (node.items ?? []).map(literalOf);
  if (node.entries?.length || items.includes(null)) return null;
  if (node.type === "tuple" || node.type === "frozenset") {
    return `{"$type":"${node.type}","value":[${items.join(",")}]}`;
  }
  return null;
}

/** What stands in the field when a node is edited. */
export const typedText = (node: ValueNode): string => node.text ?? "";
