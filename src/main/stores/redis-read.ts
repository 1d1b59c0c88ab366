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
import type { Link, Master } from "./redis-link.ts";
import { isLost } from "./redis-problems.ts";

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
  /** In the order asked for, without keys that are gone or hold no string. */
  held(master: Master, keys: readonly string[], maxData: number): Promise<Held[]>;
  /** From whichever master holds the key. */
  one(key: string, maxData: number): Promise<Held | null>;
}

/** Bytes of values that one command may answer. */
const ANSWER = 8 * 1024 * 1024;

/** When a key expires, in ms. Before Redis 7 the clock and what is left, both of the same millisecond. */
export const EXPIRY = `
local own = true
local function expiry(key)
  if own then
    local at = redis.pcall('PEXPIRETIME', key)
    if type(at) == 'number' then return at end
    own = false
  end
  while true do
    local a, left, b = redis.call('TIME'), redis.call('PTTL', key), redis.call('TIME')
    local ms = a[1] * 1000 + math.floor(a[2] / 1000)
    if left < 0 then return left end
    if ms == b[1] * 1000 + math.floor(b[2] / 1000) then return ms + left end
  end
end`;

/** Value, length and expiry of each key in \`asked\`, no value longer than ARGV[1], and none beyond ARGV[2] in all. */
const LOOK = `
local most, left, out = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for i = 1, #asked do
  local size, value = redis.pcall('STRLEN', asked[i]), false
  if type(size) ~= 'number' then size = -1
  elseif size <= most and size <= left then
    value = redis.call('GET', asked[i])
    left = left - size
  end
  out[3 * i - 2] = value
  out[3 * i - 1] = size
  out[3 * i] = expiry(asked[i])
end
return out`;

const FLAGS = "#!lua flags=no-writes,allow-cross-slot-keys\n";
/** Keys as arguments: in a cluster those of one command would have to share a slot. */
const MANY = `${EXPIRY}\nlocal asked = {unpack(ARGV, 3)}${LOOK}`;
const ONE = `${EXPIRY}\nlocal asked = KEYS${LOOK}`;

/** Scripts that read alone, for servers without EVAL_RO. */
export const readScripts: ReadonlySet<string> = new Set([MANY, ONE]);

const GONE = -2;
const LAST = 253_402_300_799_999;

export function readerOf(link: Link): Reader {
  /** What the server was found to know; the last one always goes. */
  let way: "EVAL_RO" | "EVAL" | "pipeline" = "EVAL_RO";

  /** null: the server, or its ACL, has no scripts, or in a cluster not for these keys. */
  async function byScript(
    send: Master["send"],
    script: string,
    keys: readonly string[],
    maxData: number,
  ): Promise<unknown[] | null> {
    while (way !== "pipeline")
      try {
        const text = way === "EVAL_RO" ? FLAGS + script : script;
        const bounds = [maxData, ANSWER];
        const reply = await (script === ONE
          ? send(way, text, keys.length, ...keys, ...bounds)
          : send(way, text, 0, ...bounds, ...keys));
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
  }

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
      const reply = await byScript(send, script, asked, maxData);
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
    const time = send("TIME");
    // Sent in one go: the client writes what it is given before it waits.
    const looked = keys.map((key) => ({
      key,
      size: send("STRLEN", key).catch(noString),
      ttl: send("PTTL", key),
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

  return {
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
  expires: expires < 0 || expires > LAST ? null : expires,
});

/** TIME, in microseconds. */
export function microsOf(reply: unknown): number {
  if (!Array.isArray(reply)) throw unexpected("TIME");
  return Number(reply[0]) * 1e6 + Number(reply[1]);
}

export const unexpected = (command: string) =>
  problem("store_failed", `Redis answered ${command} with something else than it should.`);

let day = { start: Number.NaN, text: "" };
const two = (number: number): string => (number < 10 ? `0${number}` : `${number}`);

/** ISO with microseconds. Date's own text costs as much as a third of a scan, so a day's is kept. */
export function isoOf(ms: number): string {
  const start = ms - (((ms % 86_400_000) + 86_400_000) % 86_400_000);
  if (start !== day.start) day = { start, text: new Date(start).toISOString().slice(0, -13) };
  const rest = ms - start;
  const seconds = Math.floor(rest / 1000);
  const fraction = `${rest % 1000}`.padStart(3, "0");
  return `${day.text}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}000Z`;
}

/** "<sha1 of the value>.<expiry in ms, or ->"; without the value its size in place of the hash. */
export const tokenOf = ({ value, size, expires }: Omit<Held, "key">): string =>
  `${value === null ? `~${size}` : hash("sha1", value)}.${expires ?? "-"}`;

/** Text where the bytes are text: pickles and compressed values never are. */
const dataOf = (value: Buffer): string | Buffer =>
  (value[0] ?? 0) < 0x80 && isAscii(value)
    ? value.toString("latin1")
    : (value[0] ?? 0x80) < 0x80 && isUtf8(value)
      ? value.toString("utf8")
      : value;

export function entryOf(sessionKey: string, one: Held): Entry {
  const { value, size, expires } = one;
  return {
    key: sessionKey,
    data: value === null ? null : dataOf(value),
    size,
    expires: expires === null ? null : isoOf(expires),
    writtenAt: null,
    // Asked for by few: a hash of each value would be a fifth of a scan.
    get token() {
      return tokenOf(one);
    },
  };
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
