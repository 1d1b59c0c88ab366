/**
 * One step in full: what the browser sent, what view, session and middleware did in order, each line with the setting
 * or the function of Django behind it, what went out, and what the store held before and after.
 */
import { STATUS_CODES } from "node:http";
import type { Explained, ExplainedLine } from "../../shared/run.ts";
import type { Micros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import { Checkpoints } from "./checkpoints.ts";
import { requestLines } from "./explain-request.ts";
import type { JarCookie } from "./jar.ts";
import { type RequestStep, type Scenario, timeOf } from "./scenario.ts";
import { statementOf } from "./statements.ts";
import { isRequest, stepFact } from "./step-fact.ts";
import { Run, type StepResult, startRun } from "./stepper.ts";
import { storeDiff } from "./store-diff.ts";
import type { RequestRecord } from "./timeline.ts";
import { isStoreEvent } from "./trace.ts";
import { counted, duration } from "./words.ts";

/**
 * Explains the step of that index; runs the ones before it, from the nearest checkpoint on. not_found where there is
 * none.
 */
export async function explainStep(
  scenario: Scenario,
  index: number,
  checkpoints = new Checkpoints(),
): Promise<Explained> {
  const step = scenario.steps[index];
  if (step === undefined)
    throw problem(
      "not_found",
      `The scenario has no step ${index + 1}; it has ${scenario.steps.length}.`,
    );
  const known = checkpoints.before(index);
  const run = known === null ? await startRun(scenario) : new Run(scenario, known.state);
  const from = known?.done ?? 0;
  for (const [at, earlier] of scenario.steps.slice(from, index).entries()) {
    await run.step(earlier);
    checkpoints.passed(from + at + 1, run);
  }
  run.advance(step);
  const before = run.records();
  const jar = run.cookie();
  const result = await run.step(step);
  const now = timeOf(scenario, step);
  const { record, trace } = result;
  const fact = stepFact(index, step, result);
  const request = "request" in step && isRequest(record) ? step.request : null;
  const name = scenario.settings.SESSION_COOKIE_NAME;
  const cookieHeader = fact.cookieSent === null ? null : `${name}=${fact.cookieSent}`;
  return {
    step: fact,
    sent:
      request === null
        ? []
        : [
            `${request.method} ${request.path} HTTP/1.1`,
            "Host: localhost",
            ...(cookieHeader === null ? [] : [`Cookie: ${cookieHeader}`]),
          ],
    cookieHeader,
    cookieNote: cookieNote(request, fact.cookieSent, jar, now),
    lines:
      request !== null && isRequest(record)
        ? requestLines(scenario, request, result, record)
        : eventLines(fact.skipped, fact.label, result),
    answer: request !== null && isRequest(record) ? answerOf(record) : [],
    setCookie: fact.setCookie,
    store: storeDiff(before, run.records()),
    statements: trace
      .filter(isStoreEvent)
      .map((event) => statementOf(event, scenario.settings, now)),
  };
}

function answerOf({ response }: Omit<RequestRecord, "store">): string[] {
  const { status, vary, setCookie } = response;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`.trim(),
    ...(vary === null ? [] : [`Vary: ${vary}`]),
    ...setCookie.map((header) => `Set-Cookie: ${header}`),
  ];
}

function cookieNote(
  request: RequestStep | null,
  sent: string | null,
  jar: JarCookie | null,
  now: Micros,
): string {
  if (request === null) return "";
  if (request.cookie === "none")
    return "The request carries no cookie, whatever the browser holds.";
  if (request.cookie !== "jar")
    return "The request carries a cookie of its own; the answer's cookies do not reach the browser.";
  if (sent === null)
    return jar === null
      ? "The browser holds no session cookie."
      : "The browser holds a cookie, but its Path or Secure keeps it from this request.";
  if (jar === null) return "";
  const age = `The cookie is ${duration(Number(now - jar.received) / 1e6)} old.`;
  if (jar.expires === null) return `${age} It has no Max-Age and ends with the browser.`;
  return `${age} ${duration(Number(jar.expires - now) / 1e6)} of its Max-Age remain.`;
}

function eventLines(skipped: boolean, label: string, { trace }: StepResult): ExplainedLine[] {
  if (skipped)
    return [
      {
        by: "browser",
        text: "The request is left out: the browser's cookie leads to a session with a signed-in user.",
        rule: "unlessSignedIn",
        level: "info",
      },
    ];
  const gone = trace.filter((e) => isStoreEvent(e) && e.hit && /delete|purge|evict/.test(e.call));
  const rule: Record<string, string> = {
    clearsessions: "SessionStore.clear_expired",
    "Browser closed":
      "RFC 6265: a cookie without Max-Age and Expires ends with the session of the browser",
    "Cache cleared": "a restart or a full cache",
    "Session deleted": "SessionStore.delete",
    "Row deleted by hand": "DELETE or rm, which no cache is told of",
  };
  return [
    {
      by: label === "Browser closed" ? "browser" : "store",
      text: `${label}. ${gone.length === 0 ? "Nothing stored changed." : `${counted(gone.length, "record")} gone.`}`,
      rule: rule[label] ?? "",
      level: "info",
    },
  ];
}
