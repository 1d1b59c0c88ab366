/**
 * Writes that compare and swap by the server's own cas number; flags stay as the site's client set them.
 *
 *     edit     cas key flags exptime     setExpiry   the same with the same value: touch would also fall on a newer one
 *     delete   cas with exptime -1, over at once; the next get frees it
 *     insert   add
 *
 * An exptime of more than 30 days counts from 1970, so a time on the calendar is always sent as it is. 0 is never.
 */
import { type ProblemError, problem } from "../problem.ts";
import type { WriteOutcome, WriteRequest } from "./driver.ts";
import { placeOf } from "./memcached-choice.ts";
import type { Server } from "./memcached-link.ts";
import { replyProblem } from "./memcached-problems.ts";
import { findAll, type Held, isExpected, type Sessions, tokenOf } from "./memcached-read.ts";

/** Larger than any item. */
const ALL = 2 ** 31;
const CRLF = Buffer.from("\r\n");

/** Of a value that stands nowhere: what pymemcache and pylibmc both set for it. 8: python-memcached's zlib. */
export function flagsOf(value: Buffer): number {
  if (value[0] === 0x80) return 1;
  if (value[0] === 0x78 && ((value[0] << 8) | (value[1] ?? 0)) % 31 === 0) return 9;
  return 16;
}

async function store(
  server: Server,
  command: string,
  value: Buffer,
): Promise<"STORED" | "NOT_STORED" | "EXISTS" | "NOT_FOUND"> {
  const [reply] = await server.ask([Buffer.concat([Buffer.from(command), CRLF, value, CRLF])]);
  const line = reply?.line ?? "";
  if (line === "STORED" || line === "NOT_STORED" || line === "EXISTS" || line === "NOT_FOUND")
    return line;
  throw replyProblem(line, { name: server.name, opened: true });
}

/** Whole seconds, rounded down; bad_request for what is over, which would delete the session. */
function secondsOf(iso: string): number {
  const seconds = Math.floor(Date.parse(iso) / 1000);
  // By this machine's clock, with a minute to spare.
  if (seconds > Date.now() / 1000 - 60) return Math.min(seconds, 2 ** 32 - 1);
  throw problem(
    "bad_request",
    "The expiry is over: memcached would delete the session at once.",
    "Give it a later one, or delete the session.",
  );
}

/** Swaps what was read for another value or expiry, null being never. */
async function swap(
  sessions: Sessions,
  sessionKey: string,
  expected: string,
  change: (held: Held) => { value: Buffer; expires: number | null | -1 },
): Promise<WriteOutcome> {
  const key = sessions.layout.keyOf(sessionKey);
  const [held, ...copies] = await findAll(sessions, key, ALL);
  if (!held) return { outcome: "missing" };
  if (!isExpected(held, expected)) return { outcome: "conflict" };
  const { value, expires } = change(held);
  const command = `cas ${key} ${held.flags} ${expires ?? 0} ${value.length} ${held.cas}`;
  const line = await store(held.server, command, value);
  sessions.listing.forget();
  if (line !== "STORED") return { outcome: line === "NOT_FOUND" ? "missing" : "conflict" };
  if (expires !== -1)
    return { outcome: "done", token: tokenOf({ value, size: value.length, expires }) };
  await held.server.ask([Buffer.from(`mg ${key} t\r\n`)]);
  // Left behind when the site's list of servers changed: they would come back with it.
  for (const { server } of copies) await server.ask([Buffer.from(`delete ${key}\r\n`)]);
  return { outcome: "done", token: "" };
}

/** An expiry of null keeps the stored one; a new key then never expires. */
export async function write(
  sessions: Sessions,
  { key: sessionKey, data, expires, expected }: WriteRequest,
): Promise<WriteOutcome> {
  const value = Buffer.from(data);
  const given = expires === null ? null : secondsOf(expires);
  if (expected !== null)
    return swap(sessions, sessionKey, expected, (held) => ({
      value,
      expires: given ?? held.expires,
    }));
  const key = sessions.layout.keyOf(sessionKey);
  const found = await findAll(sessions, key, -1);
  if (found.length > 0) return { outcome: "conflict" };
  const names = sessions.servers.map(({ name }) => name);
  const server = sessions.servers[placeOf(sessions.client, names, key) ?? -1];
  if (!server) throw unknownServer(names.length);
  const line = await store(
    server,
    `add ${key} ${flagsOf(value)} ${given ?? 0} ${value.length}`,
    value,
  );
  sessions.listing.forget();
  return line === "STORED"
    ? { outcome: "done", token: tokenOf({ value, size: value.length, expires: given }) }
    : { outcome: "conflict" };
}

const unknownServer = (count: number): ProblemError =>
  problem(
    "unsupported",
    `Which of ${count} servers the site looks at for a new session is known to its client library alone.`,
    "Name the client in the connection: pymemcache or pylibmc.",
  );

/** In whole seconds. */
export async function setExpiry(
  sessions: Sessions,
  key: string,
  expires: string,
  expected: string,
): Promise<WriteOutcome> {
  const seconds = secondsOf(expires);
  return swap(sessions, key, expected, ({ value }) => ({
    value: value ?? Buffer.alloc(0),
    expires: seconds,
  }));
}

export const remove = (sessions: Sessions, key: string, expected: string): Promise<WriteOutcome> =>
  swap(sessions, key, expected, () => ({ value: Buffer.alloc(0), expires: -1 }));
