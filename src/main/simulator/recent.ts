/** The scenarios last asked for, read and with the checkpoints of their runs: the page asks for one step after another. */
import { hash } from "node:crypto";
import type { SimScenario } from "../../shared/scenario.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Scenario } from "./scenario.ts";
import { scenarioOf } from "./wire.ts";

/** Steps over all that are kept; the one asked for last always is. */
const MOST_STEPS = 100_000;

export interface Known {
  readonly scenario: Scenario;
  readonly checkpoints: Checkpoints;
}

export class RecentScenarios {
  /** By a digest of what was given, the one asked for last at the end. */
  readonly #known = new Map<string, Known>();

  get size(): number {
    return this.#known.size;
  }

  /** The scenario, checked. Throws as scenarioOf does. */
  of(given: SimScenario): Known {
    const digest = hash("sha256", JSON.stringify(given));
    const known = this.#known.get(digest) ?? {
      scenario: scenarioOf(given),
      checkpoints: new Checkpoints(),
    };
    this.#known.delete(digest);
    this.#known.set(digest, known);
    let steps = 0;
    for (const [key, { scenario }] of [...this.#known].reverse()) {
      steps += scenario.steps.length + 1;
      if (steps > MOST_STEPS && key !== digest) this.#known.delete(key);
    }
    return known;
  }
}
