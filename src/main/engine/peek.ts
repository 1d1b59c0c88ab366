/**
 * Whose session it is, for scans of millions of rows: the text of `_auth_user_id` without verifying and
 * without building the value. Exact for what a serializer wrote, which never writes a key twice; anything
 * doubtful is read in full. What follows the id is not looked at, so a value damaged later still names its user.
 */
import { Buffer } from "node:buffer";
import { isDict, type PyDict, PyUuid, type PyValue } from "../python/value.ts";
import { splitSigned } from "./detect.ts";
import { asBuffer, fromBase64Url } from "./encodings.ts";
import { inflateZlibStart } from "./inflate.ts";
import { readStored } from "./read.ts";

const USER_ID_KEY = "_auth_user_id";

/** The user's primary key as text, null for an anonymous session, undefined where the value cannot be read. */
export function peekUserId(data: string | Uint8Array): string | null | undefined {
  const text = typeof data === "string" ? payloadStart(data) : null;
  const quick =
    text !== null ? userInJson(text) : typeof data === "string" ? undefined : userInPickle(data);
  if (quick !== undefined) return quick;
  const { value } = readStored(data, {}, { verify: false });
  return isDict(value) ? userIdOf(value) : undefined;
}

/** `_auth_user_id` of a decoded session as text: a pk was an int until 1.7, and may be a UUID in a pickle. */
export function userIdOf(session: PyDict): string | null {
  const id: PyValue | undefined = session.get(USER_ID_KEY);
  if (typeof id === "string") return id;
  if (typeof id === "number" || typeof id === "bigint") return String(id);
  return id instanceof PyUuid ? id.text : null;
}

const BRACE = 123;

/** The JSON text in a signed value, of a compressed one as much as it takes to see the user; else null. */
function payloadStart(data: string): string | null {
  const parts = splitSigned(data);
  if (parts === null || data.charCodeAt(0) === BRACE) return null;
  try {
    const text = parts.payload.startsWith(".")
      ? inflateZlibStart(fromBase64Url(parts.payload.slice(1)), START, begins)
      : fromBase64Url(parts.payload).toString("latin1");
    return text.charCodeAt(0) === BRACE ? text : null;
  } catch {
    return null;
  }
}

/** Logging in writes the id before all else, unless the visitor had data already. */
const FIRST = /^\{"_auth_user_id":(?:"([^"\\]*)"|(0|[1-9][0-9]{0,14}))[,}]/;
const START = 40;
const begins = (start: string): boolean => FIRST.test(start);

const QUOTED = `"${USER_ID_KEY}"`;

/** The id in the text of a dict; undefined in doubt. */
function userInJson(text: string): string | null | undefined {
  const first = FIRST.exec(text);
  if (first) return first[1] ?? first[2];
  if (!text.endsWith("}")) return undefined;
  const at = text.indexOf(QUOTED);
  if (at < 0)
    // A letter may be written as an escape, though no serializer does.
    return /\\u00[567]/i.test(text) ? undefined : null;
  if (text.indexOf(QUOTED, at + QUOTED.length) >= 0 || !isTopLevel(text, at)) return undefined;
  const id = /:(?:"([^"\\]*)"|(0|[1-9][0-9]{0,14}))[,}]/y;
  id.lastIndex = at + QUOTED.length;
  const match = id.exec(text);
  return match ? (match[1] ?? match[2]) : undefined;
}

/** "}" memoized, "(" where more items follow, then the id as the first key: protocols 4 and 5, with a frame or without. */
const PICKLED = Buffer.from(`\x8c\x0d${USER_ID_KEY}\x94\x8c`, "latin1");
const KEY_BYTES = Buffer.from(USER_ID_KEY);

/** The id in a bare pickle of a dict, where it stands first or nowhere; undefined for any other. */
function userInPickle(data: Uint8Array): string | null | undefined {
  if (data[0] !== 0x80 || (data[1] ?? 255) > 5 || data.at(-1) !== 0x2e) return undefined;
  const bytes = asBuffer(data);
  const framed = bytes[2] === 0x95 ? 11 : 2;
  // None but a dict is no session, and a file of a cache has its expiry here.
  if (bytes[framed] !== 0x7d) return undefined;
  if (bytes[1] === 4 || bytes[1] === 5) {
    const first = framed + (bytes[framed + 2] === 0x28 ? 3 : 2);
    const start = first + PICKLED.length + 1;
    const fits = start <= bytes.length && bytes[framed + 1] === 0x94;
    if (fits && PICKLED.compare(bytes, first, start - 1) === 0) {
      const end = start + (bytes[start - 1] ?? 0);
      if (end < bytes.length) return bytes.toString("utf8", start, end);
    }
  }
  return (bytes[1] ?? 0) >= 2 && bytes.indexOf(KEY_BYTES) < 0 ? null : undefined;
}

/** Whether a quote at `at` opens a string in the outermost dict, where a colon behind it makes it a key. */
function isTopLevel(text: string, at: number): boolean {
  let depth = 0;
  for (let index = 0; index < at; index++) {
    const char = text.charCodeAt(index);
    if (char === 34) {
      for (index++; index < at; index++) {
        const inside = text.charCodeAt(index);
        if (inside === 92) index++;
        else if (inside === 34) break;
      }
      if (index >= at) return false;
    } else if (char === 123 || char === 91) depth++;
    else if (char === 125 || char === 93) depth--;
  }
  return depth === 1;
}
