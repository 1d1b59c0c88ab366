/**
 * What each kind of request costs under a policy and what it leads to, found out by running it through the engine
 * and its middleware once: the fleet then needs no engine for a million visits.
 *
 * A visitor's session is in one of five states: there is none (no cookie); an anonymous one; one with a user; the
 * cookie is there and its record has expired; the cookie is there and the record is gone.
 */
import type { Policy } from "../../shared/scenario.ts";
import type { GivenSettings } from "../engine/settings.ts";
import { problem } from "../problem.ts";
import { type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { type Action, readScenario, type Scenario, type Step } from "./scenario.ts";
import { versionOf } from "./setting-info.ts";
import { hasSaved, isDeletion, isRequest } from "./step-fact.ts";
import { type StepResult, startRun } from "./stepper.ts";
import { isStoreEvent, readsIn, writesIn } from "./trace.ts";

export const NONE = 0;
export const ANON = 1;
export const USER = 2;
export const EXPIRED = 3;
export const GONE = 4;
export type SessionState = typeof NONE | typeof ANON | typeof USER | typeof EXPIRED | typeof GONE;

/** The deeds of lab-visitor.ts that reach the server, and the login before one. */
export const LOGIN = 3;

export interface Outcome {
  readonly reads: number;
  readonly writes: number;
  readonly cookies: number;
  /** The session's life starts anew. */
  readonly saved: boolean;
  /** A record under a new key. */
  readonly created: boolean;
  /** The record of the key that came is gone. */
  readonly deleted: boolean;
  readonly after: SessionState;
}

export interface Costs {
  /** By state, then by deed: READ, WRITE, LOGOUT, LOGIN. */
  readonly outcomes: readonly (readonly Outcome[])[];
  /** Seconds from a save to the cookie's end; Infinity for browser-length. */
  readonly cookieAge: number;
  /** Seconds from a save to the first moment at which the session is served no more. */
  readonly servedAge: number;
  /** What has expired stays until clearsessions; caches drop it, signed cookies are nowhere. */
  readonly keeps: boolean;
  /** Records exist at all. */
  readonly stored: boolean;
  /** clearsessions takes what ended at its very moment (files), or only what ended before (rows). */
  readonly purgesAtEnd: boolean;
  /** Stored bytes of a record by its state when created. */
  readonly bytes: { readonly anon: number; readonly user: number };
}

const action = (op: Action["op"], members: Record<string, PyValue> = {}): Action => ({
  op,
  given: new Map<PyValue, PyValue>(Object.entries(members)),
});

/** Text that does not shrink much, as tokens and identifiers do not. */
function filler(bytes: number): string {
  let text = "";
  for (let state = 1; text.length < bytes; state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0)
    text += (state >>> 8).toString(36);
  return text.slice(0, bytes);
}

/** The actions of each deed: every request asks who the user is, a write changes the session. */
export function deedActions(dataBytes: number): readonly (readonly Action[])[] {
  const who = action("get", { key: "_auth_user_id" });
  const data = action("set", { key: "data", value: filler(dataBytes) });
  const counter = action("increment", { key: "n" });
  return [
    [who],
    [who, data, counter],
    [who, action("logout")],
    [action("login", { user: 1, hash: "0".repeat(64) }), data],
  ];
}

/** A policy's scenario without steps. Throws bad_request, bad_setting. */
export function emptyScenario({
  settings,
  django = "5.2",
}: Pick<Policy, "settings"> & { django?: string | undefined }): Scenario {
  versionOf(django);
  const asValue = (part: unknown): PyValue => {
    if (typeof part === "number") return Number.isInteger(part) ? part : new PyFloat(part);
    if (Array.isArray(part)) return part.map(asValue);
    if (typeof part === "object" && part !== null)
      return new Map(
        Object.entries(part).map(([key, item]): [PyValue, PyValue] => [key, asValue(item)]),
      );
    return part as PyValue;
  };
  const given: PyDict = new Map<PyValue, PyValue>([
    ["django", django],
    ["settings", asValue(settings satisfies GivenSettings | object)],
    ["steps", []],
  ]);
  return readScenario(given, "policy");
}

export const requestStep = (
  at: number,
  actions: readonly Action[],
  more: { unlessSignedIn?: boolean; cookie?: { value: string } } = {},
): Step => ({
  at,
  request: {
    method: "GET",
    path: "/",
    secure: true,
    cookie: more.cookie ?? "jar",
    actions,
    status: 200,
    unlessSignedIn: more.unlessSignedIn ?? false,
  },
});

/** Runs every kind of request once. Throws bad_setting where the policy cannot be run, or a save does not last. */
export async function measure(
  policy: Pick<Policy, "settings"> & { django?: string | undefined },
  dataBytes: number,
): Promise<Costs> {
  const scenario = emptyScenario(policy);
  const deeds = deedActions(dataBytes);
  const [, write = [], , login = []] = deeds;
  const first = async (actions: readonly Action[]): Promise<StepResult> => {
    const run = await startRun(scenario);
    return run.step(requestStep(0, actions));
  };
  const saved = await first(write);
  const { cookie, present } = saved;
  if (present === null || present.ends === null || cookie === null)
    throw problem(
      "bad_setting",
      "Under this policy a session is over as soon as it is saved, so there is nothing to forecast.",
      undefined,
      { setting: "SESSION_COOKIE_AGE" },
    );
  const seconds = (end: bigint): number => Number(end - scenario.start) / 1e6;
  const engine = scenario.settings.SESSION_ENGINE.split(".").at(-1);
  const signedIn = await first(login);
  const expired = async (deed: readonly Action[]): Promise<StepResult> => {
    const run = await startRun(scenario);
    const before = await run.step(requestStep(0, write));
    const value = before.cookie?.value ?? "";
    return run.step(requestStep(seconds(present.ends ?? 0n) + 1, deed, { cookie: { value } }));
  };
  const after = async (...actions: readonly (readonly Action[])[]): Promise<StepResult> => {
    const run = await startRun(scenario);
    let result: StepResult | null = null;
    for (const one of actions) result = await run.step(requestStep(0, one));
    if (result === null) throw new Error("nothing to run");
    return result;
  };
  const unknown = "0".repeat(32);
  const gone = async (deed: readonly Action[]): Promise<StepResult> => {
    const run = await startRun(scenario);
    return run.step(requestStep(0, deed, { cookie: { value: unknown } }));
  };
  const row = async (run: (deed: readonly Action[]) => Promise<StepResult>): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const deed of deeds) outcomes.push(outcomeOf(await run(deed), deed === login));
    return outcomes;
  };
  return {
    outcomes: [
      await row(first),
      await row((deed) => after(write, deed)),
      await row((deed) => after(login, deed)),
      await row(expired),
      await row(gone),
    ],
    cookieAge: cookie.expires === null ? Number.POSITIVE_INFINITY : seconds(cookie.expires),
    servedAge: seconds(present.ends),
    keeps: engine !== "cache" && engine !== "signed_cookies",
    stored: engine !== "signed_cookies",
    purgesAtEnd: engine === "file",
    bytes: { anon: bytesOf(saved), user: bytesOf(signedIn) },
  };
}

/** Bytes of the record a request wrote last; of cache entries, which are pickles, the size of their JSON. */
function bytesOf({ trace, present }: StepResult): number {
  const written = trace.filter(isStoreEvent).findLast(({ row, file }) => row ?? file);
  if (written?.row !== undefined) return written.row.sessionData.length + 40 + 8;
  if (written?.file !== undefined) return written.file.content.length;
  return present === null ? 0 : JSON.stringify([...present.data]).length;
}

function outcomeOf(result: StepResult, login: boolean): Outcome {
  const { record, trace, present } = result;
  if (!isRequest(record)) throw new Error("no request");
  const { setCookie } = record.response;
  const wrote = trace.filter(isStoreEvent);
  const keeps = setCookie.some((header) => !isDeletion(header));
  const dropped = setCookie.some(isDeletion);
  const user = login || present?.data.has("_auth_user_id");
  const came = record.cookieSent !== null;
  const sameLives = came && !keeps && !dropped && present !== null;
  return {
    reads: readsIn(trace),
    writes: writesIn(trace),
    cookies: setCookie.length,
    saved: hasSaved(result),
    created:
      wrote.some(
        ({ call, hit, key }) =>
          hit && ["insert", "create"].includes(call) && key === record.session.key,
      ) && record.session.key !== record.cookieSent,
    deleted: wrote.some(
      ({ call, hit, key }) => hit && call === "delete" && key === record.cookieSent,
    ),
    after: keeps || sameLives ? (user ? USER : ANON) : NONE,
  };
}
