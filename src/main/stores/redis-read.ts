/**
 * Values and expiries of keys, many at once.
 *
 * A short script that only reads: one command for hundreds of keys, value and expiry of one moment, and no value longer
 * than what is asked for leaves the server. Redis 7 has EVAL_RO for it, older ones EVAL. Where a user may run no scripts
 * the same is asked in a pipeline: STRLEN and PTTL of each, then GET of those that are short enough.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import { ProblemError, problem } from "../problem.ts";
import type { Entry } from "./driver.ts";
import type { Layout } from "./redis-layout.ts";
import type { Argument, Link, Master } from "./redis-link.ts";
import { isLost } from "./redis-problems.ts";
import { ANSWER, FLAGS, MANY, ONE } from "./redis-scripts.ts";

/** What the parts of a store share. */
export interface Sessions {
  readonly link: Link;
  readonly layout: Layout;
  readonly reader: Reader;
}

/** A key as it stands; `value` is null where it was left out for its length. */
export interface Held {
  key: string;
  value: Buffer | null;
  size: number;
  /** ms since the epoch; null: it never expires. */
  expires: number | null;
}

export interface Reader {
  /** A script that reads. null: the server, or its ACL, has no scripts, or in a cluster not for these keys. */
  run(
    send: Master["send"],
    script: string,
    keys: readonly string[],
    args: readonly Argument[],
  ): Promise<unknown[] | null>;
  /** One for each key, not a Buffer where it is gone or no string. null: in a cluster, and where MGET is not allowed. */
  values(master: Master, keys: readonly string[]): Promise<readonly unknown[] | null>;
  /** In the order asked for, without keys that are gone or hold no string. */
  held(master: Master, keys: readonly string[], maxData: number): Promise<Held[]>;
  /** From whichever master holds the key. */
  one(key: string, maxData: number): Promise<Held | null>;
}

const GONE = -2;
const LAST = 253_402_300_799_999;

export function readerOf(link: Link): Reader {
  /** What the server was found to know; the last one always goes. */
  let way: "EVAL_RO" | "EVAL" | "pipeline" = "EVAL_RO";

  const run: Reader["run"] = async (send, script, keys, args) => {
    while (way !== "pipeline")
      try {
        const text = way === "EVAL_RO" ? FLAGS + script : script;
        const reply = await send(way, text, keys.length, ...keys, ...args);
        if (!Array.isArray(reply)) throw unexpected(way);
        return reply;
      } catch (error) {
        if (isLost(error) || !(error instanceof ProblemError)) throw error;
        // A slot that moves away fails the script of all its keys; the cluster knows where each one is.
        if (/non local|same slot|MOVED|ASK/.test(String(error.problem.detail?.["message"])))
          return null;
        way = way === "EVAL_RO" ? "EVAL" : "pipeline";
      }
    return null;
  };

  /** Asks again for what did not fit into one answer. */
  async function scripted(
    send: Master["send"],
    script: string,
    keys: readonly string[],
    maxData: number,
  ): Promise<Held[] | null> {
    const found: Held[] = [];
    for (let start = 0; start < keys.length; ) {
      const asked = start === 0 ? keys : keys.slice(start);
      const bounds = [maxData, ANSWER];
      const reply = await (script === ONE
        ? run(send, ONE, asked, bounds)
        : run(send, MANY, [], [...bounds, ...asked]));
      if (reply === null) return null;
      let next = asked.length;
      for (const [index, key] of asked.entries()) {
        const size = Number(reply[3 * index + 1]);
        const expires = Number(reply[3 * index + 2]);
        if (expires === GONE || size < 0) continue;
        const one = heldAs(key, reply[3 * index], size, expires);
        if (one.value === null && size <= maxData && size <= ANSWER) {
          next = index;
          break;
        }
        found.push(one);
      }
      start += next;
    }
    if (maxData <= ANSWER) return found;
    const whole: Held[] = [];
    for (const one of found)
      whole.push(await wholeOf(one, maxData, link.clustered ? link.send : send));
    return whole;
  }

  async function wholeOf(one: Held, maxData: number, send: Master["send"]): Promise<Held> {
    if (one.value !== null || one.size > maxData) return one;
    const value = await send("GET", one.key);
    return value instanceof Buffer ? { ...one, value, size: value.length } : one;
  }

  /** Expiries are off by as long as the commands take. */
  async function pipelined(
    send: Master["send"],
    keys: readonly string[],
    maxData: number,
  ): Promise<Held[]> {
    // Sent in one go: the client writes what it is given before it waits. The first that fails fails all.
    const quietly = <Reply>(reply: Promise<Reply>): Promise<Reply> => {
      reply.catch(() => {});
      return reply;
    };
    const time = quietly(send("TIME"));
    const looked = keys.map((key) => ({
      key,
      size: quietly(send("STRLEN", key).catch(noString)),
      ttl: quietly(send("PTTL", key)),
    }));
    const now = Math.floor(microsOf(await time) / 1000);
    const found = await Promise.all(
      looked.map(async ({ key, ...asked }): Promise<Held | null> => {
        const [size, ttl] = [Number(await asked.size), Number(await asked.ttl)];
        if (ttl === GONE || size < 0) return null;
        const value = size <= maxData ? await send("GET", key) : null;
        const expires = ttl < 0 ? -1 : now + ttl;
        if (value instanceof Buffer) return heldAs(key, value, value.length, expires);
        return size <= maxData ? null : heldAs(key, null, size, expires);
      }),
    );
    return found.filter((one) => one !== null);
  }

  let together = !link.clustered;
  return {
    run,
    async values({ send }, keys) {
      if (!together) return null;
      if (keys.length === 0) return [];
      try {
        const reply = await send("MGET", ...keys);
        if (!Array.isArray(reply) || reply.length !== keys.length) throw unexpected("MGET");
        return reply;
      } catch (error) {
        if (!(error instanceof ProblemError) || error.problem.code !== "read_only") throw error;
        together = false;
        return null;
      }
    },
    async held(master, keys, maxData) {
      if (keys.length === 0) return [];
      const found = await scripted(master.send, MANY, keys, maxData);
      return found ?? pipelined(link.clustered ? link.send : master.send, keys, maxData);
    },
    async one(key, maxData) {
      const found = await scripted(link.send, ONE, [key], maxData);
      const [one = null] = found ?? (await pipelined(link.send, [key], maxData));
      return one;
    },
  };
}

/** -1: the key holds something else than a string. */
const noString = (error: unknown): number => {
  if (error instanceof ProblemError && /WRONGTYPE/.test(String(error.problem.detail?.["message"])))
    return -1;
  throw error;
};

const heldAs = (key: string, value: unknown, size: number, expires: number): Held => ({
  key,
  value: value instanceof Buffer ? value : null,
  size,
  expires: expiresOf(expires),
});

/** As scripts tell it, -1 and what no calendar has being never. */
export const expiresOf = (ms: number): number | null => (ms < 0 || ms > LAST ? null : ms);

/** TIME, in microseconds. */
export function microsOf(reply: unknown): number {
  if (!Array.isArray(reply)) throw unexpected("TIME");
  return Number(reply[0]) * 1e6 + Number(reply[1]);
}

export const unexpected = (command: string) =>
  problem("store_failed", `Redis answered ${command} with something else than it should.`);

const days = new Map<number, string>();
const texts = (count: number, textOf: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => textOf(at));
const two = (number: number): string => `${number}`.padStart(2, "0");
const minutes = texts(1440, (at) => `${two(Math.floor(at / 60))}:${two(at % 60)}:`);
const seconds = texts(60, (at) => `${two(at)}.`);
const fractions = texts(1000, (at) => `${`${at}`.padStart(3, "0")}000Z`);

/** ISO with microseconds. Date's own text would be a fifth of a scan, so it is put together from parts. */
export function isoOf(ms: number): string {
  const day = Math.floor(ms / 86_400_000);
  let date = days.get(day);
  if (date === undefined) {
    if (days.size === 1000) days.clear();
    date = new Date(day * 86_400_000).toISOString().slice(0, -13);
    days.set(day, date);
  }
  const rest = ms - day * 86_400_000;
  const second = Math.floor(rest / 1000);
  return `${date}${minutes[Math.floor(second / 60)]}${seconds[second % 60]}${fractions[rest % 1000]}`;
}

/** "<sha1 of the value>.<expiry in ms, or ->"; without the value its size in place of the hash. */
export const tokenOf = (
  value: string | Uint8Array | null,
  size: number,
  expires: number | null,
): string => `${value === null ? `~${size}` : hash("sha1", value)}.${expires ?? "-"}`;

/** Text where the bytes are text: pickles and compressed values never are. */
const dataOf = (value: Buffer): string | Buffer =>
  (value[0] ?? 0) < 0x80 && isAscii(value)
    ? value.toString("latin1")
    : (value[0] ?? 0x80) < 0x80 && isUtf8(value)
      ? value.toString("utf8")
      : value;

/**
 * Asked for by few, and a hash of each value would be a fifth of a scan. A getter in the literal would be a function of
 * its own and a slow object for each entry.
 */
const token = {
  enumerable: true,
  get(this: Entry): string {
    return tokenOf(this.data, this.size, this.expires === null ? null : Date.parse(this.expires));
  },
};

export function entryOf(sessionKey: string, { value, size, expires }: Held): Entry {
  const entry = {
    key: sessionKey,
    data: value === null ? null : dataOf(value),
    size,
    expires: expires === null ? null : isoOf(expires),
    writtenAt: null,
  };
  return Object.defineProperty(entry, "token", token) as Entry;
}

export async function get(
  { link, layout, reader }: Sessions,
  sessionKey: string,
  maxData: number,
): Promise<Entry | null> {
  const key = layout.keyOf(sessionKey);
  const found = await link.patiently(() => reader.one(key, maxData));
  return found ? entryOf(sessionKey, found) : null;
}

export const now = async ({ link }: Sessions): Promise<string> => {
  const [master] = link.masters();
  const micros = microsOf(await link.patiently(async () => (master ?? link).send("TIME")));
  return `${isoOf(Math.floor(micros / 1000)).slice(0, -4)}${String(micros % 1000).padStart(3, "0")}Z`;
};
