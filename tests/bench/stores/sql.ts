/**
 * A SQL server with a million sessions (BENCH_SESSIONS=100000 for another number), started for this alone.
 *
 * Each measure is a process of its own, the app's and Django's in turn. During a purge two more Django processes write:
 * one saves its own session again and again, one renews sessions that expired and may be being deleted.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { djangoPython } from "../../django/python.ts";
import { startMariadb } from "../../servers/mariadb.ts";
import { startPostgres, type TestServer } from "../../servers/postgres.ts";
import { newDatabase as newMysql } from "../../stores/mysql-place.ts";
import { newDatabase as newPostgres } from "../../stores/postgres-place.ts";

const COUNT = Number(process.env["BENCH_SESSIONS"] ?? 1_000_000);
const USER = "42";

interface Waits {
  longest: number;
  median: number;
  turns: number;
}

interface Measured {
  ms: number[];
  rows: number;
  expired: number;
  matched: number;
  seconds: number;
  deleted: number;
  batches: number;
  longestLockMs: number;
  pausedMs: number;
  cpu: number;
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;

export async function sql(name: "postgres" | "mariadb"): Promise<void> {
  const postgres = name === "postgres";
  const server = await (postgres ? startPostgres() : startMariadb());
  try {
    const database = await (postgres
      ? newPostgres(server, "")
      : newMysql(server, "", "CHARACTER SET utf8mb4"));
    await measureAll(postgres ? "PostgreSQL" : "MariaDB", environment(server, database, postgres));
  } finally {
    await server.close();
  }
}

function environment(
  { host, port, user, password }: TestServer,
  database: string,
  postgres: boolean,
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DJANGO_SETTINGS_MODULE: "settings",
    DJANGO_SECRET_KEY: "bench secret key",
    PYTHONPATH: join(import.meta.dirname, "..", "..", "django", "project"),
    PYTHONDONTWRITEBYTECODE: "1",
    PROJECT_DATABASE_SERVER: JSON.stringify({
      ENGINE: `django.db.backends.${postgres ? "postgresql" : "mysql"}`,
      NAME: database,
      HOST: host,
      PORT: port,
      USER: user,
      PASSWORD: password,
    }),
    BENCH_PLACE: JSON.stringify({
      driver: postgres ? "postgres" : "mysql",
      options: { host, port, user, password, database, tls: "disable" },
    }),
  };
}

async function measureAll(title: string, env: NodeJS.ProcessEnv): Promise<void> {
  const theirs = join(import.meta.dirname, "theirs.py");
  const ask = async (file: string, ...args: string[]): Promise<Measured> => {
    const { stdout } = await promisify(execFile)(file, args, { env, maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  };
  const django = (...args: string[]) => ask(djangoPython().python, theirs, ...args);
  const own = (...args: string[]) =>
    ask(process.execPath, join(import.meta.dirname, "own.ts"), ...args);

  const writer = async (verb: string) => {
    const child = spawn(djangoPython().python, [theirs, verb], {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    while (!said.includes("ready")) await once(child.stdout, "data");
    return async (): Promise<Waits> => {
      child.stdin.end();
      await once(child, "close");
      return JSON.parse(said.slice(said.indexOf("{")));
    };
  };
  const purge = async (work: () => Promise<Measured>) => {
    const ends = await Promise.all([writer("save"), writer("renew")]);
    const measured = await work();
    const [save, renew] = await Promise.all(ends.map((end) => end()));
    if (!save || !renew) throw new Error("no writers");
    return { ...measured, save, renew };
  };

  const built = await django("build", String(COUNT));
  console.log(
    `stores: ${title}, ${built.rows} sessions of some 600 bytes, ${built.expired} of them expired; load ${loadavg()[0]?.toFixed(1)}`,
  );
  const line = (what: string, ours: string, their: string, ratio: number) =>
    console.log(
      `  ${what.padEnd(38)} ${ours.padStart(16)}   Django ${their.padStart(16)}   x ${ratio.toFixed(2)}`,
    );

  const rows = [await own("first"), await django("first")].map(({ ms }) => median(ms));
  line("first 100 rows, decoded", ms(rows[0]), ms(rows[1]), (rows[1] ?? 0) / (rows[0] ?? 1));

  const [ours, their] = [await own("scan", USER), await django("scan", USER)];
  if (ours.rows !== their.rows || ours.matched !== their.matched)
    throw new Error(
      `Found ${ours.matched} of ${ours.rows}, Django ${their.matched} of ${their.rows}.`,
    );
  const rate = ({ rows, seconds }: Measured) => Math.round(rows / seconds);
  line("find one user", `${rate(ours)}/s`, `${rate(their)}/s`, rate(ours) / rate(their));
  line("  seconds of processor", seconds(ours.cpu), seconds(their.cpu), their.cpu / ours.cpu);

  const mine = await purge(() => own("purge"));
  await django("refill", String(COUNT));
  const kept = await purge(() => own("purge-kept"));
  await django("refill", String(COUNT));
  const cleared = await purge(() => django("purge"));
  for (const [how, one] of [
    ["without copies", mine],
    ["with copies in the bin", kept],
  ] as const) {
    line(
      `purge half, ${how}`,
      seconds(one.seconds),
      seconds(cleared.seconds),
      cleared.seconds / one.seconds,
    );
    for (const who of ["save", "renew"] as const) {
      const name = who === "save" ? "a visitor's save" : "a save of an expired session";
      const [a, b] = [one[who], cleared[who]];
      line(`  ${name}, longest`, ms(a.longest), ms(b.longest), b.longest / a.longest);
      line(`  ${name}, median`, ms(a.median), ms(b.median), b.median / a.median);
    }
    console.log(
      `  ${one.deleted} deleted in ${one.batches} batches, the longest of ${ms(one.longestLockMs)}; ${seconds(one.pausedMs / 1000)} of pauses`,
    );
  }
}

const ms = (value = 0) => `${value.toFixed(1)} ms`;
const seconds = (value: number) => `${value.toFixed(1)} s`;
