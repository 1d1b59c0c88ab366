/** Runs a scenario. Nothing is random: the same scenario gives the same timeline. */
import type { DjangoVersion } from "../engine/settings.ts";
import { problem } from "../problem.ts";
import type { Scenario } from "./scenario.ts";
import { startRun } from "./stepper.ts";
import type { StoreAfter, Timeline, TimelineRecord } from "./timeline.ts";

/** The releases the engine was compared with; 6.0 stands for the releases that send Vary with every session cookie. */
const releases: Record<DjangoVersion, string> = {
  "3.2": "3.2.25",
  "4.2": "4.2.28",
  "5.2": "5.2.17",
  "6.0": "6.0.5",
};

/** Records over all steps that one timeline may hold; every step lists the whole store. */
const MOST_RECORDS = 3_000_000;

/**
 * Runs all steps in their order. Throws bad_setting for an engine or a cache the settings do not have, too_large
 * where the timeline would list more than 3 million records.
 */
export async function runScenario(scenario: Scenario): Promise<Timeline> {
  const run = await startRun(scenario);
  const timeline: TimelineRecord[] = [];
  let records = 0;
  for (const step of scenario.steps) {
    const { record } = await run.step(step);
    const store = run.store();
    records += countOf(store);
    if (records > MOST_RECORDS)
      throw problem(
        "too_large",
        `The timeline lists the whole store after each step: more than ${MOST_RECORDS} records by step ${timeline.length + 1}.`,
        "Fewer steps, or fewer visitors without a cookie, make it fit.",
      );
    timeline.push({ ...record, store } as TimelineRecord);
  }
  return { title: scenario.title, django: releases[scenario.django], timeline };
}

const countOf = ({ rows, cache, files }: StoreAfter): number =>
  (rows?.length ?? 0) + (cache?.length ?? 0) + (files?.length ?? 0);

/** The release that stands for a version. */
export const releaseOf = (version: DjangoVersion): string => releases[version];
