/** Scenarios to files and from files; requests from logs; a stored session as a start; a test for a Django project. */

import type { Problem } from "../../../shared/problem.ts";
import type { Policy, SimScenario } from "../../../shared/scenario.ts";
import { client, problemOf } from "../../client.ts";
import { plural } from "../../ui/format.ts";
import { saveFile } from "../../ui/save.ts";
import { showToast } from "../../ui/toasts.ts";
import {
  currentDoc,
  type Doc,
  type Draft,
  docOf,
  markSaved,
  openDocs,
  titleOf,
  useDocs,
} from "./document.ts";

/** What the host reads at most; a larger file is not even read here. */
const mostBytes = 64_000_000;

export const fileName = (title: string, end: string): string =>
  `${
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 60) || "scenario"
  }${end}`;

/** The policies of the comparison go into the file as scenarios of their own, with the same steps. */
const scenariosOf = ({ scenario, policies }: Draft): SimScenario[] => [
  scenario,
  ...policies.map(({ name, settings }) => ({ ...scenario, title: name, settings })),
];

/** The other way: scenarios that differ from the first in title and settings alone are its policies. */
function docsOf(scenarios: readonly SimScenario[]): Doc[] {
  const body = ({ title: _, settings: __, ...rest }: SimScenario) => JSON.stringify(rest);
  const [first, ...others] = scenarios;
  const same =
    first && others.length > 0 && others.length < 4
      ? others.every((other) => body(other) === body(first))
      : false;
  if (first && same) {
    const policies: Policy[] = others.map(({ title, settings }) => ({
      name: title?.slice(0, 80) || "Policy",
      settings: settings ?? {},
    }));
    return [docOf(first, { policies, inFile: true })];
  }
  return scenarios.map((scenario) => docOf(scenario, { inFile: true }));
}

const failed = (error: unknown): void => {
  const { message, hint } = problemOf(error);
  showToast({ text: [message, hint].filter(Boolean).join(" "), tone: "danger" });
};

export async function saveScenario(): Promise<void> {
  const doc = currentDoc(useDocs.getState());
  try {
    const { text } = await client.simulator.write({ scenarios: scenariosOf(doc.draft) });
    saveFile(fileName(titleOf(doc), ".scenario.json"), text, "application/json");
    markSaved(doc.id, doc.draft);
    showToast({ text: "Scenario saved as a file." });
  } catch (error) {
    failed(error);
  }
}

export async function saveTest(): Promise<void> {
  const { scenario } = currentDoc(useDocs.getState()).draft;
  try {
    const { fileName: name, text } = await client.simulator.exportTest({ scenario });
    saveFile(name, text, "text/x-python");
    showToast({ text: `${name} saved: the scenario as a Django TestCase.` });
  } catch (error) {
    failed(error);
  }
}

const tooLarge = (size: number): Problem => ({
  code: "too_large",
  message: `The file has ${plural(Math.ceil(size / 1e6), "MB", "MB")}; at most ${mostBytes / 1e6} MB are read.`,
  hint: "The open scenario stays as it is.",
});

/** Opens a scenario file. A problem says where and why; what is open stays. */
export async function openScenarioFile(file: File): Promise<Problem | null> {
  if (file.size > mostBytes) return tooLarge(file.size);
  try {
    const { scenarios } = await client.simulator.read({ text: await file.text() });
    openDocs(docsOf(scenarios));
    showToast({ text: `${plural(scenarios.length, "scenario")} opened from ${file.name}.` });
    return null;
  } catch (error) {
    const problem = problemOf(error);
    return { ...problem, message: `${file.name} was not opened. ${problem.message}` };
  }
}

export type Imported = Awaited<ReturnType<typeof client.simulator.fromLog>>;

/** Reads requests out of a HAR file or an access log. */
export async function importLog(
  text: string,
  name: string,
): Promise<{ imported: Imported } | { problem: Problem }> {
  if (text.length > mostBytes) return { problem: tooLarge(text.length) };
  const { scenario } = currentDoc(useDocs.getState()).draft;
  try {
    const imported = await client.simulator.fromLog({
      text,
      name,
      settings: scenario.settings ?? {},
    });
    return { imported };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** A stored session as the start of a new scenario. */
export async function startFromSession(connection: string, key: string): Promise<Problem | null> {
  try {
    const scenario = await client.simulator.fromSession({ connection, key });
    openDocs([docOf(scenario, { inFile: false })]);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}
