/**
 * Requests out of what browsers and servers record: a HAR file, or an access log in the common or combined format.
 *
 *     127.0.0.1 - alice [10/Oct/2026:13:55:36 +0200] "POST /accounts/login/ HTTP/1.1" 302 2326 "-" "Mozilla/5.0"
 *
 * What the views did is in neither, so the requests come without actions, but for two that the method and the path
 * suggest: a POST to a login page signs in, one to a logout page signs out. In a HAR the first host is taken; in a
 * log the busiest client is, since a scenario has one browser.
 */
import type { Imported, SimAction, SimStep } from "../../shared/scenario.ts";
import { type ProblemError, problem } from "../problem.ts";

const MOST_TEXT = 64 * 1024 * 1024;
const MOST_REQUESTS = 10_000;
const MOST_PROBLEMS = 100;
const MOST_PATH = 500;

interface Found {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly secure: boolean;
  /** Whose request it is: the HAR's host, the log's client. */
  readonly who: string;
}

type Problems = Imported["problems"];

/** Throws too_large beyond 64 MB or 10,000 requests' worth of text that fits none, bad_json for a broken HAR, unknown_format for neither. */
export function readLog({
  text,
  name,
  settings,
}: {
  text: string;
  name: string;
  settings: Record<string, unknown>;
}): Imported {
  if (text.length > MOST_TEXT)
    throw problem(
      "too_large",
      `The file has ${text.length} characters; at most ${MOST_TEXT} are read.`,
    );
  const har = /^\s*\{/.test(text.slice(0, 1000).replace(/^\ufeff/, ""));
  const problems: Problems = [];
  let problemCount = 0;
  const refuse = (place: string, message: string): void => {
    problemCount++;
    if (problems.length < MOST_PROBLEMS)
      problems.push({ place, problem: problem("bad_request", message).problem });
  };
  const found = har ? harRequests(text, refuse) : logRequests(text, refuse);
  const chosen = ofOne(found, har, refuse);
  const kept = chosen.sort((a, b) => a.time - b.time).slice(0, MOST_REQUESTS);
  if (chosen.length > kept.length)
    refuse("end", `Only the first ${MOST_REQUESTS} of ${chosen.length} requests are taken.`);
  const [first] = kept;
  if (first === undefined)
    throw problem(
      "unknown_format",
      har
        ? "The HAR file holds no request that can be read."
        : "No line is an access log's: common or combined format, with the time in brackets.",
      undefined,
      {
        problems: problems
          .slice(0, 5)
          .map(({ place, problem: { message } }) => `${place}: ${message}`),
      },
    );
  return {
    kind: har ? "har" : "access",
    scenario: {
      title: name === "" ? "Imported requests" : name.slice(0, 200),
      note: `${kept.length} requests of ${first.who}. What the views did is not recorded: a POST to a login or logout page counts as that, other requests do nothing to the session.`,
      django: "5.2",
      start: new Date(first.time).toISOString(),
      settings,
      steps: kept.map((request) => stepOf(request, first.time)),
    },
    requests: kept.length,
    problems,
    problemCount,
  };
}

type Refuse = (place: string, message: string) => void;

/** One browser's requests: the first host of a HAR, the busiest client of a log. */
function ofOne(found: readonly Found[], har: boolean, refuse: Refuse): Found[] {
  const counts = new Map<string, number>();
  for (const { who } of found) counts.set(who, (counts.get(who) ?? 0) + 1);
  const [first] = counts.keys();
  const busiest = [...counts].reduce<[string, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    ["", 0],
  )[0];
  const chosen = har ? first : busiest;
  const rest = found.length - (counts.get(chosen ?? "") ?? 0);
  if (rest > 0)
    refuse(
      "file",
      `${rest} requests of ${counts.size - 1} other ${har ? "hosts" : "clients"} are left out.`,
    );
  return found.filter(({ who }) => who === chosen);
}

function stepOf({ time, method, path, status, secure }: Found, start: number): SimStep {
  const action = actionFor(method, path, status);
  return {
    at: (time - start) / 1000,
    request: {
      method,
      path,
      ...(status === 200 ? {} : { status }),
      ...(secure ? {} : { secure: false }),
      ...(action === null ? {} : { actions: [action] }),
    },
  };
}

/** A login answered with a redirect has succeeded; one answered with the form again has not. */
function actionFor(method: string, path: string, status: number): SimAction | null {
  if (/log_?out|sign_?out/i.test(path)) return method === "POST" ? { op: "logout" } : null;
  if (!/log_?in|sign_?in/i.test(path) || method !== "POST" || status < 300 || status > 399)
    return null;
  return { op: "login", user: '"1"', hash: '"imported"' };
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function logRequests(text: string, refuse: Refuse): Found[] {
  const found: Found[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    const made = logLine(line);
    if (typeof made === "string") refuse(`line ${number}`, made);
    else found.push(made);
  }
  return found;
}

/** A request, or what is wrong with the line. */
function logLine(line: string): Found | string {
  if (line.length > 20_000) return "The line is longer than 20,000 characters.";
  const parts = /^(\S+) \S+ .{0,200}?\[([^\]]{1,60})\] "(\S+) (\S+)[^"]{0,40}" (\d{3}) /.exec(
    `${line} `,
  );
  if (parts === null) return "This is no line of the common or combined format.";
  const [, who = "", date = "", method = "", target = "", status = ""] = parts;
  const time = logTime(date);
  if (time === null)
    return `The time "${date}" cannot be read; it looks like 10/Oct/2026:13:55:36 +0200.`;
  const path = pathOf(target);
  if (path === null) return `"${target.slice(0, 60)}" is no path.`;
  return { time, method: method.slice(0, 20), path, status: Number(status), secure: true, who };
}

function logTime(text: string): number | null {
  const parts =
    /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,6}))? ([+-])(\d{2})(\d{2})$/.exec(
      text,
    );
  if (parts === null) return null;
  const [
    ,
    day = "",
    month = "",
    year = "",
    hours = "",
    minutes = "",
    seconds = "",
    fraction = "",
    sign = "",
    zoneHours = "",
    zoneMinutes = "",
  ] = parts;
  const index = months.indexOf(month.toLowerCase());
  if (
    index < 0 ||
    Number(day) < 1 ||
    Number(day) > 31 ||
    Number(hours) > 23 ||
    Number(minutes) > 59 ||
    Number(seconds) > 60
  )
    return null;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1);
  const local = Date.UTC(
    Number(year),
    index,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
  );
  return local - offset * 60_000 + Math.floor(Number(`0.${fraction || 0}`) * 1000);
}

function pathOf(target: string): string | null {
  const path = target.startsWith("/")
    ? target
    : URL.canParse(target)
      ? new URL(target).pathname
      : null;
  return path === null ? null : (path.split("?")[0] ?? "").slice(0, MOST_PATH) || "/";
}

function harRequests(text: string, refuse: Refuse): Found[] {
  const entries = harEntries(text);
  const found: Found[] = [];
  for (const [index, entry] of entries.entries()) {
    const made = harEntry(entry);
    if (typeof made === "string") refuse(`entry ${index + 1}`, made);
    else if (made !== null) found.push(made);
  }
  return found;
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function harEntries(text: string): unknown[] {
  let har: unknown;
  try {
    har = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw jsonProblem(text, error);
  }
  const { entries } = objectOf(objectOf(har)["log"]);
  if (!Array.isArray(entries))
    throw problem("unknown_format", "The file is JSON but no HAR: log.entries is missing.");
  return entries;
}

function jsonProblem(text: string, error: unknown): ProblemError {
  if (!(error instanceof SyntaxError)) throw error;
  const offset = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length);
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  return problem(
    "bad_json",
    `The HAR file is no JSON, or is cut (line ${line}, column ${column}).`,
    undefined,
    { offset, line, column },
  );
}

const own = /\.(css|js|mjs|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|map|mp4|webm)$/i;

/** A request; null for one no session is asked for: static files, data URLs; or what is wrong. */
function harEntry(entry: unknown): Found | string | null {
  const { startedDateTime, request, response } = objectOf(entry);
  const { method, url } = objectOf(request);
  const status = objectOf(response)["status"];
  const time = typeof startedDateTime === "string" ? Date.parse(startedDateTime) : Number.NaN;
  if (Number.isNaN(time)) return "startedDateTime is missing or no date.";
  if (typeof method !== "string" || typeof url !== "string" || !URL.canParse(url))
    return "request.method or request.url is missing or broken.";
  const { protocol, pathname, host } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return null;
  if (own.test(pathname)) return null;
  const code = typeof status === "number" && status >= 100 && status <= 599 ? status : null;
  if (code === null) return `response.status is ${String(status)}: the request was not answered.`;
  return {
    time,
    method: method.slice(0, 20),
    path: pathname.slice(0, MOST_PATH),
    status: code,
    secure: protocol === "https:",
    who: host,
  };
}
