/**
 * A scenario: settings, and steps on a virtual clock. As a file it is JSON; values beyond JSON are tagged.
 *
 *     { "title": "counter with 30 s", "django": "5.2", "start": "2026-01-01T00:00:00Z",
 *       "settings": { "SESSION_COOKIE_AGE": 30 }, "keys": ["…32 characters…"],
 *       "steps": [ { "at": 0, "request": { "actions": [ { "op": "increment", "key": "counter" } ] } },
 *                  { "at": 40, "clearsessions": true } ] }
 *
 * A file holds one, an array of them, or one a line.
 */
import { type ActionName, actionMembers } from "../../shared/scenario.ts";
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import {
  type DjangoVersion,
  djangoVersions,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from "../engine/settings.ts";
import { instant, MAX_WALL, type Micros, microsOfSeconds } from "../engine/time.ts";
import { ProblemError, problem } from "../problem.ts";
import { readTagged } from "../python/tagged.ts";
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";

/** What a view does with its session; `given` holds the other members of the action. */
export interface Action {
  readonly op: ActionName;
  readonly given: PyDict;
}

export interface RequestStep {
  readonly method: string;
  readonly path: string;
  readonly secure: boolean;
  /** What the browser would send; nothing, or a value of its own, both of which bypass the jar in both directions. */
  readonly cookie: "jar" | "none" | { readonly value: string };
  readonly actions: readonly Action[];
  readonly status: number;
  /** Left out while the browser's cookie leads to a session with a signed-in user. */
  readonly unlessSignedIn: boolean;
}

/** A session that is there at the start. */
export interface Initial {
  /** Null: the first key handed out. */
  readonly key: string | null;
  readonly data: PyDict;
  readonly saved: Micros;
  /** What the store says of its end; null: as Django would have written it. */
  readonly expires: Micros | null;
  /** Whether the browser holds its cookie. */
  readonly cookie: boolean;
}

export type Step = { readonly at: number } & (
  | { readonly request: RequestStep }
  | { readonly event: "closeBrowser" | "clearsessions" | "clearCache" }
  | { readonly event: "deleteSession" | "deleteRow"; readonly key: string }
);

export interface Scenario {
  readonly title: string;
  readonly django: DjangoVersion;
  readonly start: Micros;
  readonly settings: Settings;
  /** Session keys in the order they are handed out. */
  readonly keys: readonly string[];
  readonly initial: Initial | null;
  readonly steps: readonly Step[];
}

/** The version of the format this reads and writes. */
export const FORMAT = 1;
/** Characters of a file, steps of a scenario, actions of a request. */
const MOST_TEXT = 64 * 1024 * 1024;
const MOST_STEPS = 100_000;
const MOST_ACTIONS = 1000;

const bad = (what: string, where: string) => problem("bad_request", `${where}: ${what}.`);
const tooLarge = (what: string, where: string) => problem("too_large", `${where}: ${what}.`);

/**
 * The values of a file: one, an array's items, or one a line. Throws bad_json where it is no JSON, with line and
 * column, too_large beyond 64 MB, bad_request where it holds nothing.
 */
export function readFile(text: string): PyValue[] {
  if (text.length > MOST_TEXT)
    throw tooLarge(`it has ${text.length} characters, at most ${MOST_TEXT} are read`, "file");
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  const lines = plain.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw bad("it is empty", "file");
  const oneALine =
    lines.length > 1 && lines.slice(0, -1).every((line) => /^\s*\{.*\}\s*$/.test(line));
  const values = oneALine
    ? plain.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : readLine(line, index)))
    : [readTagged(plain)].flatMap((value) => (Array.isArray(value) ? value : [value]));
  if (values.length === 0) throw bad("it holds no scenario", "file");
  return values;
}

/** One line's value; a problem counts lines from the start of the file. */
function readLine(text: string, index: number): PyValue {
  try {
    return readTagged(text);
  } catch (error) {
    const detail = error instanceof ProblemError ? error.problem.detail : undefined;
    if (!(error instanceof ProblemError) || typeof detail?.["column"] !== "number") throw error;
    const { code, message } = error.problem;
    const said = message.replace(/ \(line \d+, column \d+\)\.$/, "");
    const place = { line: index + 1, column: detail["column"] };
    throw problem(code, `${said} (line ${place.line}, column ${place.column}).`, undefined, place);
  }
}

/** The scenarios of a file. Throws what readFile throws, bad_request or bad_setting where it is no scenario. */
export const readScenarios = (text: string): Scenario[] =>
  readFile(text).map((value, index) => readScenario(value, `scenario ${index + 1}`));

/** One scenario, already parsed. */
export function readScenario(value: PyValue, where = "scenario"): Scenario {
  const given = dict(value, where);
  only(
    given,
    ["title", "note", "format", "django", "start", "settings", "keys", "initial", "steps"],
    where,
  );
  const format = given.get("format") ?? FORMAT;
  if (format !== FORMAT)
    throw bad(`its format is ${String(format)}, this version reads format ${FORMAT}`, where);
  const asked = text(given, "django", where, "5.2");
  const django = djangoVersions.find((known) => asked === known || asked.startsWith(`${known}.`));
  if (django === undefined)
    throw bad(`django "${asked}" is not one of ${djangoVersions.join(", ")}`, where);
  const start = instantOf(given.get("start") ?? "2026-01-01T00:00:00Z", `${where}: start`);
  const steps = list(given.get("steps") ?? null, `${where}: steps`);
  if (steps.length > MOST_STEPS)
    throw tooLarge(`it has ${steps.length} steps, at most ${MOST_STEPS} are run`, where);
  text(given, "note", where, "");
  return {
    title: text(given, "title", where, ""),
    django,
    start,
    settings: readSettings(given, django, where),
    keys: list(given.get("keys") ?? [], `${where}: keys`).map((key) => {
      if (typeof key !== "string") throw bad("keys must be texts", where);
      return key;
    }),
    initial: given.has("initial")
      ? readInitial(given.get("initial") ?? null, start, `${where}: initial`)
      : null,
    steps: readSteps(steps, start, where),
  };
}

/** Settings with Django's defaults, problems with their place. */
function readSettings(given: PyDict, django: DjangoVersion, where: string): Settings {
  const settings = plain(dict(given.get("settings") ?? new Map(), `${where}: settings`));
  try {
    return resolveScenarioSettings(settings as GivenSettings, django);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, hint, detail } = error.problem;
    throw problem(code, `${where}: ${message}`, hint, detail);
  }
}

/** What scenarios sign with unless they name a key. */
export const SCENARIO_KEY = "insecure-scenario-key";

/** Django's defaults, and a scenario's own: a secret key, USE_TZ, UTC. Throws bad_setting. */
export const resolveScenarioSettings = (given: GivenSettings, django: DjangoVersion): Settings =>
  resolveSettings({ SECRET_KEY: SCENARIO_KEY, USE_TZ: true, TIME_ZONE: "UTC", ...given }, django);

function readInitial(value: PyValue, start: Micros, where: string): Initial {
  const given = dict(value, where);
  only(given, ["key", "data", "saved", "expires", "cookie"], where);
  const saved = given.has("saved")
    ? instantOf(given.get("saved") ?? null, `${where}: saved`)
    : start;
  if (saved > start) throw bad("saved lies after the start", where);
  const key = given.get("key") ?? null;
  if (key !== null && typeof key !== "string") throw bad("key must be a text", where);
  return {
    key,
    data: dict(given.get("data") ?? null, `${where}: data`),
    saved,
    expires: given.has("expires")
      ? instantOf(given.get("expires") ?? null, `${where}: expires`)
      : null,
    cookie: given.get("cookie") !== false,
  };
}

/** Steps in their order; a clock does not go back, and Python's ends with the year 9999. */
function readSteps(values: PyValue[], start: Micros, where: string): Step[] {
  let before = 0;
  return values.map((value, index) => {
    const place = `${where}, step ${index + 1}`;
    const step = readStep(value, place);
    if (step.at < 0) throw bad(`at is ${step.at}, which lies before the start`, place);
    if (step.at < before)
      throw bad(`at is ${step.at}, which lies before the step above it (${before})`, place);
    if (start + microsOfSeconds(step.at) > MAX_WALL)
      throw bad(`at is ${step.at}, which lies after the year 9999`, place);
    before = step.at;
    return step;
  });
}

const events = ["closeBrowser", "clearsessions", "clearCache"] as const;
const deletions = ["deleteSession", "deleteRow"] as const;

function readStep(value: PyValue, where: string): Step {
  const given = dict(value, where);
  only(given, ["at", "request", ...events, ...deletions], where);
  const at = numberOf(given.get("at") ?? 0);
  if (at === undefined || !Number.isFinite(at)) throw bad("at must be a number of seconds", where);
  const [kind, another] = [...given.keys()].filter(
    (name) => name !== "at" && given.get(name) !== false,
  );
  if (another !== undefined) throw bad(`it is both ${kind} and ${another}`, where);
  if (kind === "request") return { at, request: readRequest(given.get("request") ?? null, where) };
  for (const event of deletions)
    if (kind === event) return { at, event, key: text(given, event, where, "jar") };
  for (const event of events) if (kind === event && given.get(event) === true) return { at, event };
  throw bad(
    "a step is one of request, closeBrowser, clearsessions, deleteSession, deleteRow, clearCache",
    where,
  );
}

const requestNames = [
  "method",
  "path",
  "secure",
  "cookie",
  "actions",
  "status",
  "unlessSignedIn",
] as const;

function readRequest(value: PyValue, where: string): RequestStep {
  const given = dict(value, where);
  only(given, requestNames, where);
  const cookie = given.get("cookie") ?? "jar";
  const sent = isDict(cookie) ? cookie.get("value") : cookie;
  if (typeof sent !== "string" || (!isDict(cookie) && sent !== "jar" && sent !== "none"))
    throw bad('cookie must be "jar", "none" or {"value": text}', where);
  const status = numberOf(given.get("status") ?? 200);
  if (status === undefined || !Number.isInteger(status) || status < 100 || status > 599)
    throw bad("status must be a whole number from 100 to 599", where);
  const actions = list(given.get("actions") ?? [], `${where}: actions`);
  if (actions.length > MOST_ACTIONS)
    throw tooLarge(`it has ${actions.length} actions, at most ${MOST_ACTIONS} are run`, where);
  return {
    method: text(given, "method", where, "GET"),
    path: text(given, "path", where, "/"),
    secure: given.get("secure") !== false,
    cookie: isDict(cookie) ? { value: sent } : sent === "none" ? "none" : "jar",
    actions: actions.map((action, index) => readAction(action, `${where}, action ${index + 1}`)),
    status,
    unlessSignedIn: given.get("unlessSignedIn") === true,
  };
}

function readAction(value: PyValue, where: string): Action {
  const given = dict(value, where);
  const op = text(given, "op", where, "");
  if (!isActionName(op)) throw bad(`no action is called "${op}"`, where);
  const { needs, takes } = actionMembers[op];
  for (const member of needs) if (!given.has(member)) throw bad(`${op} needs "${member}"`, where);
  only(given, ["op", ...needs, ...takes], where);
  if (op === "update") dict(given.get("value") ?? null, `${where}: value`);
  if (op === "setExpiry") checkExpiry(given, where);
  return { op, given };
}

function checkExpiry(given: PyDict, where: string): void {
  if (given.has("datetime")) instantOf(given.get("datetime") ?? null, `${where}: datetime`);
  else if (given.has("timedelta")) {
    if (numberOf(given.get("timedelta") ?? null) === undefined)
      throw bad("timedelta must be a number of seconds", where);
  } else if (!given.has("seconds"))
    throw bad("setExpiry needs seconds, timedelta or datetime", where);
}

const isActionName = (op: string): op is ActionName => Object.hasOwn(actionMembers, op);

/** An ISO 8601 text with an offset, as an instant. */
function instantOf(value: PyValue, where: string): Micros {
  if (typeof value !== "string") throw bad("must be an ISO 8601 text", where);
  try {
    return instant(parseIso(value), "UTC");
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    throw bad(`"${value}" is no ISO 8601 date and time`, where);
  }
}

/** A misspelt member would be without effect, and nobody would know. */
function only(given: PyDict, names: readonly string[], where: string): void {
  for (const name of given.keys())
    if (!names.includes(String(name)))
      throw bad(`"${String(name).slice(0, 60)}" means nothing here`, where);
}

function dict(value: PyValue, where: string): PyDict {
  if (!isDict(value)) throw bad("must be an object", where);
  return value;
}

function list(value: PyValue, where: string): PyValue[] {
  if (!Array.isArray(value)) throw bad("must be an array", where);
  return value;
}

function text(given: PyDict, name: string, where: string, fallback: string): string {
  const value = given.get(name) ?? fallback;
  if (typeof value !== "string") throw bad(`${name} must be a text`, where);
  return value;
}

/** A Python number that is small enough to count with. */
export const numberOf = (value: PyValue): number | undefined =>
  typeof value === "number" ? value : value instanceof PyFloat ? value.value : undefined;

/** Settings as plain JavaScript values. */
export const plain = (value: PyValue): unknown => {
  if (isDict(value))
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return numberOf(value) ?? value;
};

/** The instant of a step. */
export const timeOf = (scenario: Scenario, step: Step): Micros =>
  scenario.start + microsOfSeconds(step.at);
