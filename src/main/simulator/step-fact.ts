/** One step as a line of a list. */
import type { StepFact } from "../../shared/run.ts";
import { userIdKey } from "../engine/auth.ts";
import { writeTagged } from "../python/tagged.ts";
import type { Step } from "./scenario.ts";
import type { StepResult } from "./stepper.ts";
import type { RequestRecord, StepRecord } from "./timeline.ts";
import { isAction, isResponse, isStoreEvent, readsIn, type TraceEvent, writesIn } from "./trace.ts";
import { cut } from "./words.ts";

const MOST_RESULT = 1000;

export const isRequest = (record: StepRecord): record is Omit<RequestRecord, "store"> =>
  "response" in record;

/** A Set-Cookie that removes the cookie. */
export const isDeletion = (header: string): boolean => /; Max-Age=0(;|$)/.test(header);

/** Something was written for the session, a signed cookie included. */
export function hasSaved({ record, trace }: StepResult): boolean {
  if (!isRequest(record)) return false;
  const wrote = trace.some(
    (event) => isStoreEvent(event) && event.hit && ["insert", "update"].includes(event.call),
  );
  return wrote || record.response.setCookie.some((header) => !isDeletion(header));
}

const eventLabels = {
  closeBrowser: "Browser closed",
  clearsessions: "clearsessions",
  clearCache: "Cache cleared",
  deleteSession: "Session deleted",
  deleteRow: "Row deleted by hand",
} as const;

export function stepFact(index: number, step: Step, result: StepResult): StepFact {
  const { record, trace, present } = result;
  const base = {
    index,
    at: step.at,
    reads: readsIn(trace),
    writes: writesIn(trace),
    signedIn: present?.data.has(userIdKey) ?? false,
  };
  if (!("request" in step) || !isRequest(record)) {
    const skipped = "request" in step;
    return {
      ...base,
      kind: "request" in step ? "request" : step.event,
      label: "request" in step ? labelOf(step.request) : eventLabels[step.event],
      method: "request" in step ? step.request.method : null,
      path: "request" in step ? step.request.path : null,
      status: null,
      skipped,
      cookieSent: null,
      setCookie: [],
      saved: false,
      interrupted: false,
      exception: "exception" in record ? (record.exception ?? null) : null,
      key: present?.key ?? null,
      newKey: false,
      results: [],
      effect: skipped ? "left out: the user is signed in" : eventEffect(trace),
    };
  }
  const { response, session, cookieSent } = record;
  const saved = hasSaved(result);
  return {
    ...base,
    kind: "request",
    label: labelOf(step.request),
    method: step.request.method,
    path: step.request.path,
    status: response.status,
    skipped: false,
    cookieSent,
    setCookie: [...response.setCookie],
    saved,
    interrupted: response.interrupted,
    exception: response.exception ?? null,
    key: session.key,
    newKey: saved && session.key !== null && session.key !== cookieSent,
    results: record.results.map((value) => cut(writeTagged(value), MOST_RESULT)),
    effect: requestEffect(record, trace, saved),
  };
}

const labelOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;

function eventEffect(trace: readonly TraceEvent[]): string {
  const gone = trace.filter(
    (event) => isStoreEvent(event) && event.hit && /delete|purge|evict/.test(event.call),
  ).length;
  if (gone === 0) return "nothing stored changed";
  return gone === 1 ? "1 record gone" : `${gone} records gone`;
}

/** Actions that changed a value without the session's knowledge. */
export const unnoticed = (trace: readonly TraceEvent[]): boolean => {
  const response = trace.find(isResponse);
  return (
    response !== undefined &&
    !response.modified &&
    trace.some((event) => isAction(event) && event.action.op === "setIn" && event.error === null)
  );
};

function requestEffect(
  { response, session, cookieSent }: Omit<RequestRecord, "store">,
  trace: readonly TraceEvent[],
  saved: boolean,
): string {
  if (response.interrupted) return "400: the session was deleted while the request ran";
  const seen = trace.find(isResponse);
  const parts: string[] = [];
  if (response.exception !== undefined) parts.push(`500: ${response.exception}`);
  if (saved && session.key !== null && session.key !== cookieSent) parts.push("new key");
  if (saved) parts.push("saved");
  if (!saved && seen?.modified && !seen.empty && response.status >= 500)
    parts.push(`not saved: status ${response.status}`);
  if (!saved && unnoticed(trace)) parts.push("nested change not saved: modified stayed False");
  for (const header of response.setCookie) parts.push(cookieEffect(header));
  if (parts.length > 0) return parts.join(", ");
  return session.accessed ? "read only" : "session not touched";
}

function cookieEffect(header: string): string {
  if (isDeletion(header)) return "cookie deleted";
  const age = /; Max-Age=(-?\d+)/.exec(header)?.[1];
  return age === undefined ? "cookie until the browser closes" : `cookie for ${age} s`;
}
