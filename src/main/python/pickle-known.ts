/**
 * The classes whose pickled calls are understood without calling anything.
 *
 *   datetime.datetime(b"\x07\xe7...", timezone(timedelta(0, 3600)))  ->  PyDatetime("2023-...+01:00")
 *   builtins.set([1, 2])                                              ->  PySet([1, 2])
 *   _codecs.encode("a\xff", "latin1")                                 ->  bytes, as protocols 0 to 2 write them
 *
 * Arguments of another shape than the class itself would have pickled leave the call opaque.
 */
import { dateText, datetimeText, type Fields, fieldsFromBytes, timeText } from "./datetime.ts";
import { isHashable } from "./equal.ts";
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

type Recognise = (args: readonly PyValue[], maker: PyObject, tuple: PyTuple) => PyValue | undefined;

/** The value a REDUCE of `maker` with `args` would give; undefined where it stays opaque. */
export function recognise(maker: PyObject, args: PyTuple): PyValue | undefined {
  if (maker.how === "global") return known.get(maker.className)?.(args.items, maker, args);
  const zone = /^((?:backports\.)?zoneinfo\.ZoneInfo)\._unpickle$/.exec(maker.className)?.[1];
  return zone === undefined ? undefined : new PyObject(zone, "reduce", args, maker);
}

/** `uuid.UUID` is made empty and gets {"int": n} by BUILD. */
export function uuidOf(object: PyObject, state: PyValue): PyUuid | undefined {
  if (object.className !== "uuid.UUID" || !(state instanceof Map) || state.size !== 1)
    return undefined;
  const n = state.get("int");
  if (typeof n !== "number" && typeof n !== "bigint") return undefined;
  if (n < 0 || n >= 1n << 128n) return undefined;
  const plain =
    object.how === "newobj"
      ? object.args instanceof PyTuple && object.args.items.length === 0
      : object.maker?.className.endsWith("._reconstructor") === true;
  const hex = n.toString(16).padStart(32, "0");
  return plain ? new PyUuid(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")) : undefined;
}

/** Bytes as Python 3 pickles them, or as text of latin-1 characters, as Python 2's str arrives. */
function rawBytes(value: PyValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" && /^[\0-\xff]*$/.test(value)
    ? new Uint8Array(Buffer.from(value, "latin1"))
    : undefined;
}

const isLatin = (value: PyValue | undefined): boolean => value === "latin1" || value === "latin-1";

const set =
  (frozen: boolean): Recognise =>
  ([source, ...rest]) => {
    const items = source === undefined ? [] : source instanceof PyTuple ? source.items : source;
    const fits = Array.isArray(items) && rest.length === 0;
    return fits && items.every(isHashable) ? new PySet([...items], frozen) : undefined;
  };

const bytes: Recognise = (args) => (args.length === 0 ? new Uint8Array() : undefined);

const encode: Recognise = ([text, codec, ...rest]) =>
  typeof text === "string" && isLatin(codec) && rest.length === 0 ? rawBytes(text) : undefined;

const bytearray: Recognise = ([source, codec, ...rest]) => {
  if (rest.length > 0) return undefined;
  if (source === undefined) return new PyByteArray(new Uint8Array());
  const raw = (typeof source === "string") === isLatin(codec) ? rawBytes(source) : undefined;
  return raw && new PyByteArray(raw);
};

const float = (value: PyValue | undefined): number | undefined =>
  value instanceof PyFloat ? value.value : undefined;

const complex: Recognise = ([re, im, ...rest]) => {
  const real = float(re);
  const imag = float(im);
  return real === undefined || imag === undefined || rest.length > 0
    ? undefined
    : new PyComplex(real, imag);
};

const decimal: Recognise = ([text, ...rest]) =>
  typeof text === "string" && rest.length === 0 && /^[-+\w.]+$/.test(text)
    ? new PyDecimal(text)
    : undefined;

const timedelta: Recognise = (args) => {
  const [days, seconds, microseconds] = args;
  return args.length === 3 &&
    typeof days === "number" &&
    typeof seconds === "number" &&
    typeof microseconds === "number" &&
    Math.abs(days) <= 999_999_999 &&
    seconds >= 0 &&
    seconds < 86_400 &&
    microseconds >= 0 &&
    microseconds < 1_000_000
    ? new PyTimedelta(days, seconds, microseconds)
    : undefined;
};

const date: Recognise = ([raw, ...rest]) => {
  const b = rawBytes(raw);
  const read = b?.length === 4 && rest.length === 0 ? fieldsFromBytes(b) : undefined;
  return read && new PyDate(dateText(read.fields));
};

const datetime: Recognise = ([raw, zone, ...rest]) => {
  const b = rawBytes(raw);
  const read = b?.length === 10 && rest.length === 0 ? fieldsFromBytes(b) : undefined;
  if (read === undefined) return undefined;
  read.fields.offset = zoneOffset(zone, read.fields, read.fold);
  if (!isOffset(read.fields.offset)) return undefined;
  return new PyDatetime(datetimeText(read.fields), isPlainZone(zone) ? undefined : zone, read.fold);
};

const time: Recognise = ([raw, zone, ...rest]) => {
  const b = rawBytes(raw);
  const read = b?.length === 6 && rest.length === 0 ? fieldsFromBytes(b) : undefined;
  if (read === undefined) return undefined;
  read.fields.offset = zoneOffset(zone, undefined, read.fold);
  if (!isOffset(read.fields.offset)) return undefined;
  return new PyTime(timeText(read.fields), isPlainZone(zone) ? undefined : zone, read.fold);
};

/** Python's offsets are less than a day. */
const isOffset = (offset: number | undefined): boolean =>
  offset === undefined || Math.abs(offset) < 86_400e6;

/** copyreg._reconstructor(cls, base, state): opaque, under the name of the class itself. */
const reconstructor: Recognise = ([cls], maker, tuple) =>
  cls instanceof PyObject && cls.how === "global"
    ? new PyObject(cls.className, "reduce", tuple, maker)
    : undefined;

/** getattr(cls, name), how nested names and class methods are pickled: opaque, under the full name. */
const attribute: Recognise = ([cls, name, ...rest], maker, tuple) =>
  cls instanceof PyObject && cls.how === "global" && typeof name === "string" && rest.length === 0
    ? new PyObject(`${cls.className}.${name}`, "reduce", tuple, maker)
    : undefined;

const known = new Map<string, Recognise>([
  ["builtins.getattr", attribute],
  ["__builtin__.getattr", attribute],
  ["builtins.set", set(false)],
  ["__builtin__.set", set(false)],
  ["builtins.frozenset", set(true)],
  ["__builtin__.frozenset", set(true)],
  ["builtins.bytes", bytes],
  ["__builtin__.bytes", bytes],
  ["_codecs.encode", encode],
  ["builtins.bytearray", bytearray],
  ["__builtin__.bytearray", bytearray],
  ["builtins.complex", complex],
  ["__builtin__.complex", complex],
  ["decimal.Decimal", decimal],
  ["datetime.timedelta", timedelta],
  ["datetime.date", date],
  ["datetime.datetime", datetime],
  ["datetime.time", time],
  ["copyreg._reconstructor", reconstructor],
  ["copy_reg._reconstructor", reconstructor],
  ["copyreg.__newobj__", reconstructor],
  ["copy_reg.__newobj__", reconstructor],
]);

const utcClasses = new Set([
  "pytz._UTC",
  "pytz.UTC",
  "dateutil.tz.tz.tzutc",
  "dateutil.tz.tzutc",
  "django.utils.timezone.UTC",
]);

/** datetime.timezone(offset) without a name: the offset in the ISO text says it all. */
function isPlainZone(zone: PyValue | undefined): boolean {
  return (
    zone === undefined ||
    (zone instanceof PyObject &&
      zone.className === "datetime.timezone" &&
      zone.how === "reduce" &&
      zone.args instanceof PyTuple &&
      zone.args.items.length === 1 &&
      zone.args.items[0] instanceof PyTimedelta)
  );
}

/** Microseconds east of UTC, where the zone's own pickle tells them or the zone database does. */
function zoneOffset(
  zone: PyValue | undefined,
  fields: Fields | undefined,
  fold: 0 | 1,
): number | undefined {
  if (!(zone instanceof PyObject)) return undefined;
  if (utcClasses.has(zone.className)) return 0;
  const args = zone.args instanceof PyTuple ? zone.args.items : [];
  const [first, second] = args;
  if (zone.className === "datetime.timezone" && first instanceof PyTimedelta)
    return (first.days * 86_400 + first.seconds) * 1e6 + first.microseconds;
  if (zone.className === "pytz._p" && typeof second === "number") return second * 1e6;
  return zone.className.endsWith("zoneinfo.ZoneInfo") &&
    typeof first === "string" &&
    fields !== undefined
    ? zoneInfoOffset(first, fields, fold)
    : undefined;
}

/** PEP 495: in a gap fold 0 keeps the offset before it, in an overlap fold 0 is the first of the two. */
function zoneInfoOffset(name: string, f: Fields, fold: 0 | 1): number | undefined {
  try {
    const local = new Temporal.PlainDateTime(f.year, f.month, f.day, f.hour, f.minute, f.second);
    const earlier = local.toZonedDateTime(name, { disambiguation: "earlier" });
    const later = local.toZonedDateTime(name, { disambiguation: "later" });
    const isGap = !earlier.toPlainDateTime().equals(local);
    const chosen = (fold === 1) !== isGap ? later : earlier;
    const wall = local.toZonedDateTime("UTC").epochMilliseconds;
    return (wall - chosen.epochMilliseconds) * 1000;
  } catch {
    return undefined;
  }
}
