/** The timeline as a table: every step and every mark that time alone made, in order. */
import { useEffect, useRef, useState } from "react";
import type { Mark, SimRun, StepFact } from "../../../shared/run.ts";
import { Button } from "../../ui/Button.tsx";
import { count } from "../../ui/format.ts";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { visible } from "../../ui/Text.tsx";
import { seek, selectStep, useStage } from "./stage.ts";
import { clockOf } from "./virtual-time.ts";
import "./step-table.css";

const page = 200;

type Line = { at: number; step: StepFact; marks: Mark[] } | { at: number; mark: Mark };

function linesOf(run: SimRun): Line[] {
  const byStep = new Map<number, Mark[]>();
  const alone: Line[] = [];
  for (const mark of run.marks)
    if (mark.step === null) alone.push({ at: mark.at, mark });
    else byStep.set(mark.step, [...(byStep.get(mark.step) ?? []), mark]);
  const steps: Line[] = run.steps.map((step) => ({
    at: step.at,
    step,
    marks: byStep.get(step.index) ?? [],
  }));
  return [...steps, ...alone].sort((a, b) => a.at - b.at);
}

function StepRow({ step, marks }: { step: StepFact; marks: Mark[] }) {
  const selected = useStage((state) => state.selected === step.index);
  const ref = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (selected) ref.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <tr ref={ref} className={selected ? "is-sel" : undefined} data-step={step.index}>
      <td className="num">{step.index + 1}</td>
      <td className="mono">{clockOf(step.at)}</td>
      <td>
        <button
          type="button"
          className="link"
          aria-current={selected ? "true" : undefined}
          onClick={() => selectStep(step.index)}
        >
          {visible(step.label)}
        </button>
      </td>
      <td className="num">{step.skipped ? "left out" : (step.status ?? "")}</td>
      <td className="mono cut" title={step.cookieSent ?? ""}>
        {step.kind === "request" ? visible(step.cookieSent ?? "none") : ""}
      </td>
      <td className="num">
        {step.reads} / {step.writes}
      </td>
      <td className="mono cut" title={visible(step.setCookie.join("\n"))}>
        {visible(step.setCookie.join("; "))}
      </td>
      <td>{step.results.length > 0 ? <code>{visible(step.results.join(", "))}</code> : ""}</td>
      <td className="wide">
        {visible(step.effect)}
        {marks
          .filter(({ kind }) => kind === "lost" || kind === "notSaved" || kind === "interrupted")
          .map((mark) => (
            <span key={mark.kind} className="st-danger">
              {" "}
              {visible(mark.text)}
            </span>
          ))}
      </td>
    </tr>
  );
}

export function StepTable({ run }: { run: SimRun }) {
  const [from, setFrom] = useState(0);
  const lines = linesOf(run);
  const start = Math.min(from, Math.max(0, lines.length - 1));
  const shown = lines.slice(start, start + page);
  return (
    <ScrollRegion label="Steps" className="steptable">
      <table>
        <caption className="sr">Every step and what time alone did, in order</caption>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Time</th>
            <th scope="col">Step</th>
            <th scope="col">Status</th>
            <th scope="col">Cookie sent</th>
            <th scope="col">Reads / writes</th>
            <th scope="col">Set-Cookie</th>
            <th scope="col">Results</th>
            <th scope="col">Effect</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((line) =>
            "step" in line ? (
              <StepRow key={`step ${line.step.index}`} step={line.step} marks={line.marks} />
            ) : (
              <tr key={`${line.mark.kind} ${line.at} ${line.mark.key}`} className="is-mark">
                <td />
                <td className="mono">{clockOf(line.at)}</td>
                <td colSpan={7}>
                  <button type="button" className="link" onClick={() => seek(line.at)}>
                    {visible(line.mark.text)}
                  </button>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      {lines.length > page && (
        <div className="pager">
          <Button
            reason={start === 0 ? "This is the first part." : null}
            onClick={() => setFrom(Math.max(0, start - page))}
          >
            Previous {page}
          </Button>
          <span>
            {count(start + 1)} to {count(start + shown.length)} of {count(lines.length)}
          </span>
          <Button
            reason={start + page >= lines.length ? "This is the last part." : null}
            onClick={() => setFrom(start + page)}
          >
            Next {page}
          </Button>
        </div>
      )}
    </ScrollRegion>
  );
}
