/**
 * Python values without loss, as TypeScript values.
 *
 *   None            null
 *   bool            boolean
 *   int             number when a safe integer (never -0), else bigint (never one a number could hold)
 *   float           PyFloat, so that 1.0 is not 1
 *   str             string (UTF-16; lone surrogates stay)
 *   bytes           Uint8Array
 *   list            Array
 *   dict            Map, in insertion order, keys being any of these
 *   everything else one of the classes below
 *
 * A plain JavaScript object is never a value: keys like `__proto__` are Map keys.
 * Values may share children and, out of a pickle, contain themselves.
 */

export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue[]
  | PyDict
  | PyFloat
  | PyTuple
  | PySet
  | PyByteArray
  | PyComplex
  | PyDatetime
  | PyDate
  | PyTime
  | PyTimedelta
  | PyDecimal
  | PyUuid
  | PyObject;

export type PyDict = Map<PyValue, PyValue>;

export class PyFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class PyTuple {
  readonly items: PyValue[];
  constructor(items: PyValue[]) {
    this.items = items;
  }
}

/** A set or a frozenset; items in the order they were read. */
export class PySet {
  readonly items: PyValue[];
  readonly frozen: boolean;
  constructor(items: PyValue[], frozen: boolean) {
    this.items = items;
    this.frozen = frozen;
  }
}

export class PyByteArray {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export class PyComplex {
  readonly real: number;
  readonly imag: number;
  constructor(real: number, imag: number) {
    this.real = real;
    this.imag = imag;
  }
}

/**
 * `iso` is what Python's isoformat() gives, offset included where it is known without asking a class.
 * `zone` is the tzinfo object where the pickle held another one than a plain datetime.timezone.
 * `fold` tells the second of two equal wall clock times apart; isoformat() does not show it.
 */
abstract class ClockTime {
  readonly iso: string;
  readonly zone: PyValue | undefined;
  readonly fold: 0 | 1;
  constructor(iso: string, zone?: PyValue, fold: 0 | 1 = 0) {
    this.iso = iso;
    this.zone = zone;
    this.fold = fold;
  }
}

export class PyDatetime extends ClockTime {}

/** Without a date. */
export class PyTime extends ClockTime {}

export class PyDate {
  readonly iso: string;
  constructor(iso: string) {
    this.iso = iso;
  }
}

/** Normalised as Python does: 0 <= seconds < 86400, 0 <= microseconds < 1000000, days any int. */
export class PyTimedelta {
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;
  constructor(days: number, seconds: number, microseconds: number) {
    this.days = days;
    this.seconds = seconds;
    this.microseconds = microseconds;
  }
}

/** The text of str(decimal). */
export class PyDecimal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Lower case with dashes. */
export class PyUuid {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * How a pickle names or builds an object:
 *   global        a class or function named, nothing called; `module` splits className
 *   reduce        maker(*args), maker being a global or another object
 *   newobj        maker.__new__(maker, *args)
 *   newobj_ex     the same, args being a tuple of (args, kwargs)
 *   inst, obj     the two old opcodes for maker(*args)
 *   persid        a persistent id, in args
 *   ext           a number of copyreg's extension registry, in args
 *   tagged        read from tagged text; stands for an object of the original, never written
 */
export type PyObjectHow =
  | "global"
  | "reduce"
  | "newobj"
  | "newobj_ex"
  | "inst"
  | "obj"
  | "persid"
  | "ext"
  | "tagged";

/**
 * Anything else a pickle held: never imported, called or executed. `className` is "module.Name";
 * the rest is what the pickle would have handed to it.
 */
export class PyObject {
  readonly className: string;
  readonly how: PyObjectHow;
  /** Arguments, by `how`; null for a bare class or function reference. */
  args: PyValue | null;
  /** What BUILD set; undefined where there was none. */
  state: PyValue | undefined;
  /** Items appended or set after construction, for list and dict subclasses. */
  items: PyValue[];
  entries: [PyValue, PyValue][];
  /** What is called to build it; null where nothing is. */
  readonly maker: PyObject | null;
  /** Of a global: the module, className being module + "." + qualified name. Empty elsewhere. */
  readonly module: string;
  constructor(
    className: string,
    how: PyObjectHow,
    args: PyValue | null = null,
    maker: PyObject | null = null,
    module = "",
  ) {
    this.className = className;
    this.how = how;
    this.args = args;
    this.state = undefined;
    this.items = [];
    this.entries = [];
    this.maker = maker;
    this.module = module;
  }
}

export const isDict = (value: PyValue | undefined): value is PyDict => value instanceof Map;

/** An int from any integer: number when safe, else bigint. */
export const pyInt = (value: bigint): number | bigint =>
  value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;

/** The deepest nesting any reader here accepts and any writer here follows; Python's own limit is near 1000. */
export const maxDepth = 900;
