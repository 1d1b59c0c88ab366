/**
 * Values and expiries of keys, many at once.
 *
 * Redis 7 runs a short read-only script: one command for hundreds of keys, value and expiry of one moment, and no value
 * longer than what is asked for leaves the server. Where there are no scripts (older servers, ACLs, proxies) the same is
 * asked in a pipeline: STRLEN and PTTL of each, then GET of those that are short enough.
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
  key: Buffer;
  value: Buffer | null;
  size: number;
  /** ms since the epoch; null: it never expires. */
  expires: number | null;
}

export interface Reader {
  /** In the order asked for, without keys that are gone or hold no string. */
  held(master: Master, keys: readonly Buffer[], maxData: number): Promise<Held[]>;
  /** From whichever master holds the key. */
  one(key: Buffer, maxData: number): Promise<Held | null>;
}

/** Bytes of values that one command may answer. */
const ANSWER = 8 * 1024 * 1024;

const SCRIPT = `#!lua flags=no-writes,allow-cross-slot-keys
local most, left, out = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for i = 3, #ARGV do
  local size = redis.pcall('STRLEN', ARGV[i])
  local at, value = #out, false
  if type(size) ~= 'number' then size = -1
  else
    if size <= most and size <= left then
      value = redis.call('GET', ARGV[i])
      left = left - size
    end
  end
  out[at + 1] = value
  out[at + 2] = size
  out[at + 3] = redis.call('PEXPIRETIME', ARGV[i])
end
return out`;

const GONE = -2;
const LAST = 253_402_300_799_999;

export function readerOf(link: Link): Reader {
  let scripts = true;
  const steady = new Steady();

  async function byScript(
    master: Master,
    keys: readonly Buffer[],
    maxData: number,
  ): Promise<Held[]> {
    const found: Held[] = [];
    for (let start = 0; start < keys.length; ) {
      const asked = keys.slice(start);
      const reply = await master.send("EVAL_RO", SCRIPT, 0, maxData, ANSWER, ...asked);
      if (!Array.isArray(reply)) throw unexpected("EVAL_RO");
      let next = asked.length;
      for (const [index, key] of asked.entries()) {
        const value: unknown = reply[3 * index];
        const size = Number(reply[3 * index + 1]);
        const expires = Number(reply[3 * index + 2]);
        if (expires === GONE || size < 0) continue;
        if (!(value instanceof Buffer) && size <= maxData && size <= ANSWER) {
          // Did not fit into this answer.
          next = index;
          break;
        }
        found.push(held(key, value, size, expires));
      }
      // A value beyond the answer's bound, which was asked for all the same.
      start += next;
    }
    return maxData > ANSWER ? Promise.all(found.map((one) => whole(one, maxData, master))) : found;
  }

  async function whole(one: Held, maxData: number, master: Master): Promise<Held> {
    if (one.value !== null || one.size > maxData) return one;
    const value = await master.send("GET", one.key);
    return value instanceof Buffer ? { ...one, value, size: value.length } : one;
  }

  async function byPipeline(
    send: Master["send"],
    keys: readonly Buffer[],
    maxData: number,
  ): Promise<Held[]> {
    const time = send("TIME");
    // Sent in one go: the client writes what it is given before it waits.
    const looked = await Promise.all(
      keys.map(async (key) => {
        const size = send("STRLEN", key).catch(noString);
        return { key, size: await size, ttl: Number(await send("PTTL", key)) };
      }),
    );
    const now = Math.floor(microsOf(await time) / 1000);
    return (
      await Promise.all(
        looked.map(async ({ key, size, ttl }): Promise<Held | null> => {
          if (ttl === GONE || typeof size !== "number" || size < 0) return null;
          const value = size <= maxData ? await send("GET", key) : null;
          const expires = ttl < 0 ? -1 : steady.expiry(key, now + ttl);
          if (value instanceof Buffer) return held(key, value, value.length, expires);
          return size <= maxData ? null : held(key, null, size, expires);
        }),
      )
    ).filter((one) => one !== null);
  }

  async function manyHeld(
    master: Master,
    keys: readonly Buffer[],
    maxData: number,
    send: Master["send"],
  ): Promise<Held[]> {
    if (keys.length === 0) return [];
    if (scripts)
      try {
        return await byScript(master, keys, maxData);
      } catch (error) {
        if (isLost(error) || !(error instanceof ProblemError)) throw error;
        // A slot that moves away fails the script of all its keys; the cluster knows where each one is.
        if (!/non local|MOVED|ASK/.test(String(error.problem.detail?.["message"]))) scripts = false;
      }
    return byPipeline(send, keys, maxData);
  }

  return {
    held: (master, keys, maxData) =>
      manyHeld(master, keys, maxData, link.clustered ? link.send : master.send),
    async one(key, maxData) {
      const [master] = link.masters();
      if (!master) throw problem("store_gone", "No master of the cluster can be reached.");
      // In a cluster a single key is asked for by commands that say which one it is.
      const [found = null] = link.clustered
        ? await clustered(key, maxData)
        : await manyHeld(master, [key], maxData, master.send);
      return found;
    },
  };

  async function clustered(key: Buffer, maxData: number): Promise<Held[]> {
    if (scripts)
      try {
        const script = SCRIPT.replace("for i = 3, #ARGV do", "ARGV[3] = KEYS[1]\nfor i = 3, 3 do");
        const reply = await link.send("EVAL_RO", script, 1, key, maxData, ANSWER);
        if (!Array.isArray(reply)) throw unexpected("EVAL_RO");
        const [value, size, expires] = reply;
        if (Number(expires) === GONE || Number(size) < 0) return [];
        const one = held(key, value, Number(size), Number(expires));
        if (one.value !== null || one.size > maxData) return [one];
        const all = await link.send("GET", key);
        return all instanceof Buffer ? [{ ...one, value: all, size: all.length }] : [];
      } catch (error) {
        if (isLost(error) || !(error instanceof ProblemError)) throw error;
        scripts = false;
      }
    return byPipeline(link.send, [key], maxData);
  }
}

/** -1: the key holds something else than a string. */
const noString = (error: unknown): number => {
  if (error instanceof ProblemError && /WRONGTYPE/.test(String(error.problem.detail?.["message"])))
    return -1;
  throw error;
};

const held = (key: Buffer, value: unknown, size: number, expires: number): Held => ({
  key,
  value: value instanceof Buffer ? value : null,
  size,
  expires: expires < 0 || expires > LAST ? null : expires,
});

/**
 * Before Redis 7 an expiry is the clock plus what is left, each rounded: measured twice it differs by a millisecond or
 * so. What was said first is said again, or a session nobody touched would look changed.
 */
class Steady {
  readonly #known = new Map<string, number>();
  expiry(key: Buffer, measured: number): number {
    const name = key.toString("latin1");
    const known = this.#known.get(name);
    if (known !== undefined && Math.abs(known - measured) <= SLACK) return known;
    if (this.#known.size >= 10_000) this.#known.clear();
    this.#known.set(name, measured);
    return measured;
  }
}
/** ms that two looks at one expiry may differ by. */
export const SLACK = 20;

/** TIME, in microseconds. */
export function microsOf(reply: unknown): number {
  if (!Array.isArray(reply)) throw unexpected("TIME");
  return Number(reply[0]) * 1e6 + Number(reply[1]);
}

export const unexpected = (command: string) =>
  problem("store_failed", `Redis answered ${command} with something else than it should.`);

export const isoOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

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
    token: tokenOf(one),
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
