/** What stands out in a step, as marks on the axis. */
import type { Mark, MarkKind, StepFact } from "../../shared/run.ts";
import type { Step } from "./scenario.ts";
import { isDeletion, unnoticed } from "./step-fact.ts";
import type { StepResult } from "./stepper.ts";
import { isAction, isResponse, isStoreEvent } from "./trace.ts";
import { clock, counted, shortKey } from "./words.ts";

export function marksOf(
  index: number,
  step: Step,
  { trace }: StepResult,
  fact: StepFact,
  before: { readonly key: string } | null,
): Mark[] {
  const { at } = step;
  const marks: Mark[] = [];
  const mark = (kind: MarkKind, text: string, key: string | null = fact.key): void => {
    marks.push({ at, step: index, kind, key, text: `${text} at ${clock(at)}.` });
  };
  const gone = (call: string): string[] =>
    trace.flatMap((event) =>
      isStoreEvent(event) && event.call === call && event.hit ? [event.key] : [],
    );
  if ("request" in step) {
    const did = (...ops: string[]) =>
      trace.some((e) => isAction(e) && ops.includes(e.action.op) && e.error === null);
    if (did("flush", "logout"))
      mark("flush", "Flushed: record and key are gone", before?.key ?? fact.cookieSent);
    if (did("login")) mark("login", "Signed in");
    if (fact.newKey) mark("newKey", `New key ${shortKey(fact.key ?? "")}`);
    if (fact.saved) mark("save", "Saved");
    for (const header of fact.setCookie)
      mark("setCookie", isDeletion(header) ? "Set-Cookie that removes the cookie" : "Set-Cookie");
    if (fact.interrupted) mark("interrupted", "Answered with 400: SessionInterrupted");
    else if (fact.exception !== null) mark("exception", `${fact.exception} raised`);
    const seen = trace.find(isResponse);
    if (!fact.saved && seen?.modified && !seen.empty && !fact.interrupted)
      mark("notSaved", `Not saved: the response is a ${fact.status}`);
    else if (!fact.saved && unnoticed(trace))
      mark("notSaved", "Nested change not saved: session.modified stayed False");
    const deleted = trace.find((e) => isAction(e) && e.action.op === "deleteRow");
    if (deleted !== undefined) mark("deleted", "Another process deleted the session", before?.key);
  } else if (step.event === "closeBrowser") mark("browserClosed", "Browser closed");
  else if (step.event === "clearsessions")
    mark(
      "clearsessions",
      `clearsessions deleted ${counted(gone("purge").length, "session")}`,
      null,
    );
  else if (step.event === "deleteSession" || step.event === "deleteRow")
    mark(
      "deleted",
      step.event === "deleteRow" ? "Row deleted by hand" : "Another process deleted the session",
      before?.key ?? null,
    );
  const evicted = gone("evict");
  if (evicted.length > 0)
    mark("eviction", `The cache dropped ${counted(evicted.length, "entry", "entries")}`, null);
  return marks;
}
