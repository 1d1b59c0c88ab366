/** The lab's model, its policies and its last result: kept while other views are looked at. */
import { create } from "zustand";
import type { LabModel, LabResult } from "../../../shared/lab.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { Policy, SimScenario } from "../../../shared/scenario.ts";
import { client, follow } from "../../client.ts";
import { startModel } from "./fields.ts";

interface Lab {
  model: LabModel;
  policies: Policy[];
  running: { visits: number; total: number } | null;
  result: LabResult | null;
  problem: Problem | null;
  stopped: boolean;
}

export const knownPolicies: Policy[] = [
  { name: "Django defaults", settings: {} },
  { name: "Fixed 30 minutes", settings: { SESSION_COOKIE_AGE: 1800 } },
  {
    name: "Sliding 30 minutes",
    settings: { SESSION_COOKIE_AGE: 1800, SESSION_SAVE_EVERY_REQUEST: true },
  },
  { name: "Sliding 2 weeks", settings: { SESSION_SAVE_EVERY_REQUEST: true } },
  { name: "Close with browser", settings: { SESSION_EXPIRE_AT_BROWSER_CLOSE: true } },
];

export const policyOf = (scenario: SimScenario): Policy => ({
  name: (scenario.title || "The simulator's policy").slice(0, 80),
  settings: scenario.settings ?? {},
});

export const useLab = create<Lab>(() => ({
  model: startModel,
  policies: knownPolicies.slice(0, 3),
  running: null,
  result: null,
  problem: null,
  stopped: false,
}));

let stop = () => {};

/** Runs the fleet in the host. Goes on while other views are shown. */
export function runLab(): void {
  stop();
  const { model, policies } = useLab.getState();
  const total = Math.round(model.visitsPerDay * model.days);
  useLab.setState({ running: { visits: 0, total }, problem: null, stopped: false });
  stop = follow((signal) => client.lab.run({ policies, model }, { signal }), {
    each(event) {
      if (event.type === "progress")
        useLab.setState({ running: { visits: event.visits, total: event.total } });
      else useLab.setState({ result: event.result, running: null });
    },
    end: () => useLab.setState({ running: null }),
    fail: (problem) => useLab.setState({ running: null, problem }),
  });
}

/** Ends the run; the last whole result stays. */
export function stopLab(): void {
  stop();
  useLab.setState({ running: null, stopped: true });
}
