/**
 * What CSRF_USE_SESSIONS and the messages framework keep in a session.
 *
 *     _csrftoken   "55aad46c02b413807375c1c7b18c8d36"    the secret: 32 characters of a-zA-Z0-9; up to 4.0 masked,
 *                                                         64 characters: mask, then secret shifted by the mask
 *     _messages    '[["__json_message", 0, 25, "Saved", ""]]'    JSON inside a string: is_safe, level, text, tags
 */
import { parseJson, writeJson } from "../python/json.ts";
import type { PyValue } from "../python/value.ts";
import type { SessionStore } from "./session.ts";
import { atLeast, type DjangoVersion } from "./settings.ts";

export const csrfKey = "_csrftoken";
const messagesKey = "_messages";

const csrfAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const csrfLength = 32;

/** Shifts every character of `text` by the index of the one of `mask`, forth or back. */
const shift = (text: string, mask: string, direction: 1 | -1): string =>
  Array.from(text, (char, index) => {
    const moved =
      csrfAlphabet.indexOf(char) + direction * csrfAlphabet.indexOf(mask.charAt(index)) + 62;
    return csrfAlphabet.charAt(moved % 62);
  }).join("");

/** A token as forms carry it, and as sessions hold it up to 4.0. Secret and mask have 32 characters each. */
export const maskCsrfSecret = (secret: string, mask: string): string =>
  mask + shift(secret, mask, 1);

/** The secret of a stored value in either form; undefined for anything else. */
export function csrfSecret(stored: PyValue): string | undefined {
  if (typeof stored !== "string" || !/^[A-Za-z0-9]*$/.test(stored)) return undefined;
  if (stored.length === csrfLength) return stored;
  if (stored.length !== 2 * csrfLength) return undefined;
  return shift(stored.slice(csrfLength), stored.slice(0, csrfLength), -1);
}

/** Writes the token a response used, and only where it differs: an equal one would save the session each time. */
export async function storeCsrfToken(session: SessionStore, token: string): Promise<void> {
  if ((await session.get(csrfKey)) !== token) await session.set(csrfKey, token);
}

export interface Message {
  /** 10 debug, 20 info, 25 success, 30 warning, 40 error; any int. */
  readonly level: number;
  readonly text: string;
  readonly extraTags: string | null;
  /** Marked as safe HTML. */
  readonly safe: boolean;
}

/** json.dumps with its own separators, ", " and ": ": a space is put behind those outside of strings. */
export function spacedJson(value: PyValue): string {
  const text = writeJson(value);
  let out = "";
  let start = 0;
  let inString = false;
  // By hand: a regular expression over strings of megabytes overflows its stack.
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString && char === "\\") at++;
    else if (char === '"') inString = !inString;
    else if (!inString && (char === "," || char === ":")) {
      out += `${text.slice(start, at + 1)} `;
      start = at + 1;
    }
  }
  return out + text.slice(start);
}

/** SessionStorage at the end of a response: what is left to show, or nothing at all, which removes the key. */
export async function storeMessages(
  session: SessionStore,
  messages: readonly Message[],
  version: DjangoVersion,
): Promise<void> {
  if (messages.length === 0) {
    await session.pop(messagesKey, null);
    return;
  }
  const written = messages.map(({ level, text, extraTags, safe }): PyValue => {
    // Until 4.0 empty tags were left out, from 4.1 on only missing ones.
    const tags = extraTags === null || (extraTags === "" && !atLeast(version, "4.2"));
    return ["__json_message", safe ? 1 : 0, level, text, ...(tags ? [] : [extraTags])];
  });
  await session.set(messagesKey, spacedJson(written));
}

/** The messages of a session; what is no message is passed over. Does not remove them: storing an empty list does. */
export async function loadMessages(session: SessionStore): Promise<Message[]> {
  const stored = await session.get(messagesKey);
  const list = typeof stored === "string" ? parseJson(stored) : null;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item): Message[] => {
    if (!Array.isArray(item) || item[0] !== "__json_message") return [];
    const [, safe, level, text, extraTags] = item;
    if (typeof level !== "number" || typeof text !== "string") return [];
    return [
      {
        level,
        text,
        extraTags: typeof extraTags === "string" ? extraTags : null,
        safe: safe === 1 || safe === true,
      },
    ];
  });
}
