/**
 * Values, flags and expiries of keys, many at once, without moving them in the server's LRU (`mg … u`).
 *
 * A server tells what is left of a life in seconds of its own clock, which ticks once a second; the clock is read before
 * and after, and where it ticked in between the keys are asked for again. So an expiry is exact: time + what is left.
 */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import type { Entry, ExpiryRange } from "./driver.ts";
import type { Client } from "./memcached-choice.ts";
import type { Layout } from "./memcached-layout.ts";
import type { Server } from "./memcached-link.ts";
import type { Listing } from "./memcached-list.ts";
import { replyProblem, unsupported } from "./memcached-problems.ts";

/** What the parts of a store share. */
export interface Sessions {
  readonly servers: readonly Server[];
  readonly layout: Layout;
  readonly listing: Listing;
  /** The site's client library, which decides what server a new key goes to. */
  readonly client: Client;
}

/** A key as it stands. */
export interface Held {
  readonly key: string;
  readonly server: Server;
  /** null: left out for its length. */
  readonly value: Buffer | null;
  readonly size: number;
  /** Which type the client library stored. */
  readonly flags: number;
  readonly cas: string;
  /** Seconds since the epoch; null: never. */
  readonly expires: number | null;
}

/** Keys and bytes that one command may ask for. */
const KEYS = 250;
const ANSWER = 8 * 1024 * 1024;
const LARGEST = 1024 * 1024;

/** A key to ask for, and what its value has at most as far as that is known. */
export interface Wanted {
  readonly key: string;
  readonly bound?: number;
}

/** In the order asked for, without keys that are gone. */
export async function heldOf(
  server: Server,
  wanted: readonly Wanted[],
  maxData: number,
): Promise<Held[]> {
  const all: Held[] = [];
  for (let start = 0; start < wanted.length; ) {
    let bytes = 0;
    let end = start;
    while (end < wanted.length && end - start < KEYS && (end === start || bytes < ANSWER)) {
      bytes += Math.min(wanted[end]?.bound ?? LARGEST, maxData);
      end += 1;
    }
    all.push(...(await heldAtOnce(server, wanted.slice(start, end), maxData)));
    start = end;
  }
  return all;
}

async function heldAtOnce(
  server: Server,
  wanted: readonly Wanted[],
  maxData: number,
): Promise<Held[]> {
  const commands = wanted.map(({ key, bound = 0 }) =>
    Buffer.from(`mg ${key} ${bound > maxData || maxData < 0 ? "" : "v "}s f t c u\r\n`),
  );
  for (let turn = 1; ; turn++) {
    // Sent together, so answered within the same moment.
    const asked = [timeOf(server), server.ask(commands), timeOf(server)] as const;
    const [before, replies, after] = await Promise.all(asked);
    if (before !== after && turn < 5) continue;
    return replies.flatMap(({ line, data }, index) => {
      const key = wanted[index]?.key ?? "";
      if (line === "EN") return [];
      if (/^ERROR/.test(line)) throw unsupported(server.name);
      if (!/^(VA|HD)/.test(line)) throw replyProblem(line, { name: server.name, opened: true });
      const flag = (name: string) => new RegExp(` ${name}(-?\\d+)`).exec(line)?.[1] ?? "0";
      const size = Number(flag("s"));
      const left = Number(flag("t"));
      const expires = left < 0 ? null : before + left;
      const value = size <= maxData ? data : null;
      const held = { key, server, value, size, flags: Number(flag("f")), cas: flag("c"), expires };
      return [held];
    });
  }
}

/** The server's clock, in seconds since the epoch. */
export async function timeOf(server: Server): Promise<number> {
  return Number((await statsOf(server)).get("time"));
}

export async function statsOf(server: Server, of = ""): Promise<Map<string, string>> {
  const stats = new Map<string, string>();
  const last = await server.lines(`stats${of && ` ${of}`}`, (line) => {
    const [, name = "", value = ""] = /^STAT (\S+) (.*)$/.exec(line) ?? [];
    stats.set(name, value);
  });
  if (last !== "END") throw replyProblem(last, { name: server.name, opened: true });
  return stats;
}

/** Where the key is: the site's client decides by a hash of its own, so all are asked. */
export async function findAll(
  { servers }: Sessions,
  key: string,
  maxData: number,
): Promise<Held[]> {
  const all = await Promise.all(servers.map((server) => heldOf(server, [{ key }], maxData)));
  return all.flat();
}

export async function get(sessions: Sessions, key: string, maxData: number): Promise<Entry | null> {
  const [held] = await findAll(sessions, sessions.layout.keyOf(key), maxData);
  return held ? entryOf(key, held) : null;
}

/** Of several servers' copies the first one counts, as for `get`. */
export async function getMany(
  { servers, layout }: Sessions,
  keys: readonly string[],
  maxData: number,
): Promise<Map<string, Entry>> {
  const names = new Map(keys.filter(layout.holds).map((key) => [layout.keyOf(key), key]));
  const wanted = [...names.keys()].map((key) => ({ key }));
  const found = new Map<string, Entry>();
  const all = await Promise.all(servers.map((server) => heldOf(server, wanted, maxData)));
  for (const held of all.flat()) {
    const key = names.get(held.key) ?? "";
    if (!found.has(key)) found.set(key, entryOf(key, held));
  }
  return found;
}

export function entryOf(key: string, held: Held): Entry {
  const { value, size, expires } = held;
  return {
    key,
    data: value && (isUtf8(value) ? value.toString("utf8") : value),
    size,
    expires: expires === null ? null : isoOf(expires),
    writtenAt: null,
    token: tokenOf(held),
  };
}

export const isoOf = (seconds: number): string =>
  new Date(Math.min(seconds, 253_402_300_799) * 1000).toISOString().replace("Z", "000Z");

/** Hash of the value, or ~size where it was left out; then the expiry in seconds, or "-". */
export const tokenOf = ({
  value,
  size,
  expires,
}: Pick<Held, "value" | "size" | "expires">): string =>
  `${value ? hash("sha1", value) : `~${size}`}.${expires ?? "-"}`;

/** Whether a token of before names what is there now. */
export function isExpected(held: Held, token: string): boolean {
  const [value = "", expires = ""] = token.split(".");
  if (expires !== String(held.expires ?? "-")) return false;
  return value === `~${held.size}` || (held.value !== null && value === hash("sha1", held.value));
}

/** Half-open, and what never expires belongs to a range without bounds only. */
export function inRange(expires: number | null, { from, to }: ExpiryRange): boolean {
  if (from === undefined && to === undefined) return true;
  if (expires === null) return false;
  const at = isoOf(expires);
  return (from === undefined || at >= from) && (to === undefined || at < to);
}
