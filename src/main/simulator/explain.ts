/**
 * One step in full: what the browser sent, what view, session and middleware did in order, each line with the setting
 * or the function of Django behind it, what went out, and what the store held before and after.
 */
import { STATUS_CODES } from "node:http";
import type { Explained, ExplainedLine } from "../../shared/simulator.ts";
import { EXPIRY_KEY, getExpireAtBrowserClose } from "../engine/lifetime.ts";
import { atLeast } from "../engine/settings.ts";
import { isoMicros } from "../engine/time.ts";
import { problem } from "../problem.ts";
import { pyRepr } from "../python/repr.ts";
import { viewLine } from "./explain-view.ts";
import { type RequestStep, type Scenario, timeOf } from "./scenario.ts";
import { statementOf } from "./statements.ts";
import { isDeletion, isRequest, stepFact } from "./step-fact.ts";
import { type StepResult, startRun } from "./stepper.ts";
import { storeDiff } from "./store-diff.ts";
import type { RequestRecord } from "./timeline.ts";
import { isResponse, isStoreEvent, type ResponseEvent, type StoreEvent } from "./trace.ts";
import { clock, counted, duration } from "./words.ts";

/** Explains the step of that index; runs the ones before it. not_found where there is none. */
export async function explainStep(scenario: Scenario, index: number): Promise<Explained> {
  const step = scenario.steps[index];
  if (step === undefined)
    throw problem(
      "not_found",
      `The scenario has no step ${index + 1}; it has ${scenario.steps.length}.`,
    );
  const run = await startRun(scenario);
  let sentAt: number | null = null;
  for (const earlier of scenario.steps.slice(0, index)) {
    const { record } = await run.step(earlier);
    if (isRequest(record) && record.response.setCookie.length > 0) sentAt = earlier.at;
  }
  run.advance(step);
  const before = run.store();
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
    cookieNote: cookieNote(
      step.at,
      request,
      fact.cookieSent,
      sentAt,
      jar && { ends: jar.expires },
      now,
    ),
    lines:
      request !== null && isRequest(record)
        ? requestLines(scenario, request, result, record)
        : eventLines(fact.skipped, fact.label, result),
    answer: request !== null && isRequest(record) ? answerOf(record) : [],
    setCookie: fact.setCookie,
    store: storeDiff(before, run.store()),
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
  at: number,
  request: RequestStep | null,
  sent: string | null,
  sentAt: number | null,
  jar: { ends: bigint | null } | null,
  now: bigint,
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
  const age = sentAt === null ? "" : `The cookie is ${duration(at - sentAt)} old. `;
  if (jar?.ends == null) return `${age}It has no Max-Age and ends with the browser.`;
  return `${age}${duration(Number(jar.ends - now) / 1e6)} of its Max-Age remain.`;
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

function requestLines(
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
      if (isStoreEvent(event)) lines.push(storeLine(event, scenario, result));
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

function storeLine(
  { area, call, key, hit, expires }: StoreEvent,
  { settings }: Scenario,
  _: StepResult,
): ExplainedLine {
  const what = area === "rows" ? "row" : area === "cache" ? "cache entry" : "file";
  const until =
    expires == null ? "" : `, until ${isoMicros(expires).slice(0, 19).replace("T", " ")} UTC`;
  const line = (text: string, rule: string, level: ExplainedLine["level"] = "info") =>
    ({ by: "store", text, rule, level }) as const;
  switch (call) {
    case "find":
      if (hit) return line(`The ${what} of ${key} is read.`, "SessionStore.load");
      return area === "cache"
        ? line(
            `No ${what} for ${key}.`,
            "SessionStore.load",
            settings.SESSION_ENGINE.endsWith("cached_db") ? "info" : "warning",
          )
        : line(
            `No live ${what} for ${key}: the key is forgotten, an unknown key is never taken over.`,
            "SessionStore.load",
            "warning",
          );
    case "exists":
      return line(`Is there a ${what} for ${key}? ${hit ? "Yes" : "No"}.`, "SessionStore.exists");
    case "insert":
      return line(
        hit ? `A new ${what} for ${key}${until}.` : `The ${what} for ${key} is taken.`,
        "SessionStore.save(must_create=True)",
      );
    case "create":
      return line(
        hit ? `An empty ${what} for ${key} is made first.` : `The ${what} for ${key} is taken.`,
        "SessionStore.save(must_create=True)",
      );
    case "update":
      return hit
        ? line(`The ${what} of ${key} is written${until}.`, "SessionStore.save", "good")
        : line(`The ${what} of ${key} has vanished: UpdateError.`, "SessionStore.save", "warning");
    case "evict":
      return line(
        `The cache is full and drops the entry of ${key}.`,
        "MAX_ENTRIES, CULL_FREQUENCY",
        "warning",
      );
    default:
      return line(
        `The ${what} of ${key} is deleted${hit ? "" : ", though there is none"}.`,
        "SessionStore.delete",
      );
  }
}

/** The questions process_response asks, in its order, until one of them ends it. */
function decisions(
  seen: ResponseEvent,
  { settings, django }: Scenario,
  result: StepResult,
  record: Omit<RequestRecord, "store">,
): ExplainedLine[] {
  const lines: ExplainedLine[] = [];
  const add = (text: string, rule: string, level: ExplainedLine["level"] = "info"): void => {
    lines.push({ by: "middleware", text, rule, level });
  };
  if (seen.empty && seen.cookie) {
    add(
      "The session is empty and a cookie came: the cookie is removed, nothing is saved.",
      "SessionMiddleware.process_response: empty",
      "warning",
    );
    return lines;
  }
  add(
    seen.accessed
      ? "The session was accessed: Vary gets Cookie, so that caches keep answers apart."
      : "The session was not accessed: no Vary.",
    "SessionBase.accessed",
  );
  if (seen.empty) {
    add("The session is empty and has no key: nothing is saved.", "SessionBase.is_empty");
    return lines;
  }
  if (!seen.modified && !settings.SESSION_SAVE_EVERY_REQUEST) {
    add(
      "Nothing set session.modified, and not every request saves: nothing is saved, no cookie is sent, the expiry stays.",
      "SESSION_SAVE_EVERY_REQUEST",
    );
    return lines;
  }
  add(
    seen.modified
      ? "session.modified is True: the session is to be saved."
      : "session.modified is False, but every request saves.",
    seen.modified ? "SessionBase.modified" : "SESSION_SAVE_EVERY_REQUEST",
    "good",
  );
  const limit = atLeast(django, "4.2") ? seen.status >= 500 : seen.status === 500;
  if (limit) {
    add(
      `The status is ${seen.status}: nothing is saved, no cookie is sent.`,
      "SessionMiddleware.process_response: status 500",
      "warning",
    );
    return lines;
  }
  if (record.response.exception === undefined && !record.response.interrupted)
    add(...expiryWords(result, settings));
  return lines;
}

function expiryWords(
  { present }: StepResult,
  settings: Scenario["settings"],
): [text: string, rule: string] {
  const data = present?.data ?? new Map();
  const own = data.get(EXPIRY_KEY) ?? null;
  const closes = getExpireAtBrowserClose(data, settings);
  const age = duration(settings.SESSION_COOKIE_AGE);
  if (own === null)
    return closes
      ? [
          `No set_expiry() in this session: the cookie ends with the browser, what is stored lives ${age}.`,
          "SESSION_EXPIRE_AT_BROWSER_CLOSE",
        ]
      : [
          `New expiry: now + get_expiry_age(), ${settings.SESSION_COOKIE_AGE} s. No set_expiry() in this session.`,
          "SESSION_COOKIE_AGE",
        ];
  return closes
    ? [
        `set_expiry(0) in this session: the cookie ends with the browser, what is stored lives ${age}.`,
        "SessionBase.set_expiry",
      ]
    : [`New expiry from set_expiry(): ${pyRepr(own)}.`, "SessionBase.set_expiry"];
}

/** What came of it, and what the browser makes of the answer. */
function outcome(
  { settings }: Scenario,
  { cookie }: StepResult,
  { response, at }: Omit<RequestRecord, "store">,
  bypassed: boolean,
): ExplainedLine[] {
  if (response.interrupted)
    return [
      {
        by: "middleware",
        text: "The record has vanished while the request ran: SessionInterrupted, answered with 400, without a cookie.",
        rule: "SessionInterrupted",
        level: "warning",
      },
    ];
  if (response.exception !== undefined)
    return [
      {
        by: "middleware",
        text: `${response.exception} is raised: the answer is a 500, without a cookie.`,
        rule: response.exception,
        level: "warning",
      },
    ];
  return response.setCookie.map((header): ExplainedLine => {
    const line = (text: string, level: ExplainedLine["level"]) =>
      ({ by: "browser", text, rule: "Set-Cookie", level }) as const;
    if (bypassed) return line("The answer's cookie does not reach the browser.", "info");
    if (isDeletion(header)) return line("The browser drops its cookie.", "warning");
    if (cookie === null)
      return line("The browser drops the cookie at once: it has ended already.", "warning");
    return line(
      cookie.expires === null
        ? `The browser keeps ${settings.SESSION_COOKIE_NAME} until it is closed.`
        : `The browser keeps ${settings.SESSION_COOKIE_NAME}, sent at ${clock(at)}, until ${isoMicros(cookie.expires).slice(0, 19).replace("T", " ")} UTC.`,
      "good",
    );
  });
}
