/** What a policy meant for the user, for the store, and for the checks it fails. */
import type { Lanes, Mark, StepFact, Verdict } from "../../shared/run.ts";
import type { EngineName } from "../engine/backends/engines.ts";
import { deployChecks } from "./audit-checks.ts";
import type { Presence } from "./presence.ts";
import type { Scenario } from "./scenario.ts";
import { clock, duration } from "./words.ts";

export interface VerdictFacts {
  readonly scenario: Scenario;
  readonly engine: EngineName;
  readonly steps: readonly StepFact[];
  readonly lanes: Lanes;
  readonly marks: readonly Mark[];
  readonly presence: Presence;
  /** The last step. */
  readonly last: number;
  /** When what is there after the last step ends by itself. */
  readonly until: number | null;
}

/** Where somebody signs in, a loss is a loss of that; else of the session. */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { scenario, steps, lanes, presence, last, until } = facts;
  const users = presence.logins.length > 0;
  const losses = presence.losses.filter(({ at, signedIn }) => at <= last && (signedIn || !users));
  const [first] = losses;
  const again = users
    ? presence.logins.find((at) => first !== undefined && at > first.at)
    : lanes.present.find(({ from }) => first !== undefined && from >= first.at)?.from;
  const expiredKept = lanes.session
    .filter(({ state }) => state === "expired")
    .reduce((sum, { from, to }) => sum + to - from, 0);
  const dataLost = [...new Set(losses.flatMap(({ data }) => [...data.keys()].map(String)))].filter(
    (key) => !/^_auth_user_|^_session_expiry$|^testcookie$/.test(key),
  );
  const present = lanes.present.at(-1);
  const stays = present !== undefined && present.to > last;
  return {
    loggedOutAt: first?.at ?? null,
    reason: first?.reason ?? "",
    text: headline(users, first?.at, stays, presence),
    signedInAgainAt: again ?? null,
    until: stays ? until : null,
    forcedLogouts: losses.length,
    reads: sum(steps, ({ reads }) => reads),
    writes: sum(steps, ({ writes }) => writes),
    cookiesSent: sum(steps, ({ setCookie }) => setCookie.length),
    dataLost,
    expiredKept,
    checks: deployChecks(scenario.settings),
    notes: notesOf(facts, { again, expiredKept, dataLost, stays, users }),
  };
}

function headline(users: boolean, lostAt: number | undefined, stays: boolean, presence: Presence) {
  if (lostAt !== undefined)
    return `${users ? "User logged out" : "Session lost"} at ${clock(lostAt)}`;
  if (stays) return users ? "Stays signed in" : "Session stays";
  return presence.logins.length > 0 ? "Logged out by the view alone" : "No session at the end";
}

/** Over the requests: what clearsessions and others do is not the site's answer to anybody. */
const sum = (steps: readonly StepFact[], of: (fact: StepFact) => number): number =>
  steps.reduce((total, fact) => total + (fact.kind === "request" ? of(fact) : 0), 0);

function notesOf(
  { engine, lanes, until, presence, last }: VerdictFacts,
  given: {
    again: number | undefined;
    expiredKept: number;
    dataLost: readonly string[];
    stays: boolean;
    users: boolean;
  },
): string[] {
  const notes: string[] = [];
  if (given.again !== undefined)
    notes.push(`${given.users ? "signs in" : "has a session"} again at ${clock(given.again)}`);
  if (given.dataLost.length > 0) notes.push(`lost with it: ${given.dataLost.join(", ")}`);
  if (given.expiredKept > 0) notes.push(`expired records kept for ${duration(given.expiredKept)}`);
  if (given.stays)
    notes.push(
      until === null
        ? "stays until the browser closes, or without an end"
        : `until ${clock(until)} without a further request`,
    );
  const lost = presence.losses.at(-1)?.key;
  const left = lanes.session.filter(
    ({ key, to, end, state }) => key === lost && state === "live" && end === "open" && to > last,
  );
  if (!given.stays && left.length > 0) {
    const expires = left.at(-1)?.expires ?? null;
    notes.push(
      expires === null
        ? "the stored session stays without an end"
        : `the stored session stays until ${clock(expires)}`,
    );
  }
  if (engine === "signed_cookies")
    notes.push("nothing is stored: a copied cookie works until it is too old");
  return notes;
}
