/** f-strings of known names: conversions `!s` and no format, or a format that pads numbers; others are not evaluated. */
import type { SyntaxNode } from "@lezer/common";
import { derived, evaluate, spoilt, unreadable } from "./expression.ts";
import { unescaped } from "./literal.ts";
import type { Scope } from "./reader.ts";
import { operands, source } from "./tree.ts";
import { repr, textOf, type Value } from "./value.ts";

export function formatted(scope: Scope, node: SyntaxNode): Value {
  const whole = source(scope, node);
  const opening = /^([a-z]*)('''|"""|'|")/i.exec(whole);
  const mark = opening?.[2];
  if (!opening || !mark || !whole.endsWith(mark)) return unreadable(scope, node);
  const raw = (opening[1] ?? "").toLowerCase().includes("r");
  const end = node.to - mark.length;
  const plain = (from: number, to: number) => {
    const text = scope.module.text.slice(from, to).replaceAll("{{", "{").replaceAll("}}", "}");
    return raw ? text : unescaped(text, false);
  };
  let text = "";
  let at = node.from + opening[0].length;
  const used: Value[] = [];
  for (const part of node.getChildren("FormatReplacement")) {
    const [inner] = operands(part);
    if (!inner) return unreadable(scope, node);
    const value = evaluate(scope, inner);
    used.push(value);
    const conversion = part.getChild("FormatConversion");
    const shown = conversion && source(scope, conversion) === "!r" ? repr(value) : textOf(value);
    if (shown === null || part.getChild("FormatSpec")) return spoilt(scope, node, value);
    text += plain(at, part.from) + shown;
    at = part.to;
  }
  text += plain(at, end);
  const how = used[0]?.origin.how;
  return derived(
    scope,
    node,
    text,
    how && how !== "literal" ? `f-string with ${how}` : "f-string",
    ...used,
  );
}
