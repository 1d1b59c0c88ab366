/** Every step as a line; the selected one as a form. */
import { Copy, MoveDown, MoveUp, Plus, Trash2 } from "lucide-react";
import { useEffect, useRef } from "react";
import type { SimScenario, SimStep } from "../../../shared/scenario.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { Field, Input } from "../../ui/Field.tsx";
import { count } from "../../ui/format.ts";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { visible } from "../../ui/Text.tsx";
import { changeScenario, useDoc } from "./document.ts";
import { duplicateStep, kindOf, removeStep, stepKinds, swapSteps } from "./edits.ts";
import { addAt } from "./RequestLane.tsx";
import { StepForm } from "./StepForm.tsx";
import { selectStep, useStage } from "./stage.ts";
import { clockOf } from "./virtual-time.ts";
import "./steps.css";

/** Lines around the selected step that are drawn. */
const around = 100;

function stepText(step: SimStep): string {
  const kind = kindOf(step);
  if (kind !== "request") return stepKinds.find(({ id }) => id === kind)?.text ?? kind;
  return `${step.request?.method ?? "GET"} ${step.request?.path ?? "/"}`;
}

/** Applies an edit that gives the step's new place, and follows it. */
function follow(edit: (scenario: SimScenario) => [SimScenario, number]): void {
  let index = 0;
  changeScenario((scenario) => {
    const [next, place] = edit(scenario);
    index = place;
    return next;
  });
  useStage.setState({ selected: index });
}

function Tools({ index, count: steps }: { index: number; count: number }) {
  return (
    <div className="step-tools" role="toolbar" aria-label="Step">
      <IconButton
        icon={MoveUp}
        label="Move earlier"
        reason={index === 0 ? "This is the first step." : null}
        onClick={() => follow((scenario) => swapSteps(scenario, index, -1))}
      />
      <IconButton
        icon={MoveDown}
        label="Move later"
        reason={index === steps - 1 ? "This is the last step." : null}
        onClick={() => follow((scenario) => swapSteps(scenario, index, 1))}
      />
      <IconButton
        icon={Copy}
        label="Duplicate step"
        onClick={() => follow((scenario) => duplicateStep(scenario, index))}
      />
      <IconButton
        icon={Trash2}
        label="Delete step"
        onClick={() => {
          changeScenario((scenario) => removeStep(scenario, index));
          useStage.setState({ selected: Math.max(0, index - 1) });
        }}
      />
    </div>
  );
}

export function StepsEditor() {
  const { scenario } = useDoc().draft;
  const chosen = useStage((state) => state.selected);
  const { steps } = scenario;
  const selected = chosen !== null && chosen < steps.length ? chosen : null;
  const from = Math.max(0, (selected ?? 0) - around);
  const shown = steps.slice(from, from + 2 * around);
  const current = useRef<HTMLLIElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the selected line is brought into sight.
  useEffect(() => {
    // Newer browsers give a promise, which is no clean-up.
    void current.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <div className="policy-form">
      <ScrollRegion label="Steps of the scenario" className="policy-scroll">
        <Field label="Title">
          <Input
            value={scenario.title ?? ""}
            onChange={(event) =>
              changeScenario((one) => ({ ...one, title: event.target.value }), "title")
            }
          />
        </Field>
        <Field label="Note">
          <Input
            value={scenario.note ?? ""}
            placeholder="What to look at"
            onChange={(event) =>
              changeScenario((one) => ({ ...one, note: event.target.value }), "note")
            }
          />
        </Field>
        {scenario.initial && (
          <p className="help initial">
            Starts with a stored session:{" "}
            <code>{visible(scenario.initial.data.slice(0, 200))}</code>
          </p>
        )}
        {from > 0 && <p className="help">{count(from)} earlier steps</p>}
        <ol className="steplist" start={from + 1}>
          {shown.map((step, offset) => {
            const index = from + offset;
            const isSelected = index === selected;
            return (
              <li key={index} ref={isSelected ? current : undefined}>
                <button
                  type="button"
                  className="stepline"
                  aria-expanded={isSelected}
                  onClick={() => selectStep(index)}
                >
                  <span className="nr">{index + 1}</span>
                  <span className="mono">{clockOf(step.at)}</span>
                  <span className="cut mono">{visible(stepText(step))}</span>
                </button>
                {isSelected && (
                  <div className="stepform">
                    <Tools index={index} count={steps.length} />
                    <StepForm key={index} index={index} step={step} />
                  </div>
                )}
              </li>
            );
          })}
        </ol>
        {from + shown.length < steps.length && (
          <p className="help">{count(steps.length - from - shown.length)} later steps</p>
        )}
        {steps.length === 0 && <p className="help">The scenario has no steps yet.</p>}
      </ScrollRegion>
      <div className="policy-foot">
        <Button icon={Plus} onClick={() => addAt(nextTime(steps))}>
          Add request
        </Button>
      </div>
    </div>
  );
}

/** After the last step, by the pause before it. */
function nextTime(steps: readonly SimStep[]): number {
  const last = steps.at(-1)?.at ?? 0;
  const before = steps.at(-2)?.at ?? last - 60;
  return steps.length === 0 ? 0 : last + Math.max(1, last - before);
}
