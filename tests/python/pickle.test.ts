import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProblemError } from "../../src/main/problem.ts";
import { pyEqual } from "../../src/main/python/equal.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { pyRepr } from "../../src/main/python/repr.ts";
import { writeTagged } from "../../src/main/python/tagged.ts";
import {
  PyDatetime,
  type PyDict,
  PyFloat,
  PyObject,
  PyTuple,
  type PyValue,
} from "../../src/main/python/value.ts";
import { goldenPickles, legacyPickles } from "./golden.ts";
import { type Oracle, startOracle } from "./oracle.ts";

const protocols = [0, 1, 2, 3, 4, 5];
let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

const problemOf = (act: () => unknown): ProblemError["problem"] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error("Nothing was refused");
};

describe("golden pickles", () => {
  it.each(goldenPickles)("$id", ({ bytes, protocol, repr }) => {
    const read = loadPickle(bytes);
    expect(read).toMatchObject({ protocol, end: bytes.length, byteStrings: "none" });
    if (!repr.includes(" for i in range")) expect(pyRepr(read.value, 1e6)).toBe(repr);
    expect(Buffer.from(dumpPickle(read.value, protocol)).equals(bytes)).toBe(true);
  });

  /** Python 2's repr as Python 3 would give it. */
  const asPython3 = (repr: string): string =>
    repr
      .replace(/\bu(?=['"])/g, "")
      .replace(/(\d)L\b/g, "$1")
      .replace(/\\x([0-9a-f]{2})|\\u([0-9a-f]{4})/g, (_, two, four) =>
        String.fromCharCode(Number.parseInt(two ?? four, 16)),
      );
  const sortedText = (text: string): string =>
    text
      .split(/[{}, ]+/)
      .sort()
      .join(" ");

  it.each(legacyPickles)("Django $id", ({ bytes, repr }) => {
    const { value, protocol, byteStrings } = loadPickle(bytes);
    // Python 2's dicts have no order; the repr was taken from another one.
    expect(sortedText(pyRepr(value, 1e6))).toBe(sortedText(asPython3(repr)));
    expect(protocol).toBe(2);
    expect(byteStrings).toBe(
      bytes.includes("U\x03foo") || byteStrings === "ascii" ? "ascii" : "none",
    );
    expect(writeTagged(loadPickle(dumpPickle(value, 2)).value)).toBe(writeTagged(value));
  });
});

describe("Python 2's byte strings", () => {
  it.each([
    ["S'caf\\xe9\\n'\n.", "café\n", "latin1"],
    ['S"it\'s"\n.', "it's", "ascii"],
    ["U\x03abc.", "abc", "ascii"],
    ["T\x03\0\0\0ab\xff.", "abÿ", "latin1"],
    ["Vabc\\u20ac\\U0001f600\\\\u\n.", "abc€😀\\\\u", "none"],
  ])("%j", (text, value, byteStrings) => {
    expect(loadPickle(Buffer.from(text, "latin1"))).toMatchObject({ value, byteStrings });
  });

  it("a datetime of Python 2 is understood", () => {
    const text = "\x80\x02cdatetime\ndatetime\nq\x01U\n\x07\xdb\x01\x02\x03\x04\x05\0\0\0\x85R.";
    expect(loadPickle(Buffer.from(text, "latin1")).value).toEqual(
      new PyDatetime("2011-01-02T03:04:05"),
    );
  });
});

/** Expressions whose pickles CPython writes in exactly our bytes. */
const exact: [string, string[], string?][] = [
  ["[1.5, -0.0, float('inf'), float('nan')]", []],
  [
    "[0, 255, 256, 65535, 65536, 2**31-1, 2**31, -1, -2**31, -2**31-1, 2**63, -128, -2**39, 2**2039]",
    [],
  ],
  ["'a\\\\b\\n\\r\\x1a\\0\\xe9\\u65e5\\U0001f600\\ud800'", []],
  ["[b'', b'a', b'a\\xff', bytearray(), bytearray(b'ab\\xff'), 1j]", []],
  ["(1, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4))", []],
  ["[set(), {1, 2}, frozenset(), frozenset([1])]", []],
  ["list(range(1000))", []],
  ["list(range(1001))", []],
  ["dict.fromkeys(range(1000))", []],
  ["dict.fromkeys(range(1001))", []],
  ["[set(range(1000)), set(range(1001)), frozenset(range(1500))]", []],
  ["['%06d' % i for i in range(30000)]", []],
  [
    "['x' * 70000, 'y', 'z' * 65535, 1, 'w' * 65536, b'q' * 66000, bytearray(b'r' * 66000), [1]]",
    [],
  ],
  ["[datetime.datetime(2023, 11, 14, 22, 13, 20, 5), datetime.date(2020, 1, 2)]", ["datetime"]],
  [
    "[datetime.datetime(2023, 11, 14, tzinfo=datetime.timezone.utc), datetime.time(1, tzinfo=datetime.timezone.utc)]",
    ["datetime"],
  ],
  [
    "datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(-datetime.timedelta(hours=5, microseconds=3)))",
    ["datetime"],
  ],
  ["datetime.timezone(datetime.timedelta(hours=1), 'X')", ["datetime"]],
  [
    "datetime.datetime(2023, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))",
    ["datetime", "zoneinfo"],
  ],
  [
    "[decimal.Decimal('9.90'), decimal.Decimal('NaN'), uuid.UUID(int=5), uuid.UUID(int=2**127)]",
    ["decimal", "uuid"],
  ],
  [
    "[collections.OrderedDict(a=1), collections.Counter('bbc'), collections.defaultdict(list, d=[1])]",
    ["collections"],
  ],
  ["collections.OrderedDict((i, i) for i in range(1001))", ["collections"]],
  [
    "[range(3), ValueError('x'), int, fractions.Fraction(1, 3), pathlib.PurePosixPath('/a/b')]",
    ["fractions", "pathlib"],
  ],
  ["x", [], "x = []; x.append(x)"],
  ["x", [], "x = ([],); x[0].append(x)"],
  ["x", [], "x = ([], 1, 2, 3); x[0].append(x)"],
  ["x", [], "x = {}; x['x'] = x; x['y'] = [x]"],
  ["x", [], "y = [1]; x = [y, y, (y,)]"],
];

describe("against CPython", () => {
  it.each(exact)("%s is written in its bytes", async (expression, imports, setup = "") => {
    for (const [protocol, bytes] of (await oracle.pickles(expression, imports, setup)).entries()) {
      const read = loadPickle(bytes);
      expect(read.end).toBe(bytes.length);
      const written = Buffer.from(dumpPickle(read.value, protocol));
      expect(written.equals(bytes), `protocol ${protocol}`).toBe(true);
    }
  });

  it("reads a datetime's offset out of zoneinfo and pytz", async () => {
    const zoned = async (expression: string): Promise<PyValue> => {
      const pickles = await oracle.pickles(expression, ["datetime", "zoneinfo", "pytz"]);
      return loadPickle(pickles[4] ?? Buffer.alloc(0)).value;
    };
    const paris = "zoneinfo.ZoneInfo('Europe/Paris')";
    const at = (text: string): string => `datetime.datetime(${text}, tzinfo=${paris})`;
    expect(await zoned(at("2023, 7, 1"))).toMatchObject({ iso: "2023-07-01T00:00:00+02:00" });
    // In the gap, and both sides of the overlap.
    expect(await zoned(at("2023, 3, 26, 2, 30"))).toMatchObject({
      iso: "2023-03-26T02:30:00+01:00",
    });
    expect(await zoned(at("2023, 3, 26, 2, 30, fold=1"))).toMatchObject({
      iso: "2023-03-26T02:30:00+02:00",
    });
    expect(await zoned(at("2023, 10, 29, 2, 30"))).toMatchObject({
      iso: "2023-10-29T02:30:00+02:00",
    });
    expect(await zoned(at("2023, 10, 29, 2, 30, fold=1"))).toMatchObject({
      iso: "2023-10-29T02:30:00+01:00",
    });
    expect(await zoned("datetime.datetime(2023, 7, 1, tzinfo=pytz.utc)")).toMatchObject({
      iso: "2023-07-01T00:00:00+00:00",
      zone: { className: "pytz._UTC" },
    });
    expect(
      await zoned("pytz.timezone('Europe/Paris').localize(datetime.datetime(2023, 7, 1))"),
    ).toMatchObject({ iso: "2023-07-01T00:00:00+02:00", zone: { className: "pytz._p" } });
  });

  it("objects of unknown classes come back to Python as they were", async () => {
    const setup =
      "import types, sys\n" +
      "shop = types.ModuleType('shop')\n" +
      "sys.modules['shop'] = shop\n" +
      "exec('''class Money:\\n" +
      "    def __init__(self, n): self.n = n\\n" +
      "class Slots:\\n" +
      '    __slots__ = ("a",)\\n' +
      '    def __getstate__(self): return (None, {"a": self.a})\\n' +
      "class Items(list): pass\\n" +
      "class Table(dict): pass\\n" +
      "class Word(str): pass\\n" +
      "class Kept:\\n" +
      "    def __new__(cls, *, n): self = object.__new__(cls); self.n = n; return self\\n" +
      '    def __getnewargs_ex__(self): return ((), {"n": self.n})\\n' +
      "''', shop.__dict__)\n" +
      "m = shop.Money([1, 1.0]); s = shop.Slots(); s.a = 5\n" +
      "i = shop.Items([1, 2]); i.more = m; t = shop.Table(a=1); t.owner = m; w = shop.Word('hi')\n";
    const views =
      "[type(v).__name__ for v in x], x[0].n, x[1].a, list(x[2]), dict(x[3]), str(x[4]), x[5].n, x[2].more is x[0], x[3].owner is x[0], x[6] is x[0]";
    const expression = "[m, s, i, t, w, shop.Kept(n=3), m]";
    for (const [protocol, bytes] of (await oracle.pickles(expression, [], setup)).entries()) {
      const value = loadPickle(bytes).value as PyValue[];
      const written = dumpPickle(value, protocol);
      expect(await oracle.evaluate(written, views)).toBe(await oracle.evaluate(bytes, views));
      expect(value[0]).toMatchObject({
        className: "shop.Money",
        state: new Map([["n", [1, new PyFloat(1)]]]),
      });
      expect(value[6]).toBe(value[0]);
    }
  });

  it("sharing survives", async () => {
    const [, , , , pickle = Buffer.alloc(0)] = await oracle.pickles(
      "x",
      [],
      "y = [1]; x = {'a': y, 'b': y, 'c': [y]}",
    );
    const value = loadPickle(pickle).value as PyDict;
    expect(value.get("a")).toBe(value.get("b"));
    for (const protocol of protocols)
      expect(
        await oracle.evaluate(dumpPickle(value, protocol), "x['a'] is x['b'] is x['c'][0]"),
      ).toBe("True");
  });
});

describe("nothing is executed", () => {
  const folder = mkdtempSync(join(tmpdir(), "pickle-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const calls: [string, (file: string) => string][] = [
    ["os.system by GLOBAL and REDUCE", (file) => `cos\nsystem\n(S'touch ${file}'\ntR.`],
    ["subprocess by INST", (file) => `(S'touch ${file}'\nisubprocess\ngetoutput\n.`],
    ["os.system by OBJ", (file) => `(cos\nsystem\nS'touch ${file}'\no.`],
    [
      "eval by STACK_GLOBAL",
      (file) => {
        const code = `open('${file}','w')`;
        return `\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c${String.fromCharCode(code.length)}${code}\x85R.`;
      },
    ],
  ];
  it.each(calls)("%s", async (_, make) => {
    const file = join(folder, "touched");
    const pickle = Buffer.from(make(file), "latin1");
    const { value } = loadPickle(pickle);
    expect(value).toBeInstanceOf(PyObject);
    expect(pyRepr(value)).toContain(file);
    writeTagged(value);
    dumpPickle(value, 0);
    expect(existsSync(file)).toBe(false);
    // The same bytes do run in Python: the test would see it.
    await oracle.evaluate(pickle, "1");
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  });
});

describe("what is refused", () => {
  const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
  it.each([
    ["", "it ends without STOP"],
    [".", "the stack is empty"],
    ["(.", "the stack is empty"],
    ["K", "ends inside an int"],
    ["K\x01", "it ends without STOP"],
    ["\x80\x06N.", "protocol 6"],
    ["\x80\x04\x95\xff\0\0\0\0\0\0\0N.", "length"],
    ["X\xff\xff\xff\xffabc.", "length is greater"],
    ["\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.", "length is greater"],
    ["\x8c\x05abc.", "ends inside a str"],
    ["\x8c\x02\xff\xff.", "UTF-8"],
    ["\x8c\x02\xc0\x80.", "UTF-8"],
    ["h\x05.", "the memo holds nothing"],
    ["Nr\xff\xff\xff\x7f.", "length is greater"],
    ["Np99999\n.", "a memo index is greater"],
    ["}]Ns.", "a key cannot be hashed"],
    ["(]\x91.", "a member of a set cannot be hashed"],
    ["\x8f(]\x90.", "a member of a set cannot be hashed"],
    ["}(]K\x01tNs.", "a key cannot be hashed"],
    ["}(Nu.", "a key without a value"],
    ["]Ns.", "the stack"],
    ["NNa.", "something else than a list"],
    ["N(N\x90.", "something else than a set"],
    ["NN\x93.", "no text"],
    ["NNR.", "no class"],
    ["NNb.", "has none"],
    ["I1x\n.", "no number"],
    ["F1,5\n.", "no number"],
    ["S'abc\n.", "no quotes"],
    ["\xff.", "no opcode 0xff"],
    ["\x97.", "no opcode 0x97"],
    ["e.", "there is no mark"],
  ])("%j: %s", (text, message) => {
    expect(problemOf(() => loadPickle(bytes(text)))).toMatchObject({
      code: "corrupt",
      message: expect.stringContaining(message),
      detail: { offset: expect.any(Number) },
    });
  });

  it("an int of too many bytes or digits", () => {
    const long = Buffer.concat([bytes("\x8b\x01\x40\0\0"), Buffer.alloc(0x4001, 1), bytes(".")]);
    expect(problemOf(() => loadPickle(long)).code).toBe("too_large");
    expect(problemOf(() => loadPickle(bytes(`L${"9".repeat(4301)}L\n.`))).code).toBe("corrupt");
    expect(problemOf(() => dumpPickle(10n ** 4301n, 0))).toMatchObject({ code: "not_writable" });
  });

  it("an object in a protocol that cannot hold it, and one that stands for text", () => {
    const cls = new PyObject("shop.Money", "global", null, null, "shop");
    const value = new Map([["a", [new PyObject("shop.Money", "newobj", new PyTuple([]), cls)]]]);
    expect(dumpPickle(value, 2).length).toBeGreaterThan(0);
    expect(problemOf(() => dumpPickle(value, 1))).toMatchObject({
      code: "not_writable",
      detail: { path: "a[0]", class: "shop.Money" },
    });
    expect(problemOf(() => dumpPickle([new PyObject("x.Y", "tagged")], 4))).toMatchObject({
      code: "not_writable",
      detail: { path: "[0]", class: "x.Y" },
    });
  });

  it("a second pickle after the first is left alone", () => {
    const two = Buffer.concat([dumpPickle(1, 5), dumpPickle("b", 5)]);
    const first = loadPickle(two);
    expect(first.value).toBe(1);
    expect(loadPickle(two.subarray(first.end)).value).toBe("b");
  });

  it("keys equal in Python are one key", () => {
    const { value } = loadPickle(bytes("}(K\x01K\x05G?\xf0\0\0\0\0\0\0K\x06I01\nK\x07u."));
    expect(value).toEqual(new Map([[1, 7]]));
    expect(pyEqual(value, new Map([[new PyFloat(1), 7]]))).toBe(true);
  });
});
