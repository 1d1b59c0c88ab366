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
import type { ActionName } from "../../shared/scenario.ts";
import {
  type DjangoVersion,
  djangoVersions,
  type GivenSettings,
  resolveSettings,
  type Settings,
} from "../engine/settings.ts";
import { type Micros, microsOfSeconds } from "../engine/time.ts";
import { ProblemError, problem } from "../problem.ts";
import { readTagged } from "../python/tagged.ts";
import type { PyDict, PyValue } from "../python/value.ts";
import { bad, dict, instantOf, list, only, plain, text, tooLarge } from "./members.ts";
import { readSteps } from "./scenario-steps.ts";

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
/** Characters of a file. */
const MOST_TEXT = 64 * 1024 * 1024;

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

/** The instant of a step. */
export const timeOf = (scenario: Scenario, step: Step): Micros =>
  scenario.start + microsOfSeconds(step.at);
