/** Generated Python values, for fast-check. */
import fc from "fast-check";
import { datetimeText, type Fields, timeText } from "../../src/main/python/datetime.ts";
import { keyOf } from "../../src/main/python/equal.ts";
import {
  PyByteArray,
  PyComplex,
  PyDate,
  PyDatetime,
  PyDecimal,
  PyFloat,
  PySet,
  PyTime,
  PyTimedelta,
  PyTuple,
  PyUuid,
  type PyValue,
  pyInt,
} from "../../src/main/python/value.ts";

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  // Any UTF-16, halves of surrogate pairs included.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom(
    "",
    "a",
    "$type",
    "__proto__",
    "constructor",
    "_auth_user_id",
    "é",
    "\x7f",
    "\\u0041",
  ),
  fc.integer({ min: 200, max: 300 }).map((n) => "x".repeat(n)),
);

const int = fc.oneof(
  fc.integer(),
  fc.constantFrom(
    0,
    1,
    -1,
    255,
    256,
    65535,
    65536,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
  ),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).map(pyInt),
  fc.integer({ min: 2030, max: 2060 }).map((bits) => pyInt(-(2n ** BigInt(bits)))),
);

const float = fc.double().map((n) => new PyFloat(n));
const finite = fc.double({ noNaN: true }).map((n) => new PyFloat(n));
const bytes = fc.uint8Array({ maxLength: 20 });
const part = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

const fields: fc.Arbitrary<Fields> = fc.record({
  year: fc.integer({ min: 1, max: 9999 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
  hour: part(23),
  minute: part(59),
  second: part(59),
  microsecond: fc.oneof(fc.constant(0), part(999_999)),
  offset: fc.oneof(
    fc.constant(undefined),
    fc.constant(0),
    fc.integer({ min: -1439, max: 1439 }).map((minutes) => minutes * 60e6),
    // CPython's fromisoformat takes an offset below a second for none; the oracle reads with it.
    fc
      .integer({ min: -86_399_999_999, max: 86_399_999_999 })
      .filter((offset) => Math.abs(offset) >= 1e6),
  ),
});
const fold = fc.constantFrom<0 | 1>(0, 1);

const hashableLeaf: fc.Arbitrary<PyValue> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 4, arbitrary: int },
  { weight: 2, arbitrary: finite },
  fc.boolean(),
  fc.constant(null),
  bytes,
  fields.map((f) => new PyDate(datetimeText(f).slice(0, 10))),
  fc
    .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), part(86_399), part(999_999))
    .map(([d, s, us]) => new PyTimedelta(d, s, us)),
  fc.uuid().map((id) => new PyUuid(id)),
);

const leaf: fc.Arbitrary<PyValue> = fc.oneof(
  { weight: 8, arbitrary: hashableLeaf },
  { weight: 2, arbitrary: float },
  bytes.map((b) => new PyByteArray(b)),
  fc.tuple(fc.double(), fc.double()).map(([re, im]) => new PyComplex(re, im)),
  fc.tuple(fields, fold).map(([f, side]) => new PyDatetime(datetimeText(f), undefined, side)),
  fc.tuple(fields, fold).map(([f, side]) => new PyTime(timeText(f), undefined, side)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -40, max: 40 }))
    .map(([digits, power]) => new PyDecimal(`${digits}E${power}`)),
  fc.constantFrom("NaN", "-Infinity", "0.10", "-0").map((digits) => new PyDecimal(digits)),
);

const distinct = <T>(items: T[], key: (item: T) => PyValue): T[] => [
  ...new Map(items.map((item) => [keyOf(key(item)), item])).values(),
];

const { hashable, value } = fc.letrec<{ hashable: PyValue; value: PyValue }>((tie) => ({
  hashable: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: hashableLeaf },
    fc.array(tie("hashable"), { maxLength: 4 }).map((items) => new PyTuple(items)),
    fc.array(tie("hashable"), { maxLength: 3 }).map(
      (items) =>
        new PySet(
          distinct(items, (item) => item),
          true,
        ),
    ),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: leaf },
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 5 }).map((items) => new PyTuple(items)),
    fc.array(fc.tuple(text, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc
      .array(fc.tuple(tie("hashable"), tie("value")), { maxLength: 4 })
      .map((entries) => new Map(distinct(entries, ([key]) => key))),
    fc.tuple(fc.array(tie("hashable"), { maxLength: 4 }), fc.boolean()).map(
      ([items, frozen]) =>
        new PySet(
          distinct(items, (item) => item),
          frozen,
        ),
    ),
  ),
}));

export { hashable as hashableValue, text as textValue, value as anyValue };

/** What json.loads can give. */
export const jsonValue: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: fc.oneof(text, int, float, fc.boolean(), fc.constant(null)) },
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(text, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
  ),
})).value;

/** FC_SEED repeats a run; a failing test names the seed of its own. */
export const seed = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
