/** The one door for strangers' text: control, bidi and invisible characters become visible marks. */
import type { ReactNode } from "react";

// Controls (tab and newline too), soft hyphen, zero-width, bidi marks and overrides, separators, BOM, tags, lone surrogates.
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

function mark(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === "\n") return "\\n";
  if (char === "\t") return "\\t";
  if (char === "\r") return "\\r";
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** The same as a plain string, for titles and accessible names. */
export function visible(text: string): string {
  return text.replace(hidden, mark);
}

export interface TextProps {
  value: string;
  /** Characters shown before the rest is cut; the cut is stated. */
  max?: number;
  className?: string;
  title?: string;
}

/** Strangers' text on one line. Isolated from the direction of what surrounds it. */
export function Text({ value, max = 500, className, title }: TextProps) {
  const shown = value.length > max ? value.slice(0, max) : value;
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of shown.matchAll(hidden)) {
    if (match.index > from) parts.push(shown.slice(from, match.index));
    parts.push(
      <span key={match.index} className="ctlchar">
        {mark(match[0])}
      </span>,
    );
    from = match.index + match[0].length;
  }
  parts.push(shown.slice(from));
  return (
    <bdi className={className} title={title}>
      {parts}
      {value.length > max && (
        <span className="dim"> +{(value.length - max).toLocaleString("en-US")} characters</span>
      )}
    </bdi>
  );
}
