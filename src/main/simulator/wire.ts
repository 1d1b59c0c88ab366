/**
 * Scenarios between the page and the file: on their way to the page the Python values in them are tagged JSON texts,
 * since JavaScript's numbers cannot tell 1 from 1.0.
 *
 *     {"op": "set", "key": "n", "value": 1.0}   <->   { op: "set", key: '"n"', value: "1.0" }
 */
import type { SimScenario } from "../../shared/scenario.ts";
import { ProblemError, problem } from "../problem.ts";
import { readTagged, writeTagged } from "../python/tagged.ts";
import { isDict, type PyDict, PyFloat, type PyValue } from "../python/value.ts";
import { plain } from "./members.ts";
import { FORMAT, readFile, readScenario, type Scenario } from "./scenario.ts";

/** A scenario of the page, checked. Throws bad_json, bad_request, bad_setting, too_large, each with its place. */
export const scenarioOf = (given: SimScenario): Scenario => readScenario(pythonOf(given));

/** The scenarios of a file as the page has them. Throws as readScenarios does. */
export function readForPage(text: string): SimScenario[] {
  return readFile(text).map((value, index) => {
    readScenario(value, `scenario ${index + 1}`);
    return pageOf(value as PyDict);
  });
}

/** The text of a file: one scenario as an object, several as an array. Throws as readScenario does. */
export function fileText(scenarios: readonly SimScenario[]): string {
  const values = scenarios.map((given) => {
    const value = pythonOf(given);
    readScenario(value);
    const { title, rest } = split(value);
    return new Map<PyValue, PyValue>([["title", title], ["format", FORMAT], ...rest]);
  });
  const [first = null] = values;
  return `${writeTagged(values.length === 1 ? first : values, { indent: 2 })}\n`;
}

function split(value: PyDict): { title: PyValue; rest: [PyValue, PyValue][] } {
  const rest = [...value].filter(([name]) => name !== "title" && name !== "format");
  return { title: value.get("title") ?? "", rest };
}

/** The file's value of a page's scenario. Throws bad_json with its place for a text that is no tagged JSON. */
export function pythonOf(given: SimScenario): PyDict {
  const { initial, steps, ...rest } = given;
  const value = dictOf(rest);
  if (initial !== undefined) {
    const { data, ...others } = initial;
    value.set("initial", dictOf(others).set("data", literal(data, "scenario: initial: data")));
  }
  return value.set(
    "steps",
    steps.map(({ request, ...others }, index): PyValue => {
      const step = dictOf(others);
      if (request === undefined) return step;
      const { actions, ...about } = request;
      const asked = dictOf(about);
      if (actions !== undefined)
        asked.set(
          "actions",
          actions.map(({ op, ...members }, number): PyValue => {
            const place = `scenario, step ${index + 1}, action ${number + 1}`;
            return new Map<PyValue, PyValue>([
              ["op", op],
              ...Object.entries(members).map(([name, text]): [PyValue, PyValue] => [
                name,
                literal(text, `${place}: ${name}`),
              ]),
            ]);
          }),
        );
      return step.set("request", asked);
    }),
  );
}

function literal(text: unknown, where: string): PyValue {
  try {
    return readTagged(String(text));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, detail } = error.problem;
    throw problem(code, `${where}: ${message}`, undefined, detail);
  }
}

const dictOf = (given: object): PyDict =>
  new Map(
    Object.entries(given).flatMap(([name, part]): [PyValue, PyValue][] =>
      part === undefined ? [] : [[name, plainValue(part)]],
    ),
  );

/** JSON out of JavaScript. */
function plainValue(given: unknown): PyValue {
  if (typeof given === "number") return Number.isInteger(given) ? given : new PyFloat(given);
  if (typeof given === "string" || typeof given === "boolean" || given === null) return given;
  if (Array.isArray(given)) return given.map(plainValue);
  if (typeof given === "object" && given !== null) return dictOf(given);
  return null;
}

/** A checked value of a file as the page has it. */
function pageOf(value: PyDict): SimScenario {
  const { title, rest } = split(value);
  const given = new Map<PyValue, PyValue>([["title", title], ...rest]);
  const initial = given.get("initial");
  const steps = given.get("steps");
  given.delete("initial");
  given.delete("steps");
  return {
    ...(plain(given) as object),
    ...(isDict(initial) ? { initial: initialOf(initial) } : {}),
    steps: (Array.isArray(steps) ? steps : []).map(stepOf),
  } as SimScenario;
}

function initialOf(value: PyDict): object {
  const { data: _, ...others } = plain(value) as Record<string, unknown>;
  return { ...others, data: writeTagged(value.get("data") ?? null) };
}

function stepOf(value: PyValue): object {
  if (!isDict(value)) return {};
  const request = value.get("request");
  const others = new Map([...value].filter(([name, part]) => name !== "request" && part !== false));
  const step = { at: 0, ...(plain(others) as object) };
  if (!isDict(request)) return step;
  const actions = request.get("actions");
  const about = new Map([...request].filter(([name]) => name !== "actions"));
  return {
    ...step,
    request: {
      ...(plain(about) as object),
      ...(Array.isArray(actions) ? { actions: actions.map(actionOf) } : {}),
    },
  };
}

const actionOf = (value: PyValue): object =>
  isDict(value)
    ? Object.fromEntries(
        [...value].map(([name, part]) => [String(name), name === "op" ? part : writeTagged(part)]),
      )
    : {};
