/**
 * Which form a stored value has, told by what is in it:
 *
 *     a colon, no brace      signed text       payload ":" time ":" signature
 *     "{" or "[" first       bare JSON
 *     0x80 first, "." last   bare pickle (or protocol 0 and 1, which begin with an opcode of a dict)
 *     base64 of hex40 ":"    the form of 1.3 to 3.0
 *     base64 of pickle hex32 the form of 1.0 to 1.2
 *
 * and what Django's caches hold:
 *
 *     78, 1f 8b, 28 b5 …      django-redis: compressed pickle, JSON or MessagePack
 *     81 to 8f, de, df first  django-redis: a MessagePack map
 *     base64 of 0x80 … "."    a row of DatabaseCache
 *     0x80 … "." then 78      a file of FileBasedCache: the pickled expiry, then zlib of the pickle
 *
 * None of these can be taken for another: ":" is in no base64, and a pickle or a MAC is not chosen by chance.
 */
import { Buffer } from "node:buffer";
import { compressorOf } from "./caches/compress.ts";
import { asBuffer, fromBase64 } from "./encodings.ts";
import { type LegacyParts, splitLegacy, splitMd5 } from "./legacy.ts";

export type SignedParts = {
  /** With the leading dot of a compressed one. */
  readonly payload: string;
  /** Null where the text has one colon only. */
  readonly timestamp: string | null;
  readonly signature: string;
  /** What the signature covers. */
  readonly signed: string;
};

export type Form =
  | { readonly form: "signed"; readonly text: string; readonly parts: SignedParts }
  | {
      readonly form: "legacy" | "md5";
      readonly text: string;
      readonly decoded: Buffer;
      readonly parts: LegacyParts;
    }
  | { readonly form: "json"; readonly text: string }
  | { readonly form: "pickle"; readonly bytes: Buffer }
  | { readonly form: "django_redis" | "file_cache"; readonly bytes: Buffer }
  | { readonly form: "database_cache"; readonly text: string; readonly bytes: Buffer }
  | { readonly form: "unknown"; readonly why: string };

/** The form of a stored value. Never throws. */
export function detect(data: string | Uint8Array): Form {
  if (typeof data === "string") return detectText(data);
  const bytes = asBuffer(data);
  if (looksPickled(bytes))
    return { form: fileHeaderEnd(bytes) > 0 ? "file_cache" : "pickle", bytes };
  if (compressorOf(bytes) !== "none" || isMap(bytes)) return { form: "django_redis", bytes };
  // JSON engines outside of Django store UTF-8; Django's own text is ASCII.
  return detectText(bytes.toString("utf8"));
}

function detectText(text: string): Form {
  if (text === "") return { form: "unknown", why: "The value is empty." };
  const first = text.charCodeAt(0);
  if (first === 0x80) {
    const bytes = Buffer.from(text, "latin1");
    return looksPickled(bytes)
      ? { form: "pickle", bytes }
      : { form: "unknown", why: "It begins like a pickle of an unknown protocol." };
  }
  if (/^\s*[{[]/.test(text)) return { form: "json", text };
  // A pickle of protocol 0 is ASCII; no other form ends with a dot.
  if (text.endsWith(".")) {
    const bytes = Buffer.from(text, "latin1");
    if (looksPickled(bytes)) return { form: "pickle", bytes };
  }
  const parts = splitSigned(text);
  if (parts) return { form: "signed", text, parts };
  return detectBase64(text);
}

/** At the last two colons, where what stands before them can be a payload; else null. */
export function splitSigned(text: string): SignedParts | null {
  const end = text.lastIndexOf(":");
  if (end < 0) return null;
  const start = text.lastIndexOf(":", end - 1);
  const timed = start >= 0 && end > 0;
  const payload = text.slice(0, timed ? start : end);
  // A whole signature behind a time is telling enough, and spares a look at every character.
  const length = text.length - end - 1;
  const telling = timed && end - start < 16 && (length === 43 || length === 27);
  if (!telling && !/^\.?[A-Za-z0-9_\-+/]*={0,2}$/.test(payload)) return null;
  return {
    payload,
    timestamp: timed ? text.slice(start + 1, end) : null,
    signature: text.slice(end + 1),
    signed: text.slice(0, end),
  };
}

function detectBase64(text: string): Form {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text))
    return { form: "unknown", why: "It is neither signed text nor base64, JSON or a pickle." };
  let decoded: Buffer;
  try {
    decoded = fromBase64(text);
  } catch {
    return { form: "unknown", why: "It is no signed text, and cut where it could be base64." };
  }
  const legacy = splitLegacy(decoded);
  if (legacy) return { form: "legacy", text, decoded, parts: legacy };
  const md5 = splitMd5(decoded);
  if (md5) return { form: "md5", text, decoded, parts: md5 };
  if (decoded[0] === PROTO && decoded.at(-1) === DOT && looksPickled(decoded))
    return { form: "database_cache", text, bytes: decoded };
  return { form: "unknown", why: "It is base64, but of nothing Django has ever stored." };
}

const PROTO = 0x80;
const DOT = 46;

/** True for bytes that begin as a pickle of a session does, and are no JSON. */
export function looksPickled(bytes: Uint8Array): boolean {
  const first = bytes[0];
  if (first === PROTO) return (bytes[1] ?? 255) <= 5;
  // Protocol 0 and 1 have no header: "(d" or "(i" or "c", "}" with a memo put, and a dot at the end.
  if (bytes[bytes.length - 1] !== DOT) return false;
  const second = bytes[1];
  return (
    (first === 0x28 && (second === 0x64 || second === 0x69)) ||
    (first === 0x7d && (second === 0x71 || second === DOT)) ||
    (first === 0x63 && bytes.includes(10))
  );
}

/** A MessagePack map, by its first byte; 0x80 is an empty one, or else a pickle of an unknown protocol. */
function isMap(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return first === PROTO
    ? bytes.length === 1
    : (first > PROTO && first < 0x90) || first === 0xde || first === 0xdf;
}

/** Where the pickled expiry (a float, or None) ends that FileBasedCache puts before its zlib stream; 0: there is none. */
export function fileHeaderEnd(bytes: Uint8Array): number {
  const at = bytes[2] === FRAME ? 11 : 2;
  const end = at + (bytes[at] === NONE ? 2 : bytes[at] === BINFLOAT ? 10 : 0);
  const is = bytes[0] === PROTO && end > at && bytes[end - 1] === DOT;
  return is && compressorOf(bytes.subarray(end, end + 2)) === "zlib" ? end : 0;
}

const FRAME = 0x95;
const NONE = 0x4e;
const BINFLOAT = 0x47;
