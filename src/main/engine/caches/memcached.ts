/**
 * What Django's memcached backends store: a value with flags that tell its type, the client library's own choice.
 *
 *                       pickle  int  bool        text  bytes
 *     pymemcache          1      2   1 (pickle)   16     0
 *     pylibmc             1      4   2 ("1","0")  16     0
 *     python-memcached    1      2   1 (pickle)   16     0      adds 8 where compressed by zlib
 */
import { problem } from "../../problem.ts";
import { loadPickle } from "../../python/pickle-read.ts";
import { dumpPickle } from "../../python/pickle-write.ts";
import { type PyValue, pyInt } from "../../python/value.ts";
import { type Micros, SECOND } from "../time.ts";
import { inflateEntry } from "./compress.ts";

export type MemcachedClient = "pymemcache" | "pylibmc" | "python-memcached";

export interface MemcachedValue {
  readonly flags: number;
  readonly bytes: Uint8Array;
}

const pickleFlag = 1;
const compressedFlag = 8;
const textFlag = 16;
const intFlag = (client: MemcachedClient): number => (client === "pylibmc" ? 4 : 2);

/** Problems: corrupt, unknown_format for flags the client does not write, too_large. */
export function readMemcachedValue(
  { flags, bytes }: MemcachedValue,
  client: MemcachedClient,
  maxBytes?: number,
): PyValue {
  const raw = flags & compressedFlag ? inflateEntry(bytes, maxBytes) : bytes;
  const kind = flags & ~compressedFlag;
  const text = (): string => Buffer.from(raw).toString("utf8");
  if (kind === pickleFlag) return loadPickle(raw).value;
  if (kind === textFlag) return text();
  if (kind === 0) return raw;
  if (client === "pylibmc" && kind === 2) return text() === "1";
  if ((kind === 2 || kind === 4) && /^-?\d{1,5000}$/.test(text())) return pyInt(BigInt(text()));
  throw problem(
    "unknown_format",
    `The value carries flags that ${client} does not write: ${flags}.`,
  );
}

/** Never compressed; pickles at `protocol`, by default the highest of Python 3.8 and later. */
export function writeMemcachedValue(
  value: PyValue,
  client: MemcachedClient,
  protocol = 5,
): MemcachedValue {
  if (typeof value === "string") return { flags: textFlag, bytes: Buffer.from(value) };
  if (value instanceof Uint8Array) return { flags: 0, bytes: value };
  if (typeof value === "number" || typeof value === "bigint")
    return { flags: intFlag(client), bytes: Buffer.from(String(value)) };
  if (typeof value === "boolean" && client === "pylibmc")
    return { flags: 2, bytes: Buffer.from(value ? "1" : "0") };
  return { flags: pickleFlag, bytes: dumpPickle(value, protocol) };
}

/**
 * The exptime Django sends: 0 for never, -1 for at once (0 and fractions below a second too), seconds up to 30
 * days, beyond that seconds since the epoch. `timeout` in seconds, null for never.
 */
export function memcachedExptime(timeout: number | null, now: Micros): number {
  if (timeout === null) return 0;
  if (Math.trunc(timeout) === 0) return -1;
  return Math.trunc(timeout > 2_592_000 ? timeout + Number(now / SECOND) : timeout);
}
