/**
 * Cookies of the signed_cookies engine, which are the sessions themselves: read from pasted text, and signed again.
 *
 *     eyJhIjoxfQ:1r31eq:81ez4oDqNP8pBPM6U0ZH4x1mY_ggNx8KJWFaVAkEDJs
 *     sessionid=eyJhIjoxfQ:1r31eq:81ez…
 *     Cookie: csrftoken=x; sessionid=eyJh…
 *     Set-Cookie: sessionid=eyJh…; HttpOnly; Path=/
 *
 * Django takes one while now - int(signing time) <= SESSION_COOKIE_AGE (signing.loads with max_age); what it cannot take
 * is an empty session, for which it sends a new signed cookie.
 */
import type { FilledSettings } from "../../shared/connection.ts";
import type { PastedCookie } from "../../shared/cookies.ts";
import type { Problem } from "../../shared/problem.ts";
import { readLayers } from "../engine/layers.ts";
import { asProblem, type Reading, readStored } from "../engine/read.ts";
import { isoMicros, type Micros, SECOND } from "../engine/time.ts";
import { writeStored } from "../engine/write.ts";
import { problem } from "../problem.ts";
import { toNode } from "../python/node.ts";
import { readTagged, writeTagged } from "../python/tagged.ts";
import { isDict } from "../python/value.ts";

export interface CookieRules {
  keys: { secretKey?: string; fallbacks: readonly string[] };
  settings: Pick<FilledSettings, "SESSION_COOKIE_NAME" | "SESSION_COOKIE_AGE">;
  /** The moment, in microseconds since 1970. */
  now: Micros;
}

/** Cookies read from one paste. */
export const MOST_COOKIES = 1000;
/** Bytes of `name=value` that browsers keep (RFC 6265 section 6.1). */
const LIMIT = 4096;
const BOUND = { maxBytes: 16 * 1024 * 1024 };
const TEXT_LENGTH = 1024 * 1024;

/** One a line; blank lines are passed over. Never throws for what is pasted; too_large for too many. */
export function readCookies(text: string, rules: CookieRules): PastedCookie[] {
  const found = text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const value = cookieIn(line, rules.settings.SESSION_COOKIE_NAME);
    return value === null ? [] : [{ line: index + 1, value }];
  });
  if (found.length > MOST_COOKIES)
    throw problem(
      "too_large",
      `${found.length} cookies are more than the ${MOST_COOKIES} that are read at once.`,
    );
  return found.map(({ line, value }) => describe(line, value, rules));
}

/** The value in a line: bare, as a pair, or in a header; null where the line holds none. */
export function cookieIn(line: string, name: string): string | null {
  const text = line.trim().replace(/^(set-)?cookie:\s*/i, "");
  if (text === "") return null;
  for (const pair of text.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return unquoted(pair.slice(at + 1).trim());
  }
  // A header or a pair of other cookies. A signed value holds "=" nowhere.
  if (text !== line.trim() || /^[\w-]+=/.test(text)) return null;
  return unquoted(text);
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, "$1");

function describe(line: number, value: string, rules: CookieRules): PastedCookie {
  const { keys, settings, now } = rules;
  const reading = readStored(value, keys, BOUND);
  const { signedAt } = reading;
  const age = signedAt === null ? null : Number(now - signedAt) / 1e6;
  const ends = signedAt === null ? null : signedAt + BigInt(settings.SESSION_COOKIE_AGE) * SECOND;
  const expired = ends !== null && now > ends;
  const name = settings.SESSION_COOKIE_NAME;
  const size = Buffer.byteLength(name) + 1 + Buffer.byteLength(value);
  const told: Pick<PastedCookie, "text" | "problem"> = textOf(reading);
  return {
    ...{ line, name, value },
    encoding: reading.encoding,
    serializer: reading.serializer,
    compressed: reading.compressed,
    signature: reading.signature,
    signedAt: signedAt === null ? null : isoMicros(signedAt),
    age,
    ends: ends === null || ends >= END_OF_TIME ? null : isoMicros(ends),
    expired,
    ...{ size, limit: LIMIT, tooLarge: size > LIMIT },
    content: reading.value === undefined ? null : toNode(reading.value),
    text: told.text,
    layers: readLayers(value, keys, BOUND),
    djangoSees: djangoSees(value, reading, expired),
    problem: reading.encoding === "unknown" && isKey(value) ? noCookie : told.problem,
  };
}

const END_OF_TIME = 253_402_300_800_000_000n;

const isKey = (value: string): boolean => /^[a-z0-9]{8,40}$/.test(value);
const noCookie = problem(
  "unknown_format",
  "This is a session key: the session lies in a store, not in the cookie.",
  "Open the store and look for the key.",
).problem;

function textOf(reading: Reading): { text: string | null; problem: Problem | null } {
  if (reading.value === undefined) return { text: null, problem: reading.problem };
  try {
    const text = writeTagged(reading.value, { indent: 2, maxLength: TEXT_LENGTH });
    return { text: text.length > TEXT_LENGTH ? null : text, problem: reading.problem };
  } catch (error) {
    return { text: null, problem: reading.problem ?? asProblem(error) };
  }
}

/** One sentence, or null where Django uses it as it is. */
function djangoSees(value: string, reading: Reading, expired: boolean): string | null {
  const empty = "Django begins an empty session and sends a new cookie";
  if (value.length < 8) return "Django takes a cookie of fewer than 8 characters for none.";
  if (reading.signature === "invalid") return `${empty}: the signature fits no key.`;
  if (reading.value === undefined) return `${empty}: the cookie cannot be read.`;
  if (expired) return `${empty}: SESSION_COOKIE_AGE is over since it was signed.`;
  if (reading.encoding === "signed" && reading.signature !== "unverified")
    return `${empty}: it is signed as a store's session_data, with another salt.`;
  if (reading.encoding !== "signed_cookies" && reading.encoding !== "signed")
    return `${empty}: the cookie is not signed as signed_cookies does.`;
  if (reading.mac === "sha1")
    return `${empty} from version 4.0 on: the signature is made with sha1, which 3.1 and 3.2 still take.`;
  if (reading.serializer === "pickle")
    return `${empty} unless SESSION_SERIALIZER is PickleSerializer, which is gone since version 5.0.`;
  return null;
}

/**
 * Signs a dict as a new cookie, in the form of `original` where one is given. Problems: bad_json, not_a_dict, not_writable,
 * no_secret_key; bad_signature where no key fits the original, unless `resign`: signing makes a forgery valid.
 */
export function signCookie(
  text: string,
  original: string | null,
  resign: boolean,
  rules: CookieRules,
): PastedCookie {
  const before = original === null ? null : readStored(original, rules.keys, BOUND);
  if (before?.signature === "invalid" && !resign)
    throw problem(
      "bad_signature",
      "No key fits this cookie's signature. Signing it would make it valid, whoever wrote it.",
    );
  const value = readTagged(text, before?.value === undefined ? {} : { original: before.value });
  if (!isDict(value))
    throw problem("not_a_dict", "A session has to be a dict: JSON text in braces.");
  const pickled = before?.serializer === "pickle";
  const stored = writeStored(value, {
    encoding: "signed_cookies",
    serializer: pickled ? "pickle" : "json",
    protocol: pickled ? before.protocol : null,
    mac: before?.mac === "sha1" ? "sha1" : "sha256",
    secretKey: rules.keys.secretKey,
    now: rules.now - (rules.now % SECOND),
  });
  return describe(1, typeof stored === "string" ? stored : "", rules);
}
