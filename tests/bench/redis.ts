/**
 * 300,000 sessions in Redis, as Django's core backend stores them: scan, decode and find one user, the app beside Python
 * (redis-py with hiredis, C pickle) in the same run. BENCH_SESSIONS sets another number, BENCH_TURNS how often (the best
 * turn of each counts, since either side may be held up by other work of the machine).
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { djangoPython } from "../django/python.ts";
import { startRedis } from "../servers/redis.ts";

const COUNT = Number(process.env["BENCH_SESSIONS"] ?? 300_000);
const TURNS = Number(process.env["BENCH_TURNS"] ?? 3);
const USER = "42";

interface Measured {
  rows: number;
  matched: number;
  seconds: number;
  cpuSeconds: number;
  peakMb: number;
}

async function measure(file: string, ...given: string[]): Promise<Measured> {
  const { stdout } = await promisify(execFile)(file, given, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

const number = (value: number, digits = 0) =>
  value.toLocaleString("en", { maximumFractionDigits: digits });
const line = (...cells: string[]) => console.log(`| ${cells.join(" | ")} |`);
const best = (all: Measured[]) => all.toSorted((a, b) => a.seconds - b.seconds)[0];

export async function run(): Promise<void> {
  const { python } = djangoPython();
  const theirs = join(import.meta.dirname, "redis", "theirs.py");
  const server = await startRedis();
  try {
    const port = String(server.port);
    console.log(`\nMaking ${number(COUNT)} sessions in Redis ...`);
    await measure(python, theirs, "build", port, String(COUNT));
    const owns: Measured[] = [];
    const pythons: Measured[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      pythons.push(await measure(python, theirs, "scan", port, USER));
      owns.push(
        await measure(process.execPath, join(import.meta.dirname, "redis", "own.ts"), port, USER),
      );
    }
    const [own, other] = [best(owns), best(pythons)];
    if (!own || !other || own.rows !== other.rows || own.matched !== other.matched)
      throw new Error(`The scans differ: ${JSON.stringify(own)}, ${JSON.stringify(other)}.`);
    console.log(`\nRedis, ${number(COUNT)} sessions, ${number(own.matched)} of the user\n`);
    line("", "Sessionscope", "Python", "ratio");
    line("---", "---", "---", "---");
    const row = (name: string, a: number, b: number, unit: string, ratio: number) =>
      line(name, `${number(a, 1)} ${unit}`, `${number(b, 1)} ${unit}`, number(ratio, 2));
    const rate = ({ rows, seconds }: Measured) => rows / seconds;
    row(
      "scan for one user in Redis",
      rate(own),
      rate(other),
      "rows/s",
      other.seconds / own.seconds,
    );
    row(
      "its CPU time, all threads",
      own.cpuSeconds,
      other.cpuSeconds,
      "s",
      other.cpuSeconds / own.cpuSeconds,
    );
    row("its peak memory", own.peakMb, other.peakMb, "MB", other.peakMb / own.peakMb);
  } finally {
    await server.close();
  }
}
