/** Changes to a scenario's steps, as functions of the scenario. Steps stay in the order of their times. */
import {
  type ActionName,
  actionMembers,
  type SimAction,
  type SimScenario,
  type SimStep,
} from "../../../shared/scenario.ts";

export type StepKind =
  | "request"
  | "closeBrowser"
  | "clearsessions"
  | "clearCache"
  | "deleteSession"
  | "deleteRow";

export const stepKinds: { id: StepKind; text: string }[] = [
  { id: "request", text: "Request" },
  { id: "closeBrowser", text: "Browser closes" },
  { id: "clearsessions", text: "clearsessions runs" },
  { id: "clearCache", text: "Cache loses everything" },
  { id: "deleteSession", text: "Session is deleted elsewhere" },
  { id: "deleteRow", text: "Row or file is deleted by hand" },
];

export const kindOf = (step: SimStep): StepKind =>
  stepKinds.find(({ id }) => step[id] !== undefined)?.id ?? "request";

export function stepOf(kind: StepKind, at: number, like?: SimStep): SimStep {
  if (kind === "deleteSession" || kind === "deleteRow") return { at, [kind]: "jar" };
  if (kind !== "request") return { at, [kind]: true };
  const request = like?.request ?? {
    method: "GET",
    path: "/",
    actions: [actionOf("increment")],
  };
  return { at, request };
}

/** An action with its members filled in so that it can run at once. */
export function actionOf(op: ActionName): SimAction {
  const filled: Record<string, string> = {
    key: '"counter"',
    value: op === "update" ? "{}" : "1",
    field: '"field"',
    user: '"1"',
    hash: '"hash"',
  };
  const action: SimAction = { op };
  for (const member of actionMembers[op].needs) action[member] = filled[member] ?? "null";
  if (op === "setExpiry") action["seconds"] = "300";
  return action;
}

const withSteps = (scenario: SimScenario, steps: SimStep[]): SimScenario => ({
  ...scenario,
  steps,
});

/** Puts a step behind those of its time or before. Gives its place. */
function insert(steps: SimStep[], step: SimStep): [SimStep[], number] {
  const after = steps.findIndex((one) => one.at > step.at);
  const index = after === -1 ? steps.length : after;
  return [[...steps.slice(0, index), step, ...steps.slice(index)], index];
}

/** A new step; a request is like the one before it. Gives the scenario and the step's place. */
export function addStep(scenario: SimScenario, kind: StepKind, at: number): [SimScenario, number] {
  const before = scenario.steps.findLast((step) => step.request && step.at <= at);
  const [steps, index] = insert(scenario.steps, stepOf(kind, at, before));
  return [withSteps(scenario, steps), index];
}

export function moveStep(scenario: SimScenario, index: number, at: number): [SimScenario, number] {
  const step = scenario.steps[index];
  if (!step || step.at === at) return [scenario, index];
  const [steps, next] = insert(scenario.steps.toSpliced(index, 1), { ...step, at });
  return [withSteps(scenario, steps), next];
}

export const removeStep = (scenario: SimScenario, index: number): SimScenario =>
  withSteps(scenario, scenario.steps.toSpliced(index, 1));

export const replaceStep = (scenario: SimScenario, index: number, step: SimStep): SimScenario =>
  withSteps(scenario, scenario.steps.with(index, step));

export function duplicateStep(scenario: SimScenario, index: number): [SimScenario, number] {
  const step = scenario.steps[index];
  if (!step) return [scenario, index];
  return [withSteps(scenario, scenario.steps.toSpliced(index + 1, 0, step)), index + 1];
}

/** Two neighbours change places; each takes the other's time. */
export function swapSteps(scenario: SimScenario, index: number, by: -1 | 1): [SimScenario, number] {
  const [one, other] = [scenario.steps[index], scenario.steps[index + by]];
  if (!one || !other) return [scenario, index];
  const steps = scenario.steps
    .with(index, { ...other, at: one.at })
    .with(index + by, { ...one, at: other.at });
  return [withSteps(scenario, steps), index + by];
}
