/** simulate: scenarios on a virtual clock. */
import { readFile } from "node:fs/promises";
import type { SimRun, StepFact } from "../../shared/run.ts";
import { problem } from "../problem.ts";
import { runScenario } from "../simulator/run.ts";
import { readScenarios, type Scenario } from "../simulator/scenario.ts";
import { tellRun } from "../simulator/story.ts";
import { timelineText } from "../simulator/timeline.ts";
import { clock, counted, shortKey } from "../simulator/words.ts";
import { wholeInput } from "./lines.ts";
import { print } from "./output.ts";
import { type Column, createTable, safeJson, safeLine } from "./text.ts";
import type { Verb } from "./verb.ts";

const columns: Column<StepFact>[] = [
  { title: "AT", text: ({ at }) => clock(at), right: true },
  { title: "STEP", text: ({ label }) => label },
  { title: "STATUS", text: ({ status }) => (status === null ? "-" : String(status)) },
  { title: "KEY", text: ({ key }) => (key === null ? "-" : shortKey(key)) },
  { title: "USER", text: ({ signedIn }) => (signedIn ? "in" : "-") },
  { title: "READS", text: ({ reads }) => String(reads), right: true },
  { title: "WRITES", text: ({ writes }) => String(writes), right: true },
  { title: "WHAT HAPPENED", text: ({ effect }) => effect },
];

export const simulate: Verb = {
  name: "simulate",
  usage: "simulate FILE [options]",
  summary: "Runs scenarios: requests against Django's session rules on a virtual clock",
  options: { json: "one timeline a line, every step with what the store held after it" },
  details: `FILE holds one scenario (a JSON object), an array of them, or one a line; "-" reads standard input.
docs/scenario.md describes the format.`,
  takes: [1, 1],
  async run(given) {
    const scenarios = readScenarios(await textOf(given.rest[0] ?? "-"));
    for (const [index, scenario] of scenarios.entries())
      if (given.flag("json")) await print(safeJson(timelineText(await runScenario(scenario))));
      else await print(...(index > 0 ? [""] : []), ...(await lines(scenario)));
    return 0;
  },
};

async function textOf(file: string): Promise<string> {
  if (file === "-") return wholeInput();
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw problem("cannot_open", `The file cannot be read: ${code}.`, undefined, { path: file });
  }
}

async function lines(scenario: Scenario): Promise<string[]> {
  const run = await tellRun(scenario);
  return [
    `${safeLine(run.title === "" ? "Untitled" : run.title)}, Django ${run.django}, ${run.engine}`,
    ...createTable(columns).lines(run.steps),
    ...verdict(run),
  ];
}

function verdict({ verdict: v }: SimRun): string[] {
  const counts = [
    counted(v.writes, "store write"),
    counted(v.reads, "read"),
    counted(v.cookiesSent, "cookie sent", "cookies sent"),
  ];
  const why = v.reason === "" ? "" : ` (${v.reason})`;
  return [
    safeLine(`${v.text}${why}; ${counts.join(", ")}.`),
    ...v.notes.map((note) => safeLine(`  ${note}`)),
    ...v.checks.map(({ id, text }) => `  ${id}: ${text}`),
  ];
}
