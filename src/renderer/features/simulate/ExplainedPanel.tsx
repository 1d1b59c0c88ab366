/** The selected step in full: what the browser sent, what was done and why, what was answered, what the store held. */
import { AppWindow, Cookie, Database, Download, FlaskConical, Server } from "lucide-react";
import type { ReactNode } from "react";
import type { Explained, SimRun, StepFact } from "../../../shared/run.ts";
import { Badge } from "../../ui/Badge.tsx";
import { IconButton } from "../../ui/Button.tsx";
import { clock, plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { visible } from "../../ui/Text.tsx";
import { saveTest } from "./files.ts";
import { StoreDiff } from "./StoreDiff.tsx";
import { useStage } from "./stage.ts";
import { useExplained } from "./use-run.ts";
import { clockOf } from "./virtual-time.ts";
import "./explained.css";

/** Header lines, with those of the session marked. */
function Wire({ lines, empty }: { lines: readonly string[]; empty: string }) {
  if (lines.length === 0) return <p className="help">{empty}</p>;
  return (
    <div className="well">
      {lines.map((line, index) => {
        const [, name, value] = /^(Set-Cookie|Cookie):(.*)$/s.exec(line) ?? [];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only ever replaced as a whole.
          <div key={index}>
            {name ? (
              <>
                <mark>{name}:</mark>
                {visible(value ?? "")}
              </>
            ) : (
              visible(line)
            )}
          </div>
        );
      })}
    </div>
  );
}

function Head({ step, run }: { step: StepFact; run: SimRun }) {
  const utc = new Date(Date.parse(run.start) + step.at * 1000);
  return (
    <header>
      <span className="nth">{step.index + 1}</span>
      <h2>{visible(step.label)}</h2>
      {step.status !== null && (
        <Badge {...(step.status >= 400 ? { tone: "danger" as const } : {})}>{step.status}</Badge>
      )}
      {step.skipped && <Badge>left out: signed in</Badge>}
      <span className="dim">
        at {clockOf(step.at)}, which is {clock(utc.toISOString())} UTC
      </span>
      {step.writes > 0 && (
        <Badge tone="active" icon={Download}>
          {plural(step.writes, "write")}
        </Badge>
      )}
      {step.setCookie.length > 0 && (
        <Badge tone="accent" icon={Cookie}>
          Set-Cookie
        </Badge>
      )}
      {step.exception && <Badge tone="danger">{visible(step.exception)}</Badge>}
      <span className="grow" />
      <IconButton
        icon={FlaskConical}
        label="Save as Django test"
        text="Save as Django test"
        title="The scenario as a TestCase for a Django project"
        onClick={() => void saveTest()}
      />
    </header>
  );
}

function Part({
  icon,
  title,
  children,
}: {
  icon: typeof Server;
  title: string;
  children: ReactNode;
}) {
  return (
    <section>
      <h3>
        <Icon icon={icon} />
        {title}
      </h3>
      {children}
    </section>
  );
}

const actors = {
  browser: "Browser",
  middleware: "Middleware",
  session: "Session",
  view: "View",
  store: "Store",
};

/** `stale`: of the step before, until the answer for this one is here. */
function Flow({ explained, stale }: { explained: Explained; stale: boolean }) {
  const { step } = explained;
  const isRequest = step.kind === "request";
  return (
    <ScrollRegion label="What happened" className={`flow${stale ? " is-stale" : ""}`}>
      <Part icon={AppWindow} title="Browser sends">
        <Wire
          lines={explained.sent}
          empty={isRequest ? "The request was left out." : "An event, no request."}
        />
        {explained.cookieNote && <p className="help">{visible(explained.cookieNote)}</p>}
      </Part>
      <Part icon={Server} title="Middleware and view">
        <ol className="steps" aria-label="What was done, in order">
          {explained.lines.map((line, index) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only ever replaced as a whole.
              key={index}
              className={line.level === "info" ? undefined : `is-${line.level}`}
            >
              <span className="sr">{actors[line.by]}: </span>
              {visible(line.text)}
              {line.rule && <code className="mono rule">{visible(line.rule)}</code>}
            </li>
          ))}
          {explained.lines.length === 0 && <li>Nothing was done.</li>}
        </ol>
      </Part>
      <Part icon={Cookie} title="Server answers">
        <Wire lines={explained.answer} empty="No answer: this is an event." />
        {isRequest && explained.setCookie.length === 0 && !step.skipped && (
          <p className="help">No Set-Cookie: the browser keeps what it has.</p>
        )}
      </Part>
      <Part icon={Database} title="Store before and after">
        {explained.statements.length > 0 && (
          <div className="well">{visibleLines(explained.statements)}</div>
        )}
        <StoreDiff lines={explained.store} />
      </Part>
    </ScrollRegion>
  );
}

const visibleLines = (lines: readonly string[]) =>
  lines.map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a list that is only ever replaced as a whole.
    <div key={index}>{line.split("\n").map(visible).join("\n")}</div>
  ));

/** `failing`: the scenario cannot be run, which is said elsewhere. */
export function ExplainedPanel({ run, failing }: { run: SimRun; failing: boolean }) {
  const { explained, problem } = useExplained();
  const selected = useStage((state) => state.selected);
  const step = selected === null ? undefined : run.steps[selected];
  return (
    <section className="detail" aria-label="Selected request" data-region="detail">
      {step ? (
        <Head step={step} run={run} />
      ) : (
        <p className="help pad">No step lies before the playhead.</p>
      )}
      {problem && !failing && <ProblemNotice problem={problem} />}
      {step && explained && !problem && (
        <Flow
          explained={explained}
          stale={explained.step.index !== step.index || explained.step.label !== step.label}
        />
      )}
    </section>
  );
}
