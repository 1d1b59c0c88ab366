/**
 * A scenario as a test for the user's own Django project: a plain Python file with one TestCase. It drives the real
 * SessionMiddleware and the project's own engines with the scenario's settings, on a clock and with keys of its own,
 * and asserts what the simulator's timeline says.
 *
 * What a project's caches and folders hold is left alone: the test has its own in-memory cache and its own folder.
 * Values beyond JSON cannot be written in the test; a scenario that has some is refused.
 */

import { problem } from "../problem.ts";
import { pyRepr } from "../python/repr.ts";
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { testCode } from "./export-template.ts";
import { runScenario } from "./run.ts";
import { type Action, SCENARIO_KEY, type Scenario, timeOf } from "./scenario.ts";
import { isRequestRecord, type TimelineRecord } from "./timeline.ts";

const MOST_STEPS = 2000;
const indent = (lines: readonly string[], by: number): string =>
  lines.map((line) => (line === "" ? "" : " ".repeat(by) + line)).join("\n");

/** Throws unsupported for what a test cannot hold, and what running the scenario throws. */
export async function exportTest(scenario: Scenario): Promise<{ fileName: string; text: string }> {
  if (scenario.steps.length > MOST_STEPS)
    throw problem(
      "too_large",
      `The scenario has ${scenario.steps.length} steps; a test takes ${MOST_STEPS}.`,
    );
  const { timeline, django } = await runScenario(scenario);
  const name = scenario.title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 60);
  const steps = [
    ...beginning(scenario),
    ...scenario.steps.flatMap((step, index) => {
      const record = timeline[index];
      if (record === undefined) throw new Error("a step without a record");
      return stepLines(scenario, step, record);
    }),
  ];
  const text = testCode({
    title: scenario.title.replace(/["\\\n]/g, " "),
    className: `${camel(name)}Test`,
    method: `test_${name === "" ? "scenario" : name}`,
    django,
    settings: indent(settingLines(scenario), 4),
    keys: pyRepr([...scenario.keys], 100_000),
    steps: indent(steps, 8),
  });
  return { fileName: `test_${name === "" ? "scenario" : name}.py`, text };
}

const camel = (name: string): string =>
  name
    .split("_")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("")
    .replace(/^(?=\d)/, "Scenario") || "Scenario";

const leftOut = [
  "SECRET_KEY_FALLBACKS",
  "CSRF_USE_SESSIONS",
  "MESSAGE_STORAGE",
  "SESSION_FILE_PATH",
];

/** Every session setting in full, so that the project's own do not show through. */
function settingLines({ settings, django }: Scenario): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (leftOut.includes(name)) return [];
    // A key of the user's own stays where it is; the scenarios' common one makes cookies in them readable.
    if (name === "SECRET_KEY" && value !== SCENARIO_KEY) return [];
    if (name === "DEFAULT_HASHING_ALGORITHM" && django !== "3.2") return [];
    return [`${JSON.stringify(name)}: ${python(fromJs(value))},`];
  });
}

function fromJs(value: unknown): PyValue {
  if (typeof value === "number") return Number.isInteger(value) ? value : new PyFloat(value);
  if (Array.isArray(value)) return value.map(fromJs);
  if (typeof value === "object" && value !== null)
    return new Map(
      Object.entries(value).map(([key, item]): [PyValue, PyValue] => [key, fromJs(item)]),
    );
  return value as PyValue;
}

/** Python's literal. Throws unsupported for what has none. */
function python(value: PyValue): string {
  const plain =
    value === null ||
    ["string", "number", "bigint", "boolean"].includes(typeof value) ||
    (value instanceof PyFloat && Number.isFinite(value.value));
  if (plain) return pyRepr(value, 10_000_000);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (isDict(value))
    return `{${[...value].map(([key, item]) => `${python(key)}: ${python(item)}`).join(", ")}}`;
  throw problem(
    "unsupported",
    "The scenario holds a value beyond JSON, which the test cannot write as a literal.",
  );
}

function stepLines(
  scenario: Scenario,
  step: Scenario["steps"][number],
  record: TimelineRecord,
): string[] {
  const at = `self.at(${Number(timeOf(scenario, step))})`;
  if (!isRequestRecord(record)) {
    if (record.event === "skipped") return [`# ${step.at} s: left out, the user is signed in`];
    const key = "event" in step && "key" in step ? `, ${python(step.key)}` : "";
    return [at, `self.${snake(record.event)}(${key.slice(2)})`, ...held(record), ""];
  }
  if (!("request" in step)) throw new Error("a request's record without a request");
  const { request } = step;
  const { response, results, cookieSent } = record;
  const cookie =
    request.cookie === "jar"
      ? ""
      : `, cookie=${request.cookie === "none" ? "None" : python(request.cookie.value)}`;
  return [
    at,
    `response = self.request(${python(request.method)}, ${python(request.path)}, [`,
    ...request.actions.map((action) => `    ${actionLine(action)},`),
    `], status=${request.status}, secure=${python(request.secure)}${cookie})`,
    `self.assertEqual(self.sent, ${python(masked(cookieSent, scenario))})`,
    `self.assertEqual(self.results, ${python(results.map((result) => result))})`,
    `self.assertEqual(response.status_code, ${response.status})`,
    `self.assertEqual(self.cookies(response), ${python(response.setCookie.map((header) => header.replace(/^[^=]*=[^;]*/, "")))})`,
    ...(signed(scenario) ? [] : [`self.assertEqual(self.key, ${python(record.session.key)})`]),
    ...held(record),
    "",
  ];
}

/** The session that is there at the start. */
function beginning({ initial }: Scenario): string[] {
  if (initial === null) return [];
  const { saved, data, key, expires, cookie } = initial;
  const end = expires === null ? "None" : String(expires);
  return [
    `self.at(${saved})`,
    `self.begin(${python(data)}, ${python(key)}, ${end}, ${python(cookie)})`,
    "",
  ];
}

const signed = ({ settings }: Scenario): boolean =>
  settings.SESSION_ENGINE.endsWith("signed_cookies");

/** A signed cookie's bytes depend on the project's key; that one was sent is what counts. */
const masked = (sent: string | null, scenario: Scenario): PyValue =>
  sent !== null && signed(scenario) ? "signed" : sent;

/** What is stored after the step: keys, ends and data; for caches and files keys and data. */
function held({ store }: TimelineRecord): string[] {
  const lines: string[] = [];
  if (store.rows !== undefined)
    lines.push(
      `self.assertEqual(self.rows(), ${python(store.rows.map(({ key, expires, data }) => [key, expires, data]))})`,
    );
  if (store.cache !== undefined)
    lines.push(`self.assertEqual(self.cached(), ${python(store.cache.map(({ data }) => data))})`);
  if (store.files !== undefined)
    lines.push(
      `self.assertEqual(self.files(), ${python(store.files.map(({ file, data }) => [file, data]))})`,
    );
  return lines;
}

function actionLine({ op, given }: Action): string {
  const members = [...given].filter(([name]) => name !== "op");
  return `(${[python(snake(op)), python(new Map(members) as PyDict)].join(", ")})`;
}

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
