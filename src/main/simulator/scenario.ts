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
import { PythonError } from "../engine/errors.ts";
import { parseIso } from "../engine/iso.ts";
import {
  type DjangoVersion,
  djangoVersions,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from "../engine/settings.ts";
import { instant, type Micros, microsOfSeconds } from "../engine/time.ts";
import { problem } from "../problem.ts";
import { readTagged } from "../python/tagged.ts";
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";

/** What a view does with its session; `given` holds the other members of the action. */
export interface Action {
  readonly op: ActionName;
  readonly given: PyDict;
}

/** Every action with the members it must have. */
export const actionMembers = {
  set: ["key", "value"],
  setIn: ["key", "field", "value"],
  markModified: [],
  increment: ["key"],
  get: ["key"],
  getItem: ["key"],
  has: ["key"],
  delete: ["key"],
  pop: ["key"],
  setdefault: ["key", "value"],
  update: ["value"],
  clear: [],
  flush: [],
  cycleKey: [],
  keys: [],
  isEmpty: [],
  save: [],
  setExpiry: [],
  getExpiryAge: [],
  getExpiryDate: [],
  getExpireAtBrowserClose: [],
  setTestCookie: [],
  testCookieWorked: [],
  deleteTestCookie: [],
  login: ["user", "hash"],
  logout: [],
  deleteRow: [],
} as const satisfies Record<string, readonly string[]>;

export type ActionName = keyof typeof actionMembers;

export interface RequestStep {
  readonly method: string;
  readonly path: string;
  readonly secure: boolean;
  /** What the browser would send; nothing, or a value of its own, both of which bypass the jar in both directions. */
  readonly cookie: "jar" | "none" | { readonly value: string };
  readonly actions: readonly Action[];
  readonly status: number;
}

export type Step = { readonly at: number } & (
  | { readonly request: RequestStep }
  | { readonly event: "closeBrowser" | "clearsessions" | "clearCache" }
  | { readonly event: "deleteSession"; readonly key: string }
);

export interface Scenario {
  readonly title: string;
  readonly django: DjangoVersion;
  readonly start: Micros;
  readonly settings: Settings;
  /** Session keys in the order they are handed out. */
  readonly keys: readonly string[];
  readonly steps: readonly Step[];
}

const bad = (what: string, where: string) => problem("bad_request", `${where}: ${what}.`);

/** The scenarios of a file. Throws bad_json where it is no JSON, bad_request or bad_setting where it is no scenario. */
export function readScenarios(text: string): Scenario[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const values =
    lines.length > 1 &&
    lines.every((line) => line.trim().startsWith("{") && line.trim().endsWith("}"))
      ? lines.map((line) => readTagged(line))
      : [readTagged(text)].flatMap((value) => (Array.isArray(value) ? value : [value]));
  return values.map((value, index) => readScenario(value, `scenario ${index + 1}`));
}

/** One scenario, already parsed. */
export function readScenario(value: PyValue, where = "scenario"): Scenario {
  const given = dict(value, where);
  const asked = text(given, "django", where, "5.2");
  const django = djangoVersions.find((known) => asked === known || asked.startsWith(`${known}.`));
  if (django === undefined)
    throw bad(`django "${asked}" is not one of ${djangoVersions.join(", ")}`, where);
  const settings = plain(given.get("settings") ?? new Map()) as GivenSettings;
  return {
    title: text(given, "title", where, ""),
    django,
    start: instantOf(given.get("start") ?? "2026-01-01T00:00:00Z", `${where}: start`),
    settings: resolveSettings(
      { SECRET_KEY: "insecure-scenario-key", USE_TZ: true, TIME_ZONE: "UTC", ...settings },
      django,
    ),
    keys: list(given.get("keys") ?? [], `${where}: keys`).map((key) => {
      if (typeof key !== "string") throw bad("keys must be texts", where);
      return key;
    }),
    steps: list(given.get("steps") ?? null, `${where}: steps`).map((step, index) =>
      readStep(step, `${where}, step ${index + 1}`),
    ),
  };
}

function readStep(value: PyValue, where: string): Step {
  const given = dict(value, where);
  const at = numberOf(given.get("at") ?? 0);
  if (at === undefined) throw bad("at must be a number of seconds", where);
  if (given.has("request"))
    return { at, request: readRequest(given.get("request") ?? null, where) };
  for (const event of ["closeBrowser", "clearsessions", "clearCache"] as const)
    if (given.get(event) === true) return { at, event };
  if (given.has("deleteSession"))
    return { at, event: "deleteSession", key: text(given, "deleteSession", where, "jar") };
  throw bad(
    "a step is one of request, closeBrowser, clearsessions, deleteSession, clearCache",
    where,
  );
}

function readRequest(value: PyValue, where: string): RequestStep {
  const given = dict(value, where);
  const cookie = given.get("cookie") ?? "jar";
  const sent = isDict(cookie) ? cookie.get("value") : cookie;
  if (typeof sent !== "string" || (!isDict(cookie) && sent !== "jar" && sent !== "none"))
    throw bad('cookie must be "jar", "none" or {"value": text}', where);
  const status = numberOf(given.get("status") ?? 200);
  if (status === undefined || !Number.isInteger(status))
    throw bad("status must be a whole number", where);
  return {
    method: text(given, "method", where, "GET"),
    path: text(given, "path", where, "/"),
    secure: given.get("secure") !== false,
    cookie: isDict(cookie) ? { value: sent } : sent === "none" ? "none" : "jar",
    actions: list(given.get("actions") ?? [], `${where}: actions`).map((action, index) =>
      readAction(action, `${where}, action ${index + 1}`),
    ),
    status,
  };
}

function readAction(value: PyValue, where: string): Action {
  const given = dict(value, where);
  const op = text(given, "op", where, "");
  if (!isActionName(op)) throw bad(`no action is called "${op}"`, where);
  for (const member of actionMembers[op])
    if (!given.has(member)) throw bad(`${op} needs "${member}"`, where);
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
const plain = (value: PyValue): unknown => {
  if (isDict(value))
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return numberOf(value) ?? value;
};

/** The instant of a step. */
export const timeOf = (scenario: Scenario, step: Step): Micros =>
  scenario.start + microsOfSeconds(step.at);
