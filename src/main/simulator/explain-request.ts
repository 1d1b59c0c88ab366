/** What middleware, view and store did while a request was answered, in order. */
import type { ExplainedLine } from "../../shared/run.ts";
import { decisions, outcome } from "./explain-response.ts";
import { storeLine } from "./explain-store.ts";
import { viewLine } from "./explain-view.ts";
import type { RequestStep, Scenario } from "./scenario.ts";
import type { StepResult } from "./stepper.ts";
import type { RequestRecord } from "./timeline.ts";
import { isResponse, isStoreEvent } from "./trace.ts";

/** A request's lines: process_request, the view with its calls on the store, process_response, the browser. */
export function requestLines(
  scenario: Scenario,
  { cookie }: RequestStep,
  result: StepResult,
  record: Omit<RequestRecord, "store">,
): ExplainedLine[] {
  const { trace } = result;
  const lines: ExplainedLine[] = [
    {
      by: "middleware",
      text:
        record.cookieSent === null
          ? `process_request finds no cookie ${scenario.settings.SESSION_COOKIE_NAME}: request.session is new and has no key.`
          : `process_request takes the key from the cookie ${scenario.settings.SESSION_COOKIE_NAME}. Nothing is read yet.`,
      rule: "SessionMiddleware.process_request",
      level: "info",
    },
  ];
  let told = 0;
  const stores = (until: number): void => {
    for (const event of trace.slice(told, until))
      if (isStoreEvent(event)) lines.push(storeLine(event, scenario));
    told = Math.max(told, until);
  };
  for (const [index, event] of trace.entries()) {
    if (event.type === "action") {
      stores(event.from);
      lines.push(viewLine(event));
      stores(index);
    }
    if (event.type === "response") {
      stores(index);
      lines.push(...decisions(event, scenario, result, record));
    }
  }
  stores(trace.length);
  if (trace.find(isResponse) === undefined) return lines;
  lines.push(...outcome(scenario, result, record, cookie !== "jar"));
  return lines;
}
