/**
 * Python's literals as text: strings with their prefixes and escapes, and numbers.
 * (Python Language Reference, 2.4 and 2.5.) Worked example: `b'a\x41'` is bytes "aA", `r'\n'` two characters.
 */
import { type Data, PyBytes, PyFloat } from "./value.ts";

/** A string or bytes literal; null where it is none that can be read. */
export function stringLiteral(text: string): string | PyBytes | null {
  const found = /^([a-z]*)('''|"""|'|")/i.exec(text);
  const mark = found?.[2];
  if (!found || !mark) return null;
  const prefix = (found[1] ?? "").toLowerCase();
  if (!text.endsWith(mark) || text.length < found[0].length + mark.length) return null;
  const inner = text.slice(found[0].length, text.length - mark.length).replaceAll("\r\n", "\n");
  const plain = prefix.includes("r") ? inner : unescaped(inner, prefix.includes("b"));
  return prefix.includes("b") ? new PyBytes(plain) : plain;
}

const simple: Record<string, string> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Escapes resolved; those Python does not know stay as they are, as does `\N{…}`. */
export const unescaped = (text: string, bytes: boolean): string =>
  text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, hex2, hex4, hex8, octal, other) => {
      if (hex2 !== undefined) return String.fromCharCode(Number.parseInt(hex2, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (other !== undefined) return simple[other] ?? whole;
      const point = Number.parseInt(hex4 ?? hex8, 16);
      return bytes || point > 0x10ffff ? whole : String.fromCodePoint(point);
    },
  );

/** int and float; null for imaginary ones and integers beyond 2^53, which no setting holds. */
export function numberLiteral(text: string): Data {
  const plain = text.replaceAll("_", "").toLowerCase();
  const isFloat = /[.e]/.test(plain) && !plain.startsWith("0x");
  const value = Number(plain);
  if (Number.isNaN(value)) return null;
  if (isFloat) return new PyFloat(value);
  return Number.isSafeInteger(value) ? value : null;
}
