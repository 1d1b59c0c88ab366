/** How process_response decides, and what the browser makes of its answer. */
import type { ExplainedLine } from "../../shared/run.ts";
import { EXPIRY_KEY, getExpireAtBrowserClose } from "../engine/lifetime.ts";
import { atLeast } from "../engine/settings.ts";
import { isoMicros } from "../engine/time.ts";
import { pyRepr } from "../python/repr.ts";
import type { Scenario } from "./scenario.ts";
import { isDeletion } from "./step-fact.ts";
import type { StepResult } from "./stepper.ts";
import type { RequestRecord } from "./timeline.ts";
import type { ResponseEvent } from "./trace.ts";
import { clock, duration } from "./words.ts";

/** The questions process_response asks, in its order, until one of them ends it. */
export function decisions(
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
export function outcome(
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
