/** What "Test connection" found, step by step, and what a sample of signatures is worth. */
import {
  Check,
  CircleX,
  Copy,
  Info,
  KeyRound,
  Plug,
  ShieldCheck,
  ShieldOff,
  ShieldQuestionMark,
  ShieldX,
  TriangleAlert,
} from "lucide-react";
import type { CSSProperties } from "react";
import type { TestResult } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { IconButton } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { count, plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Skeleton } from "../../ui/Meters.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { Text, visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";

export type TestState =
  | { state: "none" }
  | { state: "running" }
  | { state: "done"; result: TestResult }
  | { state: "failed"; problem: Problem };

const levels = {
  ok: { icon: Check, className: "" },
  info: { icon: Info, className: "is-info" },
  warning: { icon: TriangleAlert, className: "is-warn" },
  failed: { icon: CircleX, className: "is-bad" },
};

function Sampled({ sampled }: { sampled: TestResult["sampled"] }) {
  const parts = [
    {
      key: "valid",
      icon: ShieldCheck,
      tone: "active",
      text: "valid with the current key",
      n: sampled.valid,
    },
    ...sampled.fallbacks.map((n, at) => ({
      key: `fallback ${at}`,
      icon: KeyRound,
      tone: "warning",
      text: `valid with fallback ${at + 1}`,
      n,
    })),
    {
      key: "invalid",
      icon: ShieldX,
      tone: "danger",
      text: "valid with no key",
      n: sampled.invalid,
    },
    {
      key: "unverified",
      icon: ShieldQuestionMark,
      tone: "dim",
      text: "not verified",
      n: sampled.unverified,
    },
    { key: "unsigned", icon: ShieldOff, tone: "dim", text: "not signed", n: sampled.unsigned },
  ].filter((part) => part.n > 0);
  return (
    <li>
      <Icon icon={ShieldCheck} />
      <div>
        <b>{plural(sampled.total, "session")} sampled</b>
        <div className="verify" aria-hidden="true">
          {parts.map((part) => (
            <i
              key={part.key}
              className={`fill-${part.tone}`}
              style={{ "--v": part.n } as CSSProperties}
            />
          ))}
        </div>
        <div className="legend">
          {parts.map((part) => (
            <div key={part.key}>
              <Icon icon={part.icon} className={`tone-${part.tone}`} />
              <span>{part.text}</span>
              <span>{count(part.n)}</span>
            </div>
          ))}
        </div>
      </div>
    </li>
  );
}

function asText(result: TestResult): string {
  const lines = result.steps.map(
    (step) => `${step.level}: ${step.title}. ${step.problem?.message ?? step.text}`,
  );
  return visible([result.ok ? "Connected" : "Not connected", ...lines].join("\n")).replaceAll(
    "\\n",
    "\n",
  );
}

export function ResultPanel({ test }: { test: TestState }) {
  return (
    <aside className="result" aria-label="Test result" aria-live="polite" data-region="result">
      {test.state === "none" && (
        <EmptyState icon={Plug} title="Not tested yet">
          Test connection opens the store read-only, reads a sample, checks signatures where keys
          are given, and closes it again.
        </EmptyState>
      )}
      {test.state === "running" && (
        <>
          <h2>Testing</h2>
          <ul className="rlist" aria-hidden="true">
            {["70%", "55%", "62%"].map((width) => (
              <li key={width}>
                <Skeleton width="12px" />
                <span>
                  <Skeleton width={width} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {test.state === "failed" && <ProblemNotice problem={test.problem} />}
      {test.state === "done" && (
        <>
          <h2 className={test.result.ok ? "" : "is-bad"}>
            <Icon icon={test.result.ok ? Check : CircleX} />
            {test.result.ok ? "Connected" : "Not connected"}{" "}
            <span className="dim">in {count(Math.max(1, test.result.tookMs))} ms</span>
            <IconButton
              icon={Copy}
              label="Copy result"
              onClick={() =>
                navigator.clipboard.writeText(asText(test.result)).then(
                  () => showToast({ text: "Result copied." }),
                  () => showToast({ text: "The clipboard refused the text.", tone: "warning" }),
                )
              }
            />
          </h2>
          <ul className="rlist">
            {test.result.steps.map((step, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; TLS is one and a fact as well.
              <li key={at} className={levels[step.level].className}>
                <Icon icon={levels[step.level].icon} label={step.level} />
                <span>
                  <b>
                    <Text value={step.title} />
                  </b>
                  <Text value={step.problem?.message ?? step.text} />
                  {step.problem?.hint && <span className="hintline">{step.problem.hint}</span>}
                </span>
              </li>
            ))}
            {test.result.sampled.total > 0 && <Sampled sampled={test.result.sampled} />}
          </ul>
        </>
      )}
    </aside>
  );
}
