/**
 * A filter, compiled: what an index answers (a range of expiry dates), what one look-up answers (a whole session key),
 * and what has to be asked of every entry in the range (the scan).
 *
 * Tokens of one name are alternatives where a session has one value only (state, user, signature) and all have to fit
 * elsewhere (key, expires, size, text). Tokens of different names all have to fit.
 */
import type { FilterPlan, SessionRow, State } from "../../shared/session.ts";
import { parseIso } from "../engine/iso.ts";
import { instant } from "../engine/time.ts";
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
const signatures = ["valid", "fallback", "invalid", "unverified"] as const;

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

function compile(text: string, now: string, endless = false): Filter {
  const at = instant(parseIso(now), "UTC");
  const tokens = readTokens(text);
  const filter: Filter = {
    plan: { tokens: [], answeredBy: "index", why: "" },
    key: null,
    range: {},
    minSize: undefined,
    maxSize: undefined,
    users: [],
    decodes: false,
    entry: (entry) => entryTests.every((test) => test(entry)),
    session: (decoded, ids) => sessionTests.every((test) => test(decoded, ids)),
  };
  const entryTests: ((entry: Entry) => boolean)[] = [];
  const sessionTests: ((
    decoded: Decoded,
    ids: ReadonlyMap<string, readonly string[]>,
  ) => boolean)[] = [];
  const scanned: string[] = [];
  const fine = (name: TokenName): RawToken[] =>
    tokens.filter((token) => token.name === name && !token.problem);

  for (const token of tokens) token.problem ??= valueProblem(token, at);

  for (const token of fine("text")) {
    if (!token.negated && /^[a-z0-9]{32}$/.test(token.value) && filter.key === null) {
      filter.key = token.value;
      continue;
    }
    const part = token.value.toLowerCase();
    entryTests.push(({ key }) => key.toLowerCase().includes(part) !== token.negated);
    scanned.push(`${token.text} is looked for in every session key`);
  }

  for (const token of fine("expires")) {
    const read = readExpires(token.value, at);
    if (!read) continue;
    if ("range" in read && !token.negated) filter.range = intersect(filter.range, read.range);
    else {
      const fits = (expires: string | null): boolean =>
        "range" in read ? inRange(expires, read.range) : expires === null;
      entryTests.push(({ expires }) => fits(expires) !== token.negated);
      scanned.push(`${token.text} is no single range of expiry dates`);
    }
  }

  for (const token of fine("size")) {
    const read = readSize(token.value);
    if (!read) continue;
    const { above = -1, below = Number.POSITIVE_INFINITY } = read;
    entryTests.push(({ size }) => (size > above && size < below) !== token.negated);
    if (!token.negated && read.above !== undefined)
      filter.minSize = Math.max(filter.minSize ?? -1, above);
    if (!token.negated && read.below !== undefined)
      filter.maxSize = Math.min(filter.maxSize ?? Number.POSITIVE_INFINITY, below);
    scanned.push(`no index holds sizes (${token.text})`);
  }

  const users = fine("user");
  if (users.length > 0) {
    filter.users = users.map(({ value }) => value).filter((value) => value !== "anonymous");
    sessionTests.push((decoded, ids) => {
      const id = decoded.user();
      const is = ({ value }: RawToken): boolean =>
        value === "anonymous"
          ? id === null
          : id !== null && (id === value || (ids.get(value)?.includes(id) ?? false));
      return alternatives(users, is);
    });
    scanned.push("the user is inside the session's data");
  }

  const wanted = fine("state");
  if (wanted.length > 0) {
    const set = states.filter((state) =>
      alternatives(wanted, ({ value }) => value.toLowerCase() === state),
    );
    const over = set.includes("expired");
    const alive = set.length - (over ? 1 : 0);
    // With sessions that never end among the living, "from now on" would miss them.
    if (!over && !endless) filter.range = intersect(filter.range, { from: now });
    if (alive === 0) filter.range = intersect(filter.range, { to: now });
    if (set.length === 0) entryTests.push(() => false);
    if (alive === 1 || (!over && endless)) {
      sessionTests.push((decoded) => set.includes(decoded.state()));
      scanned.push("only the session's data tells browser-length sessions apart");
    }
  }

  for (const token of fine("key")) {
    sessionTests.push((decoded) => decoded.hasKey(token.value) !== token.negated);
    scanned.push(`${token.text} is inside the session's data`);
  }

  const marks = fine("signature");
  if (marks.length > 0) {
    sessionTests.push((decoded) => {
      const signature = decoded.signature();
      return alternatives(marks, ({ value }) => fitsSignature(signature, value.toLowerCase()));
    });
    scanned.push("every signature has to be verified");
  }

  filter.decodes = sessionTests.length > 0;
  filter.plan = {
    tokens: tokens.map(({ negated: _, ...token }) => token),
    answeredBy: filter.key !== null ? "key" : scanned.length > 0 ? "scan" : "index",
    why:
      filter.key === null && scanned[0]
        ? `${scanned[0].charAt(0).toUpperCase()}${scanned[0].slice(1)}.`
        : "",
  };
  return filter;
}

/** One of the plain ones has to fit where there are any, and none of the negated ones. */
function alternatives(tokens: RawToken[], fits: (token: RawToken) => boolean): boolean {
  const plain = tokens.filter(({ negated }) => !negated);
  return (
    (plain.length === 0 || plain.some(fits)) &&
    !tokens.some((token) => token.negated && fits(token))
  );
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
