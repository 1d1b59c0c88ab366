/** Members of a scenario's file, read with their place: bad_request says where and what does not fit. */
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import { instant, type Micros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";

export const bad = (what: string, where: string) => problem("bad_request", `${where}: ${what}.`);
export const tooLarge = (what: string, where: string) => problem("too_large", `${where}: ${what}.`);

/** An ISO 8601 text with an offset, as an instant. */
export function instantOf(value: PyValue, where: string): Micros {
  if (typeof value !== "string") throw bad("must be an ISO 8601 text", where);
  try {
    return instant(parseIso(value), "UTC");
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw bad(`"${value}" is no ISO 8601 date and time`, where);
  }
}

/** A misspelt member would be without effect, and nobody would know. */
export function only(given: PyDict, names: readonly string[], where: string): void {
  for (const name of given.keys())
    if (!names.includes(String(name)))
      throw bad(`"${String(name).slice(0, 60)}" means nothing here`, where);
}

export function dict(value: PyValue, where: string): PyDict {
  if (!isDict(value)) throw bad("must be an object", where);
  return value;
}

export function list(value: PyValue, where: string): PyValue[] {
  if (!Array.isArray(value)) throw bad("must be an array", where);
  return value;
}

export function text(given: PyDict, name: string, where: string, fallback: string): string {
  const value = given.get(name) ?? fallback;
  if (typeof value !== "string") throw bad(`${name} must be a text`, where);
  return value;
}

/** A Python number that is small enough to count with. */
export const numberOf = (value: PyValue): number | undefined =>
  typeof value === "number" ? value : value instanceof PyFloat ? value.value : undefined;

/** Settings as plain JavaScript values. */
export const plain = (value: PyValue): unknown => {
  if (isDict(value))
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return numberOf(value) ?? value;
};
