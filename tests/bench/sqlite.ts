/**
 * A SQLite store of a million sessions, the app beside real Django in the same run.
 *
 * Made once by Django's own signing in .bench/ (BENCH_SESSIONS=100000 for another size). Each measure is a process of its
 * own, so that its peak memory is its own. During a purge another Django process saves a session over and over; what
 * its slowest save took is what a visitor of the site would have waited.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { djangoPython } from "../django/python.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, ".bench");
const COUNT = Number(process.env["BENCH_SESSIONS"] ?? 1_000_000);
const SMALL = 1000;
const USER = "42";
/** Some of first, scan, purge and wal. */
const PARTS = (process.env["BENCH_PARTS"] ?? "first,scan,purge,wal").split(",");
/**
 * Longest lock aimed at and pause between batches, in ms. Without it: a twentieth of what a save had to wait beside
 * Django's purge, and a little more than the 100 ms after which SQLite's own waiting looks again at the latest.
 */
const PACE = process.env["BENCH_PACE"];
const PAUSE = 110;

const environment = (database: string): NodeJS.ProcessEnv => ({
  ...process.env,
  DJANGO_SETTINGS_MODULE: "settings",
  DJANGO_SECRET_KEY: "bench secret key",
  PYTHONPATH: join(root, "tests", "django", "project"),
  PYTHONDONTWRITEBYTECODE: "1",
  PROJECT_DATABASE: database,
  PROJECT_TIMEOUT: "3600",
});

const command = (side: "django" | "own", verb: string, database: string, argument: string) =>
  side === "django"
    ? {
        file: djangoPython().python,
        arguments: [join(import.meta.dirname, "sqlite", "theirs.py"), verb, argument],
      }
    : {
        file: process.execPath,
        arguments: [join(import.meta.dirname, "sqlite", "own.ts"), verb, database, argument],
      };

interface Measured {
  peakMb: number;
  /** Seconds, over all threads, starting included. */
  cpu: number;
  ms: number[];
  rows: number;
  matched: number;
  seconds: number;
  deleted: number;
  batches: number;
  longest: number;
  median: number;
  saves: number;
}

async function measure(
  side: "django" | "own",
  verb: string,
  database: string,
  argument = "",
): Promise<Measured> {
  const { file, arguments: given } = command(side, verb, database, argument);
  const { stdout } = await promisify(execFile)(file, given, {
    env: environment(database),
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}

function storeOf(count: number): string {
  const path = join(folder, `sessions-${count}.sqlite3`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  console.log(`Making ${count.toLocaleString("en")} sessions with Django, once ...`);
  const building = join(folder, `building-${count}.sqlite3`);
  rmSync(building, { force: true });
  const { file, arguments: given } = command("django", "build", building, String(count));
  execFileSync(file, given, { env: environment(building) });
  renameSync(building, path);
  return path;
}

/** A Django process that saves one session over and over, until it is asked for its waits. */
async function writer(database: string): Promise<() => Promise<Measured>> {
  const { file, arguments: given } = command("django", "write", database, "");
  const child: ChildProcess = spawn(file, given, {
    env: environment(database),
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error("The writer ended.")));
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("ready")) resolve();
    });
  });
  return () =>
    new Promise((resolve) => {
      child.removeAllListeners("exit");
      child.once("close", () => resolve(JSON.parse(text.slice(text.indexOf("{")))));
      child.stdin?.end();
    });
}

async function purged(side: "django" | "own", store: string, journal: string, argument: string) {
  const copy = join(folder, "purged.sqlite3");
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(copy + end, { force: true });
  copyFileSync(store, copy);
  const db = new Database(copy);
  db.pragma(`journal_mode = ${journal}`);
  db.close();
  execFileSync("sync");
  const stop = await writer(copy);
  const purge = await measure(side, "purge", copy, argument);
  const waits = await stop();
  for (const end of ["", "-wal", "-shm"]) rmSync(copy + end, { force: true });
  return { purge, waits };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const number = (value: number, digits = 0) =>
  value.toLocaleString("en", { maximumFractionDigits: digits });
const line = (...cells: string[]) => console.log(`| ${cells.join(" | ")} |`);

const row = (name: string, own: number, django: number, unit: string, ratio: number) =>
  line(name, `${number(own, 1)} ${unit}`, `${number(django, 1)} ${unit}`, number(ratio, 2));

async function firstRows(name: string, store: string): Promise<void> {
  const own = await measure("own", "first", store, "21");
  const django = await measure("django", "first", store, "21");
  const [ownCold = 0, djangoCold = 0] = [own.ms[0], django.ms[0]];
  row(`${name}, cold`, ownCold, djangoCold, "ms", djangoCold / ownCold);
  const [ownMedian, djangoMedian] = [median(own.ms), median(django.ms)];
  row(`${name}, median`, ownMedian, djangoMedian, "ms", djangoMedian / ownMedian);
}

async function scanForUser(store: string): Promise<void> {
  const own = await measure("own", "scan", store, USER);
  const django = await measure("django", "scan", store, USER);
  if (own.rows !== django.rows || own.matched !== django.matched)
    throw new Error(
      `The scans differ: ${own.rows}/${own.matched}, ${django.rows}/${django.matched}.`,
    );
  const ratio = django.seconds / own.seconds;
  row("scan for one user", own.rows / own.seconds, django.rows / django.seconds, "rows/s", ratio);
  row("its CPU time, all threads", own.cpu, django.cpu, "s", django.cpu / own.cpu);
  row("its peak memory", own.peakMb, django.peakMb, "MB", django.peakMb / own.peakMb);
}

async function purgeOfHalf(store: string, journal: string): Promise<void> {
  const django = await purged("django", store, journal, "");
  const pace = PACE ?? `${Math.max(20, Math.round(django.waits.longest / 20))},${PAUSE}`;
  const own = await purged("own", store, journal, pace);
  if (own.purge.deleted !== django.purge.deleted)
    throw new Error(`The purges differ: ${own.purge.deleted}, ${django.purge.deleted}.`);
  const compare = (name: string, ours: number, theirs: number, unit: string, ratio: number) =>
    row(`purge of half, ${journal} journal: ${name}`, ours, theirs, unit, ratio);
  const { purge, waits } = own;
  compare("time", purge.seconds, django.purge.seconds, "s", django.purge.seconds / purge.seconds);
  const longest = [waits.longest, django.waits.longest] as const;
  compare("longest wait of a save beside it", ...longest, "ms", longest[1] / longest[0]);
  compare("saves beside it", waits.saves, django.waits.saves, "", waits.saves / django.waits.saves);
  compare(
    "peak memory",
    purge.peakMb,
    django.purge.peakMb,
    "MB",
    django.purge.peakMb / purge.peakMb,
  );
}

export async function run(): Promise<void> {
  const large = storeOf(COUNT);
  const small = storeOf(SMALL);
  console.log(`\nSQLite, ${number(COUNT)} sessions, against Django ${djangoPython().version}`);
  console.log(
    `Load of the machine before: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
  );
  console.log("");
  line("", "Sessionscope", "Django", "in favour of Sessionscope");
  line("---", "---", "---", "---");
  if (PARTS.includes("first")) {
    await firstRows("first 100 rows, decoded", large);
    await firstRows(`the same of ${number(SMALL)} sessions`, small);
  }
  if (PARTS.includes("scan")) await scanForUser(large);
  if (PARTS.includes("purge")) await purgeOfHalf(large, "delete");
  if (PARTS.includes("wal")) await purgeOfHalf(large, "wal");
}
