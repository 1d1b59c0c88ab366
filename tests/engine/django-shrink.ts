/** Makes a failing scenario small: steps, then actions, then settings go as long as it still fails. */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonScenario = { [key: string]: Json };

/** `fails` is asked about candidates; none may take long. The scenario itself has to fail. */
export async function shrink(
  scenario: JsonScenario,
  fails: (candidate: JsonScenario) => Promise<boolean>,
): Promise<JsonScenario> {
  let smallest = scenario;
  for (let again = true; again; ) {
    again = false;
    for (const candidate of smaller(smallest))
      if (await fails(candidate)) {
        smallest = candidate;
        again = true;
        break;
      }
  }
  return smallest;
}

const without = (list: readonly Json[], index: number): Json[] =>
  list.filter((_, at) => at !== index);

/** Scenarios with one thing less, the largest things first. */
function* smaller(scenario: JsonScenario): Generator<JsonScenario> {
  const { steps, settings } = scenario;
  const list = Array.isArray(steps) ? steps : [];
  for (const index of list.keys()) yield { ...scenario, steps: without(list, index) };
  for (const [index, step] of list.entries())
    for (const request of smallerRequests(step)) {
      const changed = [...list];
      changed[index] = { ...(step as { [key: string]: Json }), request };
      yield { ...scenario, steps: changed };
    }
  for (const name of Object.keys(objectOf(settings))) {
    const { [name]: _, ...rest } = objectOf(settings);
    yield { ...scenario, settings: rest };
  }
}

function* smallerRequests(step: Json): Generator<Json> {
  const request = objectOf(objectOf(step)["request"]);
  const actions = Array.isArray(request["actions"]) ? request["actions"] : [];
  for (const index of actions.keys()) yield { ...request, actions: without(actions, index) };
  for (const name of Object.keys(request))
    if (name !== "actions") {
      const { [name]: _, ...rest } = request;
      yield rest;
    }
}

const objectOf = (value: Json | undefined): { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
