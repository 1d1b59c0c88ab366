/** xz and Python's lzma module: what it compresses is read here, what is stored here it reads. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { xzCompress, xzDecompress } from "../../src/main/engine/caches/xz.ts";
import { ProblemError } from "../../src/main/problem.ts";
import { djangoPython } from "../django/python.ts";

const python = (code: string, input: string[]): string[] => {
  const run = spawnSync(
    djangoPython().python,
    ["-c", `import base64, lzma, random, sys\n${code}`],
    {
      input: `${input.join("\n")}\n`,
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout.trim().split("\n");
};

/** Data, then the same compressed, base64, one pair a line. */
const samples = python(
  `random.seed(5)
words = [bytes(random.choices(b"abcdefgh ", k=random.randint(1, 12))) for _ in range(300)]
data = [b"", b"a", b"ab" * 5000, bytes(range(256)) * 20, random.randbytes(200000),
        b"".join(random.choices(words, k=40000)), random.randbytes(70000) + b"x" * 3000000 + random.randbytes(70000)]
data += [b"".join(random.choice(words) + random.randbytes(random.randint(0, 3)) for _ in range(random.randint(1, 400))) for _ in range(40)]
for index, one in enumerate(data):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": index % 10, "lc": index % 4, "lp": index % 2, "pb": index % 5}]
    options = {"preset": 4} if index % 3 else {"filters": filters, "check": lzma.CHECK_NONE}
    print(base64.b64encode(one).decode() + "," + base64.b64encode(lzma.compress(one, **options)).decode())`,
  [],
).map((line) => line.split(",").map((part) => Buffer.from(part, "base64")));

test("47 streams of Python's lzma are read, of many presets, literal and position bits", () => {
  expect(samples).toHaveLength(47);
  for (const [data, packed] of samples) {
    const read = xzDecompress(packed ?? Buffer.alloc(0), 1 << 23);
    expect(Buffer.from(read).equals(data ?? Buffer.alloc(0))).toBe(true);
  }
});

test("Python's lzma reads what is stored here", () => {
  const written = samples.map(([data]) =>
    Buffer.from(xzCompress(data ?? Buffer.alloc(0))).toString("base64"),
  );
  const read = python(
    "for line in sys.stdin: print(base64.b64encode(lzma.decompress(base64.b64decode(line))).decode() or '-')",
    written,
  );
  expect(read).toEqual(samples.map(([data]) => data?.toString("base64") || "-"));
});

test("a small stream that grows without end stops at the bound", () => {
  const [, bomb] = samples[6] ?? [];
  expect(() => xzDecompress(bomb ?? Buffer.alloc(0), 100_000)).toThrow(ProblemError);
});

test.each([
  ["cut", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ["cut in its header", (bytes: Buffer) => bytes.subarray(0, 14)],
  ["no xz", () => Buffer.from("no xz")],
  ["with another filter", (bytes: Buffer) => Buffer.from(bytes).fill(4, 14, 15)],
])("a stream %s is a RangeError", (_, change) => {
  const [, packed] = samples[2] ?? [];
  expect(() => xzDecompress(change(packed ?? Buffer.alloc(0)), 1 << 20)).toThrow(RangeError);
});
