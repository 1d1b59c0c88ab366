/**
 * How values of the known classes are pickled: as the call CPython's own __reduce_ex__ gives.
 *
 *   PyDecimal("9.90")            decimal.Decimal("9.90")
 *   PySet([1], false), below 4   builtins.set([1])
 *   Uint8Array, below 3          _codecs.encode("...", "latin1")
 */
import { fieldsToBytes, parseIso } from "./datetime.ts";
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
  pyInt,
} from "./value.ts";

const global = (module: string, name: string): PyObject =>
  new PyObject(`${module}.${name}`, "global", null, null, module);

const call = (module: string, name: string, ...args: PyValue[]): PyObject =>
  new PyObject(`${module}.${name}`, "reduce", new PyTuple(args), global(module, name));

/** CPython has one bytes object of each single byte, and one empty one. */
const singleBytes = Array.from({ length: 257 }, (_, i) => Symbol(`bytes ${i}`));

/** What the memo knows an object by: itself, or what stands for it where CPython has only one. */
export function memoKey(value: object & PyValue): unknown {
  if (value instanceof Uint8Array && value.length < 2) return singleBytes[value[0] ?? 256];
  return value;
}

/** The call that gives this value back. */
export function knownCall(value: object & PyValue, protocol: number): PyObject {
  if (value instanceof Uint8Array) return encoded(value);
  if (value instanceof PyByteArray)
    return value.bytes.length === 0
      ? call("builtins", "bytearray")
      : call("builtins", "bytearray", value.bytes);
  if (value instanceof PySet)
    return call("builtins", value.frozen ? "frozenset" : "set", [...value.items]);
  if (value instanceof PyComplex)
    return call("builtins", "complex", new PyFloat(value.real), new PyFloat(value.imag));
  if (value instanceof PyDecimal) return call("decimal", "Decimal", value.text);
  if (value instanceof PyTimedelta)
    return call("datetime", "timedelta", value.days, value.seconds, value.microseconds);
  if (value instanceof PyDate) return call("datetime", "date", moment("date", value.iso, 0));
  if (value instanceof PyDatetime) return zoned("datetime", value);
  if (value instanceof PyTime) return zoned("time", value);
  if (value instanceof PyUuid) return uuid(value, protocol);
  throw new TypeError(`No call gives ${value.constructor.name}`);
}

function encoded(bytes: Uint8Array): PyObject {
  if (bytes.length === 0) return call("builtins", "bytes");
  return call("_codecs", "encode", Buffer.from(bytes).toString("latin1"), "latin1");
}

function moment(kind: "date" | "time" | "datetime", iso: string, fold: 0 | 1): Uint8Array {
  const fields = parseIso(kind, iso);
  if (fields === undefined) throw new TypeError(`No ${kind}: ${iso}`);
  return fieldsToBytes(kind, fields, fold);
}

function zoned(kind: "datetime" | "time", value: PyDatetime | PyTime): PyObject {
  const raw = moment(kind, value.iso, value.fold);
  const zone = value.zone ?? timezone(parseIso(kind, value.iso)?.offset);
  return zone === undefined ? call("datetime", kind, raw) : call("datetime", kind, raw, zone);
}

function timezone(offset: number | undefined): PyObject | undefined {
  if (offset === undefined) return undefined;
  if (offset === 0) return utc;
  const day = 86_400e6;
  const days = Math.floor(offset / day);
  const rest = offset - days * day;
  return call("datetime", "timezone", new PyTimedelta(days, Math.floor(rest / 1e6), rest % 1e6));
}

/** There is one timezone.utc. */
const utc = call("datetime", "timezone", new PyTimedelta(0, 0, 0));

function uuid(value: PyUuid, protocol: number): PyObject {
  const cls = global("uuid", "UUID");
  const object =
    protocol >= 2
      ? new PyObject("uuid.UUID", "newobj", new PyTuple([]), cls)
      : new PyObject(
          "uuid.UUID",
          "reduce",
          new PyTuple([cls, global("builtins", "object"), null]),
          global("copyreg", "_reconstructor"),
        );
  object.state = new Map([["int", pyInt(BigInt(`0x${value.text.replaceAll("-", "")}`))]]);
  return object;
}
