/** Left of the stage: the policy, the steps, the presets. */

import type { Problem } from "../../../shared/problem.ts";
import { Tabs } from "../../ui/Tabs.tsx";
import { PolicyForm } from "./PolicyForm.tsx";
import { Presets } from "./Presets.tsx";
import { StepsEditor } from "./StepsEditor.tsx";
import { useStage } from "./stage.ts";
import "./panel.css";

const tabs = [
  { id: "policy", text: "Policy" },
  { id: "steps", text: "Steps" },
  { id: "presets", text: "Presets" },
] as const;

export function SidePanel({ problem }: { problem: Problem | null }) {
  const side = useStage((state) => state.side);
  return (
    <div className="policy" data-region="policy">
      <Tabs
        label="Scenario"
        tabs={[...tabs]}
        selected={side}
        onSelect={(id) => useStage.setState({ side: id })}
        panelId="simulate-side"
        className="sidetabs"
      />
      <div
        id="simulate-side"
        role="tabpanel"
        aria-labelledby={`simulate-side-${side}`}
        className="policy-body"
      >
        {side === "policy" && <PolicyForm problem={problem} />}
        {side === "steps" && <StepsEditor />}
        {side === "presets" && <Presets />}
      </div>
    </div>
  );
}
