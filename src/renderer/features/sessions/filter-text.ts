/**
 * A filter as text: tokens apart at spaces, `name:value` or `-name:value`, a value with spaces in double quotes.
 * The host parses and judges it (sessions.plan); here it is only cut into chips and put together again.
 * `state:active user:"Ada L"` is the chips `state:active` and `user:"Ada L"`.
 */

export function splitFilter(text: string): string[] {
  return text.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];
}

export const joinFilter = (tokens: readonly string[]): string => tokens.join(" ");

/** Name with its colon, and value; free text has an empty name. */
export function tokenParts(token: string): { name: string; value: string } {
  const colon = token.indexOf(":");
  return colon > 0 && /^-?[a-z]+$/i.test(token.slice(0, colon))
    ? { name: token.slice(0, colon + 1), value: token.slice(colon + 1) }
    : { name: "", value: token };
}

/** The filter with its `name:` tokens replaced by one; "" takes them out. */
export function withToken(filter: string, name: string, value: string): string {
  const rest = splitFilter(filter).filter((token) => tokenParts(token).name !== `${name}:`);
  return joinFilter(value === "" ? rest : [...rest, `${name}:${quoted(value)}`]);
}

/** A value as it has to be typed. */
export const quoted = (value: string): string =>
  /[\s"]/.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;
