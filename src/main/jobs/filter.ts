/**
 * A filter, compiled: what an index answers (a range of expiry dates), what one look-up answers (a whole session key),
 * and what has to be asked of every entry in the range (the scan).
 *
 * Tokens of one name are alternatives where a session has one value only (state, user, signature) and all have to fit
 * elsewhere (key, expires, size, text). Tokens of different names all have to fit.
 */
import type { FilterPlan, SessionRow, State } from "../../shared/session.ts";
import { parseIso } from "../engine/iso.ts";
import { instant, type Micros } from "../engine/time.ts";
import { ProblemError } from "../problem.ts";
import type { Entry, ExpiryRange } from "../stores/driver.ts";
import {
  badFilter,
  examples,
  nearest,
  type RawToken,
  readTokens,
  type TokenName,
} from "./filter-tokens.ts";
import { inRange, intersect, readExpires, readSize } from "./filter-values.ts";

/** What a filter may ask of a decoded session. Parts are asked in order of their cost. */
export interface Decoded {
  /** null: nobody is logged in. */
  user(): string | null;
  state(): State;
  hasKey(key: string): boolean;
  signature(): SessionRow["signature"];
}

export interface Filter {
  plan: FilterPlan;
  /** A whole session key: at most one session can match. */
  key: string | null;
  range: ExpiryRange;
  /** Exclusive bounds on the stored bytes; checked by `entry` as well. */
  minSize: number | undefined;
  maxSize: number | undefined;
  /** Names and ids as typed, to be looked up before a scan. */
  users: string[];
  /** Whether `session` has to be asked at all. */
  decodes: boolean;
  /** The part that needs no decoding. */
  entry(entry: Entry): boolean;
  /** The rest. `ids` are those of `users` by the text typed; the text itself counts as an id too. */
  session(decoded: Decoded, ids: ReadonlyMap<string, readonly string[]>): boolean;
}

const states = ["active", "expired", "browser"] as const;
const signatures = ["valid", "fallback", "invalid", "unverified", "unsigned"] as const;

/** The plan alone, for the page while its user types. */
export const planFilter = (filter: string, now: string): FilterPlan => compile(filter, now).plan;

/**
 * Compiles for one moment (`now`, ISO). `endless` says that the store may hold sessions without an expiry, which no
 * range of expiry dates finds. Throws the first token's bad_filter.
 */
export function compileFilter(filter: string, now: string, endless: boolean): Filter {
  const compiled = compile(filter, now, endless);
  for (const { problem, text } of compiled.plan.tokens)
    if (problem) throw new ProblemError({ ...problem, detail: { ...problem.detail, token: text } });
  return compiled;
}

/** What the tokens of a filter come to, collected name by name. */
interface Draft {
  readonly now: string;
  readonly at: Micros;
  readonly endless: boolean;
  key: string | null;
  range: ExpiryRange;
  minSize: number | undefined;
  maxSize: number | undefined;
  users: string[];
  entryTests: Filter["entry"][];
  sessionTests: Filter["session"][];
  /** Why a scan is needed, in words; the first is told. */
  scanned: string[];
}

function compile(text: string, now: string, endless = false): Filter {
  const at = instant(parseIso(now), "UTC");
  const tokens = readTokens(text);
  for (const token of tokens) token.problem ??= valueProblem(token, at);
  const draft: Draft = {
    ...{ now, at, endless, key: null, range: {}, minSize: undefined, maxSize: undefined },
    ...{ users: [], entryTests: [], sessionTests: [], scanned: [] },
  };
  // In order of what they cost to ask.
  for (const [name, add] of compilers) {
    const group = tokens.filter((token) => token.name === name && !token.problem);
    if (group.length > 0) add(draft, group);
  }
  const { key, range, minSize, maxSize, users, entryTests, sessionTests, scanned } = draft;
  const [why = ""] = scanned;
  return {
    ...{ key, range, minSize, maxSize, users },
    plan: {
      tokens: tokens.map(({ negated: _, ...token }) => token),
      answeredBy: key !== null ? "key" : why ? "scan" : "index",
      why: key === null && why ? `${why.charAt(0).toUpperCase()}${why.slice(1)}.` : "",
    },
    decodes: sessionTests.length > 0,
    entry: (entry) => entryTests.every((test) => test(entry)),
    session: (decoded, ids) => sessionTests.every((test) => test(decoded, ids)),
  };
}

const compilers: readonly [TokenName, (draft: Draft, tokens: RawToken[]) => void][] = [
  ["text", addText],
  ["expires", addExpires],
  ["size", addSizes],
  ["user", addUsers],
  ["state", addStates],
  ["key", addKeys],
  ["signature", addSignatures],
];

function addText(draft: Draft, tokens: RawToken[]): void {
  for (const { value, text, negated } of tokens) {
    if (!negated && /^[a-z0-9]{32}$/.test(value) && draft.key === null) {
      draft.key = value;
      continue;
    }
    const part = value.toLowerCase();
    draft.entryTests.push(({ key }) => key.toLowerCase().includes(part) !== negated);
    draft.scanned.push(`${text} is looked for in every session key`);
  }
}

function addExpires(draft: Draft, tokens: RawToken[]): void {
  for (const { value, text, negated } of tokens) {
    const read = readExpires(value, draft.at);
    if (!read) continue;
    if ("range" in read && !negated) {
      draft.range = intersect(draft.range, read.range);
      continue;
    }
    const fits = (expires: string | null): boolean =>
      "range" in read ? inRange(expires, read.range) : expires === null;
    draft.entryTests.push(({ expires }) => fits(expires) !== negated);
    draft.scanned.push(`${text} is no single range of expiry dates`);
  }
}

function addSizes(draft: Draft, tokens: RawToken[]): void {
  for (const { value, text, negated } of tokens) {
    const read = readSize(value);
    if (!read) continue;
    const { above = -1, below = Number.POSITIVE_INFINITY } = read;
    draft.entryTests.push(({ size }) => (size > above && size < below) !== negated);
    if (!negated && read.above !== undefined) draft.minSize = Math.max(draft.minSize ?? -1, above);
    if (!negated && read.below !== undefined)
      draft.maxSize = Math.min(draft.maxSize ?? Number.POSITIVE_INFINITY, below);
    draft.scanned.push(`no index holds sizes (${text})`);
  }
}

function addUsers(draft: Draft, tokens: RawToken[]): void {
  draft.users = tokens.map(({ value }) => value).filter((value) => value !== "anonymous");
  const some = alternatives(tokens);
  draft.sessionTests.push((decoded, ids) => {
    const id = decoded.user();
    return some(({ value }) =>
      value === "anonymous"
        ? id === null
        : id !== null && (id === value || (ids.get(value)?.includes(id) ?? false)),
    );
  });
  draft.scanned.push("the user is inside the session's data");
}

function addStates(draft: Draft, tokens: RawToken[]): void {
  const some = alternatives(tokens);
  const wanted = states.filter((state) => some(({ value }) => value.toLowerCase() === state));
  const over = wanted.includes("expired");
  const alive = wanted.length - (over ? 1 : 0);
  // With sessions that never end among the living, "from now on" would miss them.
  if (!over && !draft.endless) draft.range = intersect(draft.range, { from: draft.now });
  if (alive === 0) draft.range = intersect(draft.range, { to: draft.now });
  if (wanted.length === 0) draft.entryTests.push(() => false);
  if (alive === 1 || (!over && draft.endless)) {
    draft.sessionTests.push((decoded) => wanted.includes(decoded.state()));
    draft.scanned.push("only the session's data tells browser-length sessions apart");
  }
}

function addKeys(draft: Draft, tokens: RawToken[]): void {
  for (const { value, text, negated } of tokens) {
    draft.sessionTests.push((decoded) => decoded.hasKey(value) !== negated);
    draft.scanned.push(`${text} is inside the session's data`);
  }
}

function addSignatures(draft: Draft, tokens: RawToken[]): void {
  const some = alternatives(tokens);
  draft.sessionTests.push((decoded) => {
    const signature = decoded.signature();
    return some(({ value }) => fitsSignature(signature, value.toLowerCase()));
  });
  draft.scanned.push("every signature has to be verified");
}

/** One of the plain ones has to fit where there are any, and none of the negated ones. */
function alternatives(tokens: RawToken[]): (fits: (token: RawToken) => boolean) => boolean {
  const plain = tokens.filter(({ negated }) => !negated);
  const barred = tokens.filter(({ negated }) => negated);
  return (fits) => (plain.length === 0 || plain.some(fits)) && !barred.some(fits);
}

/** "fallback" stands for every fallback; "fallback:2" for one. */
const fitsSignature = (signature: SessionRow["signature"], value: string): boolean =>
  signature === value || (value === "fallback" && signature.startsWith("fallback:"));

function valueProblem({ name, value, text }: RawToken, now: bigint): RawToken["problem"] {
  const word = value.toLowerCase();
  const known: readonly string[] | null =
    name === "state" ? states : name === "signature" ? signatures : null;
  if (known && !known.includes(word) && !(name === "signature" && /^fallback:\d+$/.test(word))) {
    const near = nearest(word, known);
    return badFilter(
      `${value} is no ${name}.`,
      near ? `${name}:${near} is one.` : examples[name as TokenName],
    );
  }
  if (name === "expires" && !readExpires(value, now))
    return badFilter(`${text} is no time or range of times.`, examples.expires);
  if (name === "size" && !readSize(value)) return badFilter(`${text} is no size.`, examples.size);
  return null;
}
