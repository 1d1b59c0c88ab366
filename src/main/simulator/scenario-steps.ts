/** The steps of a scenario's file: requests with their actions, and events. */
import { type ActionName, actionMembers } from "../../shared/scenario.ts";
import { MAX_WALL, type Micros, microsOfSeconds } from "../engine/time.ts";
import { isDict, type PyDict, type PyValue } from "../python/value.ts";
import { bad, dict, instantOf, list, numberOf, only, text, tooLarge } from "./members.ts";
import type { Action, RequestStep, Step } from "./scenario.ts";

/** Steps of a scenario, actions of a request. */
const MOST_STEPS = 100_000;
const MOST_ACTIONS = 1000;

/**
 * Steps in their order; a clock does not go back, and Python's ends with the year 9999. Throws bad_request, too_large
 * beyond 100,000 steps.
 */
export function readSteps(values: PyValue[], start: Micros, where: string): Step[] {
  if (values.length > MOST_STEPS)
    throw tooLarge(`it has ${values.length} steps, at most ${MOST_STEPS} are run`, where);
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
