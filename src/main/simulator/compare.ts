/** The same steps under several policies. */
import type { SimRun } from "../../shared/run.ts";
import type { Policy, SimScenario } from "../../shared/scenario.ts";
import { ProblemError, problem } from "../problem.ts";
import { tellRun } from "./story.ts";
import { scenarioOf } from "./wire.ts";

/** A policy's settings go over the scenario's own. A problem says which policy it is about. */
export async function compare(
  scenario: SimScenario,
  policies: readonly Policy[],
): Promise<{ name: string; run: SimRun }[]> {
  const runs: { name: string; run: SimRun }[] = [];
  for (const { name, settings } of policies)
    try {
      const own = { ...scenario, settings: { ...scenario.settings, ...settings } };
      runs.push({ name, run: await tellRun(scenarioOf(own)) });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, message, hint, detail } = error.problem;
      throw problem(code, `Policy "${name}": ${message}`, hint, { ...detail, policy: name });
    }
  return runs;
}
