/** Python's name for the type of a value: "int", "dict", "Decimal", or "module.Name" of an object. */
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

export function typeName(value: PyValue): string {
  if (value === null) return "None";
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "int";
  }
  if (value instanceof Map) return "dict";
  if (Array.isArray(value)) return "list";
  if (value instanceof PyFloat) return "float";
  if (value instanceof PyTuple) return "tuple";
  if (value instanceof PyObject) return value.className;
  if (value instanceof PySet) return value.frozen ? "frozenset" : "set";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof PyByteArray) return "bytearray";
  if (value instanceof PyDatetime) return "datetime";
  if (value instanceof PyDate) return "date";
  if (value instanceof PyTime) return "time";
  if (value instanceof PyTimedelta) return "timedelta";
  if (value instanceof PyDecimal) return "Decimal";
  if (value instanceof PyUuid) return "UUID";
  if (value instanceof PyComplex) return "complex";
  return value satisfies never;
}
