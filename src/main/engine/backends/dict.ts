/**
 * Lookup in a Python dict, where keys are found by equality: 1, 1.0 and True are one key, and so are two tuples of
 * equal items. JavaScript's Map knows only its own primitives, which is all that sessions mostly hold.
 */
import { keyOf } from "../../python/equal.ts";
import type { PyDict, PyValue } from "../../python/value.ts";

/** The key object under which `key` is stored, undefined where there is none. */
export function storedKey(dict: PyDict, key: PyValue): PyValue | undefined {
  if (dict.has(key)) return key;
  if (typeof key === "string" || key === null) return undefined;
  const wanted = keyOf(key);
  for (const other of dict.keys()) if (keyOf(other) === wanted) return other;
  return undefined;
}
