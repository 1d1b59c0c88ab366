/**
 * The filter bar's text, cut into tokens.
 *
 *     user:"Zoë B" -state:expired expires:<1h 3f9a
 *       -> user = Zoë B | not state = expired | expires = <1h | text = 3f9a
 *
 * Blanks separate; double quotes keep them, and `\"` and `\\` stand for themselves inside. A leading `-` turns a token
 * round. What has no known name before its colon is a problem and not text: keys hold no colon.
 */
import type { Problem } from "../../shared/problem.ts";
import type { FilterToken } from "../../shared/session.ts";

export const tokenNames = ["state", "user", "key", "expires", "size", "signature", "text"] as const;
export type TokenName = (typeof tokenNames)[number];

const shorthands = new Map<string, TokenName>([["sig", "signature"]]);

/** A token before its value is looked at. */
export interface RawToken extends FilterToken {
  negated: boolean;
}

export const badFilter = (message: string, hint = ""): Problem => ({
  code: "bad_filter",
  message,
  ...(hint ? { hint } : {}),
});

/** Tokens in the order typed; a problem is set where a token cannot be understood as it stands. */
export function readTokens(filter: string): RawToken[] {
  const tokens: RawToken[] = [];
  let at = 0;
  while (at < filter.length) {
    if (/\s/.test(filter.charAt(at))) {
      at++;
      continue;
    }
    const end = tokenEnd(filter, at);
    tokens.push(readToken(filter.slice(at, end.at), end.closed));
    at = end.at;
  }
  return tokens;
}

function tokenEnd(filter: string, from: number): { at: number; closed: boolean } {
  let quoted = false;
  for (let at = from; at < filter.length; at++) {
    const char = filter.charAt(at);
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(char)) return { at, closed: true };
  }
  return { at: filter.length, closed: !quoted };
}

function readToken(text: string, closed: boolean): RawToken {
  const negated = text.startsWith("-") && text.length > 1;
  const body = negated ? text.slice(1) : text;
  const colon = body.startsWith('"') ? -1 : body.indexOf(":");
  const typed = colon < 0 ? "text" : body.slice(0, colon).toLowerCase();
  const known = tokenNames.find((name) => name === typed) ?? shorthands.get(typed);
  const value = unquote(colon < 0 ? body : body.slice(colon + 1));
  const problem = !closed
    ? badFilter("The quotation mark is never closed.")
    : !known
      ? unknownName(typed)
      : value === ""
        ? badFilter(`${typed}: needs a value.`, examples[known])
        : null;
  return { text, name: known ?? typed, value, problem, negated };
}

const unquote = (text: string): string =>
  text.replace(/\\(["\\])|"/g, (_, kept: string | undefined) => kept ?? "");

function unknownName(typed: string): Problem {
  const near = nearest(typed, tokenNames);
  return badFilter(
    `There is no filter named ${typed}.`,
    near ? `${near}: is one.` : `Filters: ${tokenNames.map((name) => `${name}:`).join(" ")}`,
  );
}

/** What a value may look like, for hints. */
export const examples: Readonly<Record<TokenName, string>> = {
  state: "state:active, state:expired or state:browser",
  user: "user:alice, user:7 or user:anonymous",
  key: "key:cart",
  expires: "expires:<1h, expires:>2d or expires:2026-11-13..2026-12-04",
  size: "size:>4kb",
  signature: "signature:valid, signature:fallback, signature:invalid or signature:unverified",
  text: "a part of the session key",
};

/** The candidate at most two edits away, and not all of the word. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: edits(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.min(2, best.candidate.length - 1) ? best.candidate : null;
}

/** Levenshtein distance; words longer than 32 count as far away. */
function edits(a: string, b: string): number {
  if (a.length > 32) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] ?? 0;
}
