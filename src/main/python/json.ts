/**
 * Python's json as Django's JSONSerializer uses it, over lossless values.
 *
 *   parseJson('{"a":1,"b":1.0}')   Map { "a" => 1, "b" => PyFloat(1) }
 *   writeJson(that)                '{"a":1,"b":1.0}'
 */
import { problem } from "../problem.ts";
import { type JsonLimits, JsonReader, JsonSyntaxError } from "./json-read.ts";
import type { PyValue } from "./value.ts";

export { jsonFloatText, pyFloatText } from "./float.ts";
export { type JsonLimits, JsonSyntaxError } from "./json-read.ts";
export { writeJson } from "./json-write.ts";

/**
 * Reads a stored text as json.loads does. Django decodes the bytes as latin-1 before. Throws problems:
 * `corrupt` with detail offset, line and column; `too_deep`; `too_large`.
 */
export function parseJson(text: string, limits?: JsonLimits): PyValue {
  try {
    return new JsonReader(text, limits).read();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { message, offset, line, column } = error;
    throw problem("corrupt", `No JSON: ${message} (character ${offset}).`, undefined, {
      offset,
      line,
      column,
    });
  }
}

/** The same for a text somebody typed: throws JsonSyntaxError where it is no JSON. */
export const parseTypedJson = (text: string, limits?: JsonLimits): PyValue =>
  new JsonReader(text, limits).read();
