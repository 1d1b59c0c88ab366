/**
 * Writes that compare and swap: one short script looks at value and expiry, and changes them in the same breath.
 *
 * The value is compared by its SHA-1, which Redis' scripts can make. An expiry that is kept is kept to the millisecond.
 * UNLINK frees large values in the background. Where another change came first nothing is written.
 */
import { hash } from "node:crypto";
import { ProblemError, problem } from "../problem.ts";
import type { WriteOutcome, WriteRequest } from "./driver.ts";
import type { Argument, Link } from "./redis-link.ts";
import { type Sessions, tokenOf, unexpected } from "./redis-read.ts";
import { EXPIRY } from "./redis-scripts.ts";

/** ARGV: expected hash or ~size ("" for a new key), expected expiry, what to do, value or expiry, expiry of a value. */
const SCRIPT = `${EXPIRY}
local value = redis.call('GET', KEYS[1])
local function set()
  if ARGV[5] == 'keep' and redis.call('PTTL', KEYS[1]) >= 0 then
    redis.call('SET', KEYS[1], ARGV[4], 'KEEPTTL')
  else
    redis.call('SET', KEYS[1], ARGV[4])
    if tonumber(ARGV[5]) then redis.call('PEXPIREAT', KEYS[1], ARGV[5]) end
  end
end
if ARGV[1] == '' then
  if value then return 'conflict' end
  set()
  return 'done'
end
if not value then return 'missing' end
if ARGV[1] ~= redis.sha1hex(value) and ARGV[1] ~= '~' .. #value then return 'conflict' end
local at = expiry(KEYS[1])
if ARGV[2] == '-' then
  if at ~= -1 then return 'conflict' end
elseif at ~= tonumber(ARGV[2]) then return 'conflict' end
if ARGV[3] == 'set' then set()
elseif ARGV[3] == 'expire' then redis.call('PEXPIREAT', KEYS[1], ARGV[4])
else redis.call('UNLINK', KEYS[1]) end
return 'done'`;
const SHA = hash("sha1", SCRIPT);

/** EVALSHA, and EVAL the first time a server meets the script. */
async function run(
  link: Link,
  key: string,
  ...args: Argument[]
): Promise<"done" | "conflict" | "missing"> {
  let reply: unknown;
  try {
    reply = await link.send("EVALSHA", SHA, 1, key, ...args);
  } catch (error) {
    const message = error instanceof ProblemError ? String(error.problem.detail?.["message"]) : "";
    if (!/NOSCRIPT/.test(message)) throw error;
    reply = await link.send("EVAL", SCRIPT, 1, key, ...args);
  }
  const outcome = String(reply);
  if (outcome === "done" || outcome === "conflict" || outcome === "missing") return outcome;
  throw unexpected("EVALSHA");
}

/** The parts of a token, as the script takes them. */
function expectedOf(token: string): [value: string, expires: string] {
  const at = token.lastIndexOf(".");
  return [token.slice(0, at), token.slice(at + 1)];
}

const msOf = (iso: string): number => Math.floor(Date.parse(iso.replace(/(\.\d{3})\d*Z$/, "$1Z")));

/** An expiry of null keeps the stored one; a new key then never expires. bad_request for one that is over. */
export async function write(
  { link, layout }: Sessions,
  { key, data, expires, expected }: WriteRequest,
): Promise<WriteOutcome> {
  const bytes = typeof data === "string" ? Buffer.from(data) : asBuffer(data);
  const stored = layout.keyOf(key);
  const given = expires === null ? null : msOf(expires);
  if (expected === null) {
    if (given !== null) assertAhead(given);
    const outcome = await run(link, stored, "", "-", "set", bytes, given ?? "");
    return outcome === "done" ? done(bytes, given) : { outcome };
  }
  const [value, before] = expectedOf(expected);
  const keeps = given === null || String(given) === before;
  if (!keeps) assertAhead(given);
  const outcome = await run(link, stored, value, before, "set", bytes, keeps ? "keep" : given);
  if (outcome !== "done") return { outcome };
  return done(bytes, keeps ? (before === "-" ? null : Number(before)) : given);
}

const done = (value: Buffer, expires: number | null): WriteOutcome => ({
  outcome: "done",
  token: tokenOf(value, value.length, expires),
});

const asBuffer = (data: Uint8Array): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** By this machine's clock, with a minute to spare: what the server makes of it is its own. */
function assertAhead(ms: number): void {
  if (ms > Date.now() - 60_000) return;
  throw problem(
    "bad_request",
    "The expiry is over: Redis would delete the session at once.",
    "Give it a later one, or delete the session.",
  );
}

/** To the millisecond. One that is over deletes the session, as Redis has it. */
export async function setExpiry(
  { link, layout }: Sessions,
  key: string,
  expires: string,
  expected: string,
): Promise<WriteOutcome> {
  const [value, before] = expectedOf(expected);
  const outcome = await run(link, layout.keyOf(key), value, before, "expire", msOf(expires));
  if (outcome !== "done") return { outcome };
  return { outcome, token: `${value}.${msOf(expires)}` };
}

export async function remove(
  { link, layout }: Sessions,
  key: string,
  expected: string,
): Promise<WriteOutcome> {
  const [value, before] = expectedOf(expected);
  const outcome = await run(link, layout.keyOf(key), value, before, "delete");
  return outcome === "done" ? { outcome, token: "" } : { outcome };
}
