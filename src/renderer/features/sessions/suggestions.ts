/** What can be typed next in the filter: token names first, then values of the token begun. */
import type { Client } from "../../client.ts";
import { quoted, tokenParts } from "./filter-text.ts";

export interface Suggestion {
  /** The whole token; one that ends in ":" is a name still without a value. */
  text: string;
  about: string;
}

const names: Suggestion[] = [
  { text: "state:", about: "active, expired or browser" },
  { text: "user:", about: "user name or id" },
  { text: "key:", about: "top-level key in the data" },
  { text: "expires:", about: "<1h, >7d, or a range of dates" },
  { text: "size:", about: "stored bytes: >4kb, <512b" },
  { text: "signature:", about: "valid, fallback, invalid, unverified or unsigned" },
  { text: "text:", about: "a part of the session key" },
];

const values: Record<string, Suggestion[]> = {
  "user:": [{ text: "user:anonymous", about: "nobody is signed in" }],
  "state:": [
    { text: "state:active", about: "served by Django now" },
    { text: "state:expired", about: "past its expiry, still stored" },
    { text: "state:browser", about: "the cookie ends with the browser" },
  ],
  "signature:": [
    { text: "signature:valid", about: "fits the current key" },
    { text: "signature:fallback", about: "fits a fallback key" },
    { text: "signature:invalid", about: "fits no key" },
    { text: "signature:unverified", about: "no key to check with" },
    { text: "signature:unsigned", about: "held by a cache, which signs nothing" },
  ],
  "expires:": [
    { text: "expires:<1h", about: "within the hour" },
    { text: "expires:<1d", about: "within a day" },
    { text: "expires:>7d", about: "more than a week from now" },
    { text: "expires:<-7d", about: "more than a week ago" },
    { text: "expires:never", about: "without an expiry" },
  ],
  "size:": [
    { text: "size:>4kb", about: "over 4 kB" },
    { text: "size:>100kb", about: "over 100 kB" },
    { text: "size:<512b", about: "under 512 bytes" },
  ],
};

/** `keysSeen`: top-level keys of the rows in memory, most frequent first. */
export async function suggest(
  entry: string,
  keysSeen: readonly string[],
  ask: { client: Client; connection: string; users: boolean; signal: AbortSignal },
): Promise<Suggestion[]> {
  if (entry.startsWith("-")) {
    const plain = await suggest(entry.slice(1), keysSeen, ask);
    return plain.map(({ text, about }) => ({ text: `-${text}`, about: `not: ${about}` }));
  }
  const { name, value } = tokenParts(entry);
  const starts = (suggestion: Suggestion): boolean =>
    suggestion.text.startsWith(entry.toLowerCase()) && suggestion.text !== entry;
  if (name === "") return names.filter(starts);
  if (name === "user:" && value && ask.users) {
    const users = await ask.client.users.find(
      { connection: ask.connection, text: value.replace(/^"|"$/g, "") },
      { signal: ask.signal },
    );
    return users
      .slice(0, 8)
      .map((user) => ({ text: `user:${quoted(user.name)}`, about: `user ${user.id}` }))
      .filter((suggestion) => suggestion.text !== entry);
  }
  if (name === "key:") {
    return keysSeen
      .filter((key) => key.startsWith(value))
      .slice(0, 8)
      .map((key) => ({ text: `key:${quoted(key)}`, about: "seen in the rows read" }))
      .filter((suggestion) => suggestion.text !== entry);
  }
  return (values[name] ?? []).filter(starts);
}
