/** Scenarios that come with the app, each with the sentence that says what to look at. */
import { useEffect, useState } from "react";
import type { Problem } from "../../../shared/problem.ts";
import type { Preset } from "../../../shared/scenario.ts";
import { client, problemOf } from "../../client.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { docOf, openDocs, showDoc, useDoc, useDocs } from "./document.ts";

let known: Preset[] | null = null;

export function Presets() {
  const [presets, setPresets] = useState(known);
  const [problem, setProblem] = useState<Problem | null>(null);
  const doc = useDoc();
  useEffect(() => {
    if (known) return;
    client.simulator.presets().then(
      (list) => {
        known = list;
        setPresets(list);
      },
      (error: unknown) => setProblem(problemOf(error)),
    );
  }, []);
  const open = (preset: Preset) => {
    // One that is open and as it was is shown again; one that was changed stays, beside a new one.
    const same = useDocs
      .getState()
      .docs.find((one) => one.preset === preset.id && one.saved === one.draft);
    if (same) showDoc(same.id);
    else
      openDocs([
        docOf({ ...preset.scenario, title: preset.title }, { preset: preset.id, inFile: true }),
      ]);
  };
  return (
    <ScrollRegion label="Presets" className="policy-scroll">
      {problem && <ProblemNotice problem={problem} />}
      <ul className="presets">
        {presets?.map((preset) => (
          <li key={preset.id}>
            <button
              type="button"
              className="preset"
              aria-current={doc.preset === preset.id ? "true" : undefined}
              onClick={() => open(preset)}
            >
              <i className="radio" />
              <span>{preset.title}</span>
              <small>{preset.shows}</small>
            </button>
          </li>
        ))}
      </ul>
    </ScrollRegion>
  );
}
