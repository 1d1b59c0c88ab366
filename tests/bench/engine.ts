/**
 * The engine's rates in one thread, as ratios to real Django and CPython's C pickle in the same run, over
 * 2,000 made-up sessions of 60 to 900 bytes that Django itself wrote.
 */
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { peekUserId } from "../../src/main/engine/peek.ts";
import { readStored } from "../../src/main/engine/read.ts";
import { writeStored } from "../../src/main/engine/write.ts";
import { loadPickle } from "../../src/main/python/pickle-read.ts";
import { dumpPickle } from "../../src/main/python/pickle-write.ts";
import { isDict, type PyDict } from "../../src/main/python/value.ts";
import { djangoPython } from "../django/python.ts";

const secretKey = "bench-secret-key";

type Answer = {
  django: string;
  python: string;
  decode: number;
  decodePlain: number;
  encode: number;
  loads: number;
  dumps: number;
  texts: string[];
  pickles: string[];
};

/** Items a second of this thread's own time, which a busy machine does not change; after rounds to warm up. */
function rate<Item>(items: readonly Item[], work: (item: Item) => unknown): number {
  for (let round = 0; round < 3; round++) for (const item of items) work(item);
  let done = 0;
  const start = process.threadCpuUsage();
  for (;;) {
    for (const item of items) work(item);
    done += items.length;
    const { user, system } = process.threadCpuUsage(start);
    if (user + system > 1500_000) return (done * 1e6) / (user + system);
  }
}

export async function run(): Promise<void> {
  const script = fileURLToPath(new URL("engine-django.py", import.meta.url));
  const asked = spawnSync(djangoPython().python, [script], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (asked.status !== 0) throw new Error(asked.stderr);
  const other: Answer = JSON.parse(asked.stdout);
  const keys = { secretKey };
  const dicts = other.texts.map((text): PyDict => {
    const { value, signature } = readStored(text, keys);
    if (!isDict(value) || signature !== "valid") throw new Error("not read");
    return value;
  });
  const pickles = other.pickles.map((text) => new Uint8Array(Buffer.from(text, "base64")));
  const how = {
    encoding: "signed",
    serializer: "json",
    secretKey,
    now: 1800000000000000n,
  } as const;
  const size = Math.round(
    other.texts.reduce((sum, text) => sum + text.length, 0) / other.texts.length,
  );

  console.log(`engine: 2,000 sessions of ${size} characters on average, one thread`);
  console.log(`  against Django ${other.django} on Python ${other.python}`);
  const report = (name: string, own: number, theirs: number, whose: string): void =>
    console.log(
      `  ${name.padEnd(26)} ${Math.round(own).toLocaleString("en-US").padStart(10)}/s   ${whose} ${Math.round(theirs).toLocaleString("en-US").padStart(10)}/s   x ${(own / theirs).toFixed(2)}`,
    );
  report(
    "decode with verification",
    rate(other.texts, (text) => readStored(text, keys)),
    other.decode,
    "Django  ",
  );
  const plain = other.texts.filter((text) => !text.startsWith("."));
  report(
    `  of them, ${plain.length} not packed`,
    rate(plain, (text) => readStored(text, keys)),
    other.decodePlain,
    "Django  ",
  );
  report("peek at the user", rate(other.texts, peekUserId), other.decode, "Django  ");
  report(
    "encode",
    rate(dicts, (value) => writeStored(value, how)),
    other.encode,
    "Django  ",
  );
  report(
    "pickle load",
    rate(pickles, (bytes) => loadPickle(bytes)),
    other.loads,
    "C pickle",
  );
  report(
    "pickle dump",
    rate(dicts, (value) => dumpPickle(value, 5)),
    other.dumps,
    "C pickle",
  );
}
