/**
 * What session engines put into Redis, read and written back in the same form.
 *
 *     core Redis (4.0+)       5                   an int is decimal text, everything else pickle protocol 5
 *     django-redis            int, or compressor( pickle 4 | JSON with spaces | MessagePack )
 *     django-redis-sessions   eyJhIjoxfQ:1r31eq:…     session_data under the bare key or "<prefix>:" + key
 *     JSON engines            {"cart": []}        under "session:" + key, as many courses teach it
 *
 * The form is told from the content: the value of a session is a dict, so a JSON text begins with a brace, a
 * MessagePack one with a map, and neither can be taken for a pickle or for signed text.
 */
import { problem } from "../../problem.ts";
import { parseJson, writeJson } from "../../python/json.ts";
import { loadPickle } from "../../python/pickle-read.ts";
import { dumpPickle } from "../../python/pickle-write.ts";
import { type PyValue, pyInt } from "../../python/value.ts";
import { spacedJson } from "../csrf-messages.ts";
import { looksPickled } from "../detect.ts";
import { PythonError } from "../errors.ts";
import { type Compressor, compress, decompress } from "./compress.ts";
import { readMsgpack, writeMsgpack } from "./msgpack.ts";

export interface RedisForm {
  readonly compressor: Compressor;
  /** `session_data` is text for read.ts and write.ts, `int` decimal text. */
  readonly serializer: "pickle" | "json" | "msgpack" | "int" | "session_data";
  /** Of a pickle. */
  readonly protocol: number | null;
  /** Of JSON: json.dumps' own separators, ", " and ": ". */
  readonly spaced: boolean;
}

export interface RedisReading {
  readonly form: RedisForm;
  /** Undefined for session_data, whose text is in `text`. */
  readonly value: PyValue | undefined;
  readonly text: string | undefined;
}

const form = (given: Partial<RedisForm> & Pick<RedisForm, "serializer">): RedisForm => ({
  compressor: "none",
  protocol: null,
  spaced: false,
  ...given,
});

/** What core Redis writes. */
export const coreRedisForm = form({ serializer: "pickle", protocol: 5 });
/** What django-redis writes by default since 5.1; before, protocol 5. */
export const djangoRedisForm = form({ serializer: "pickle", protocol: 4 });

/** Python's int(bytes), which both clients try first. */
const decimal = /^\s*[+-]?\d+(?:_\d+)*\s*$/;

/** Reads a value of unknown form. Problems: corrupt, unknown_format, too_large, too_deep, unsupported. */
export function readRedisValue(stored: Uint8Array, maxBytes?: number): RedisReading {
  const plain = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  if (plain.length < 5000 && decimal.test(plain.toString("latin1")))
    return {
      form: form({ serializer: "int" }),
      value: pyInt(BigInt(plain.toString("latin1").trim().replaceAll("_", ""))),
      text: undefined,
    };
  const { compressor, bytes } = decompress(plain, maxBytes);
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (looksPickled(raw)) {
    const { value, protocol } = loadPickle(raw);
    return { form: form({ serializer: "pickle", protocol, compressor }), value, text: undefined };
  }
  const first = raw[0] ?? 0;
  if (first === 0x7b || first === 0x5b) {
    const text = raw.toString("utf8");
    const value = parseJson(text);
    const spaced = !text.includes(":") || /": /.test(text);
    return { form: form({ serializer: "json", spaced, compressor }), value, text: undefined };
  }
  if ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf)
    return {
      form: form({ serializer: "msgpack", compressor }),
      value: readMsgpack(raw),
      text: undefined,
    };
  const text = raw.toString("latin1");
  if (/^[\x21-\x7e]+$/.test(text))
    return { form: form({ serializer: "session_data", compressor }), value: undefined, text };
  throw problem("unknown_format", "The value has no form that a session engine writes.");
}

/** Writes a value in a form; ints are decimal text in both clients, bool is not an int. Problems: not_writable, too_deep. */
export function writeRedisValue(value: PyValue, given: RedisForm): Uint8Array {
  if (typeof value === "number" || typeof value === "bigint") return Buffer.from(String(value));
  return compress(given.compressor, serialize(value, given));
}

function serialize(value: PyValue, { serializer, protocol, spaced }: RedisForm): Uint8Array {
  switch (serializer) {
    case "pickle":
      return dumpPickle(value, protocol ?? 4);
    case "json":
      return Buffer.from(spaced ? spacedJson(value) : writeJson(value));
    case "msgpack":
      return writeMsgpack(value);
    case "int":
    case "session_data":
      throw problem("not_writable", `A value cannot be written as ${serializer} here.`);
  }
}

/** What happens to a key's time to live: kept for ever, deleted at once, or a number of milliseconds. */
export type RedisExpiry = "never" | "delete" | { readonly milliseconds: number };

/** Core Redis: whole seconds, rounded down; zero and less delete. `timeout` in seconds, null for never. */
export function coreRedisExpiry(timeout: number | null): RedisExpiry {
  if (timeout === null) return "never";
  const seconds = Math.trunc(timeout);
  return seconds <= 0 ? "delete" : { milliseconds: seconds * 1000 };
}

/** django-redis: milliseconds, rounded down; less than one deletes. `timeout` in seconds, null for never. */
export function djangoRedisExpiry(timeout: number | null): RedisExpiry {
  if (timeout === null) return "never";
  const milliseconds = Math.trunc(timeout * 1000);
  return milliseconds <= 0 ? "delete" : { milliseconds };
}

/** Key of django-redis-sessions, whose default prefix is empty; JSON engines mostly take "session". */
export const redisSessionsKey = (prefix: string, sessionKey: string): string =>
  prefix === "" ? sessionKey : `${prefix}:${sessionKey}`;

/** Seconds for SETEX as django-redis-sessions passes them: Redis refuses fractions, zero and less with an error. */
export function redisSessionsSeconds(age: PyValue): number {
  if (typeof age !== "number")
    throw new PythonError("ResponseError", "value is not an integer or out of range");
  if (age <= 0) throw new PythonError("ResponseError", "invalid expire time in 'setex' command");
  return age;
}
