/**
 * The read-only reader of the browsing side: what is stored, in which form, signed by which key, and why
 * it cannot be read where it cannot. Unlike load(), it never writes and never turns a failure into `{}`.
 *
 *     readStored("eyJhIjoxfQ:1r31eq:e8BAfr92jaSHQvf6DEypRCpTHy_jAdiBYlo7NLhisxI", { secretKey })
 *     { encoding: "signed", serializer: "json", compressed: false, signedAt: 1700000000000000n,
 *       signature: "valid", value: Map { "a" => 1 }, problem: null, ... }
 *
 * A signature that no key fits does not hide the value: it is there, with a problem that says what Django
 * would make of it. Nothing in a value is imported, called or executed.
 */
import { Buffer } from "node:buffer";
import type { Problem } from "../../shared/problem.ts";
import { ProblemError, problem } from "../problem.ts";
import { parseJson } from "../python/json.ts";
import { loadPickle } from "../python/pickle-read.ts";
import { isDict, type PyValue } from "../python/value.ts";
import { type Compressor, compressorOf } from "./caches/compress.ts";
import { readCacheFile } from "./caches/filebased.ts";
import { readRedisValue } from "./caches/redis.ts";
import { detect, fileHeaderEnd, looksPickled, type SignedParts } from "./detect.ts";
import { fromBase62, fromBase64Url } from "./encodings.ts";
import { PythonError } from "./errors.ts";
import { hmacKey, type SecretKey } from "./hmac.ts";
import { inflateZlibText, MAX_INFLATED } from "./inflate.ts";
import { type LegacyParts, legacyMac, md5Mac, STORE_CLASS } from "./legacy.ts";
import { SESSION_SALT, SIGNED_COOKIES_SALT } from "./signing.ts";
import { MAX_WALL, MIN_WALL, type Micros, SECOND } from "./time.ts";

export type Encoding =
  | "signed"
  | "legacy"
  | "md5"
  | "signed_cookies"
  | "pickle"
  | "json"
  | "django_redis"
  | "database_cache"
  | "file_cache"
  | "unknown";

/** `fallback:1` is the first of SECRET_KEY_FALLBACKS. */
export type SignatureState = "valid" | `fallback:${number}` | "invalid" | "unverified" | "unsigned";

export type Keys = {
  readonly secretKey?: SecretKey | undefined;
  readonly fallbacks?: readonly SecretKey[] | undefined;
  /** Of a store whose class is not called SessionStore: "django.contrib.sessions." + its qualified name. */
  readonly salt?: string | undefined;
};

export type ReadOptions = {
  /** Default true. Without, and for want of a key, the signature is "unverified". */
  readonly verify?: boolean | undefined;
  /** Bound of the stored text and of what it inflates to, in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
};

export type SerializerName = "json" | "pickle" | "msgpack";

/** What a cache adds to the serialized value. */
export type CacheForm = {
  readonly compressor: Compressor;
  /** JSON with json.dumps' own separators, ", " and ": ". */
  readonly spaced: boolean;
  /** Of a file of FileBasedCache: seconds since the epoch, null for never. Else undefined. */
  readonly expires: number | null | undefined;
};

export type Reading = {
  readonly encoding: Encoding;
  readonly serializer: SerializerName | null;
  /** The protocol of a pickle, else null. */
  readonly protocol: number | null;
  readonly compressed: boolean;
  /** Whole seconds; null in the forms that hold no time. */
  readonly signedAt: Micros | null;
  readonly signature: SignatureState;
  /** The hash in the signature. Django 4.0 and later refuse sha1 and md5. */
  readonly mac: "sha256" | "sha1" | "md5" | null;
  /** The salt that fitted, or null. */
  readonly salt: string | null;
  /** Of what a cache holds, else null. */
  readonly cache: CacheForm | null;
  readonly value: PyValue | undefined;
  readonly problem: Problem | null;
};

/** Reads a stored value. Never throws for what is stored. */
export function readStored(
  data: string | Uint8Array,
  keys: Keys,
  options: ReadOptions = {},
): Reading {
  const maxBytes = options.maxBytes ?? MAX_INFLATED;
  if (data.length > maxBytes) return unknown(tooLarge(data.length, maxBytes));
  const form = detect(data);
  const verify = options.verify !== false;
  switch (form.form) {
    case "signed":
      return readSigned(form.parts, verify ? keys : {}, maxBytes);
    case "legacy":
    case "md5":
      return readLegacy(form, verify ? keys : {});
    case "json":
      return {
        ...bare,
        encoding: "json",
        cache: { ...plain, spaced: isSpaced(form.text) },
        ...deserialize(() => form.text),
      };
    case "pickle":
      return { ...bare, encoding: "pickle", cache: plain, ...deserialize(() => form.bytes) };
    case "database_cache":
      return { ...bare, encoding: form.form, cache: plain, ...deserialize(() => form.bytes) };
    case "django_redis":
    case "file_cache":
      return readCached(form.form, form.bytes, maxBytes);
    case "unknown":
      return unknown(problem("unknown_format", form.why).problem);
  }
}

const tooLarge = (size: number, maxBytes: number): Problem =>
  problem(
    "too_large",
    `The value has ${size} bytes, more than the bound of ${maxBytes}.`,
    undefined,
    {
      size,
      maxBytes,
    },
  ).problem;

const bare = {
  compressed: false,
  signedAt: null,
  signature: "unsigned",
  mac: null,
  salt: null,
} as const;

const plain: CacheForm = { compressor: "none", spaced: false, expires: undefined };

const unknown = (why: Problem): Reading => ({
  ...bare,
  signature: "unverified",
  cache: null,
  encoding: "unknown",
  serializer: null,
  protocol: null,
  value: undefined,
  problem: why,
});

/** Compressed, or MessagePack, or a file with its expiry in front. */
function readCached(
  encoding: "django_redis" | "file_cache",
  bytes: Buffer,
  maxBytes: number,
): Reading {
  const compressor = compressorOf(
    encoding === "file_cache" ? bytes.subarray(fileHeaderEnd(bytes)) : bytes,
  );
  const read = { ...bare, encoding, compressed: compressor !== "none" };
  const cache = { ...plain, compressor };
  try {
    if (encoding === "file_cache") {
      const file = readCacheFile(bytes, maxBytes);
      const { value, protocol } = file?.pickle ?? { value: undefined, protocol: null };
      return {
        ...read,
        ...checkedDict("pickle", protocol, value),
        cache: { ...cache, expires: file?.expires },
      };
    }
    const { form, value } = readRedisValue(bytes, maxBytes);
    if (form.serializer === "int" || form.serializer === "session_data")
      throw problem(
        "unknown_format",
        "What is compressed has no form that a session engine writes.",
      );
    return {
      ...read,
      ...checkedDict(form.serializer, form.protocol, value),
      cache: { ...cache, compressor: form.compressor, spaced: form.spaced },
    };
  } catch (error) {
    return {
      ...read,
      serializer: null,
      protocol: null,
      cache,
      value: undefined,
      problem: asProblem(error),
    };
  }
}

const checkedDict = (
  serializer: SerializerName,
  protocol: number | null,
  value: PyValue | undefined,
): Decoded => ({ serializer, protocol, value, problem: isDict(value) ? null : notADict });

/** Whether JSON text has a space behind its first colon outside of strings, as json.dumps writes it by default. */
const isSpaced = (text: string): boolean => /^\{"(?:[^"\\]|\\.){0,1000}": /.test(text);

function readSigned(parts: SignedParts, keys: Keys, maxBytes: number): Reading {
  const { payload } = parts;
  const compressed = payload.charCodeAt(0) === DOT;
  const checked = checkSignature(parts, keys);
  const time = signingTime(parts.timestamp);
  const decoded = deserialize(() => payloadText(payload, compressed, maxBytes));
  return {
    encoding: checked.salt === SIGNED_COOKIES_SALT ? "signed_cookies" : "signed",
    serializer: decoded.serializer,
    protocol: decoded.protocol,
    compressed,
    signedAt: time.at,
    signature: checked.state,
    mac: parts.signature.length === SHA1_LENGTH ? "sha1" : "sha256",
    salt: checked.salt,
    cache: null,
    value: decoded.value,
    problem:
      decoded.value === undefined
        ? decoded.problem
        : checked.state === "invalid"
          ? refused
          : (time.problem ?? decoded.problem),
  };
}

const DOT = 46;
const SHA1_LENGTH = 27;

const refused = problem(
  "bad_signature",
  "No key fits the signature. Django would treat this session as empty.",
  "Another SECRET_KEY signed it, or it was changed since.",
).problem;

/** The serialized bytes as characters U+0000 to U+00FF, which is how Django reads JSON too. */
function payloadText(payload: string, compressed: boolean, maxBytes: number): string {
  return compressed
    ? inflateZlibText(fromBase64Url(payload.slice(1)), maxBytes)
    : fromBase64Url(payload).toString("latin1");
}

const SALTS = [SESSION_SALT, SIGNED_COOKIES_SALT];
const SESSION_SIGNER = `${SESSION_SALT}signer`;

type Checked = { state: SignatureState; salt: string | null };

/**
 * Which key and salt made the signature. Compared in ordinary time: whoever sees the answer here has the
 * keys already.
 */
function checkSignature({ signed, signature }: SignedParts, keys: Keys): Checked {
  if (keys.secretKey === undefined && !keys.fallbacks?.length)
    return { state: "unverified", salt: null };
  const algorithm = signature.length === SHA1_LENGTH ? "sha1" : "sha256";
  for (const salt of keys.salt ? [keys.salt, SIGNED_COOKIES_SALT] : SALTS) {
    const signerSalt = salt === SESSION_SALT ? SESSION_SIGNER : `${salt}signer`;
    const fits = (secret: SecretKey): boolean =>
      hmacKey(algorithm, signerSalt, secret).base64Url(signed) === signature;
    const state = firstFit(keys, fits);
    if (state) return { state, salt };
  }
  return { state: "invalid", salt: null };
}

function firstFit(keys: Keys, fits: (secret: SecretKey) => boolean): SignatureState | null {
  if (keys.secretKey !== undefined && fits(keys.secretKey)) return "valid";
  const index = keys.fallbacks?.findIndex(fits) ?? -1;
  return index < 0 ? null : `fallback:${index + 1}`;
}

/** Django takes any base62 number for a time; one outside of the years 1 to 9999 is none a person can read. */
function signingTime(timestamp: string | null): { at: Micros | null; problem: Problem | null } {
  if (timestamp === null || !/^-?[0-9A-Za-z]+$/.test(timestamp))
    return { at: null, problem: noTime };
  const at = timestamp.length < 10 ? fromBase62(timestamp) * SECOND : MAX_WALL + 1n;
  return { at: at < MIN_WALL || at > MAX_WALL ? null : at, problem: null };
}

const noTime = problem(
  "corrupt",
  "The signing time is missing or unreadable. Django would treat this session as empty.",
).problem;

function readLegacy(
  { form, parts }: { form: "legacy" | "md5"; parts: LegacyParts },
  keys: Keys,
): Reading {
  const checked = checkLegacy(form, parts, keys);
  const decoded = deserialize(() => parts.serialized);
  return {
    encoding: form,
    ...decoded,
    compressed: false,
    signedAt: null,
    signature: checked.state,
    mac: form === "legacy" ? "sha1" : "md5",
    salt: checked.salt,
    cache: null,
    problem: decoded.value !== undefined && checked.state === "invalid" ? refused : decoded.problem,
  };
}

function checkLegacy(form: "legacy" | "md5", parts: LegacyParts, keys: Keys): Checked {
  if (keys.secretKey === undefined && !keys.fallbacks?.length)
    return { state: "unverified", salt: null };
  // The old salt ends with the bare name of the class.
  const className = keys.salt ? keys.salt.slice(keys.salt.lastIndexOf(".") + 1) : STORE_CLASS;
  const state = firstFit(keys, (secret) =>
    form === "legacy"
      ? legacyMac(parts.serialized, secret, className) === parts.mac
      : md5Mac(parts.serialized, secret) === parts.mac,
  );
  if (!state) return { state: "invalid", salt: null };
  return { state, salt: form === "legacy" ? `django.contrib.sessions${className}` : null };
}

type Decoded = Pick<Reading, "serializer" | "protocol" | "value" | "problem">;

/** JSON or pickle, told by the content: bytes, or a character a byte. `open` may fail as base64 and zlib do. */
function deserialize(open: () => string | Buffer): Decoded {
  let serializer: "json" | "pickle" | null = null;
  try {
    const opened = open();
    const pickle = pickleIn(opened);
    serializer = pickle ? "pickle" : "json";
    if (pickle) {
      const { value, protocol } = loadPickle(pickle);
      return { serializer, protocol, value, problem: isDict(value) ? null : notADict };
    }
    const value = parseJson(typeof opened === "string" ? opened : opened.toString("latin1"));
    return { serializer, protocol: null, value, problem: isDict(value) ? null : notADict };
  } catch (error) {
    return { serializer, protocol: null, value: undefined, problem: asProblem(error) };
  }
}

function pickleIn(opened: string | Buffer): Buffer | null {
  // "{", as nearly always
  if (typeof opened === "string" && opened.charCodeAt(0) === 0x7b) return null;
  const bytes = typeof opened === "string" ? Buffer.from(opened, "latin1") : opened;
  return looksPickled(bytes) ? bytes : null;
}

export const notADict = problem(
  "not_a_dict",
  "The value decodes, but a session has to be a dict. Django fails at its first use.",
).problem;

/** The problem in a failure to decode; anything else is a bug and goes on. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof PythonError)
    return problem("corrupt", `The value is damaged: ${error.message}.`).problem;
  throw error;
}
