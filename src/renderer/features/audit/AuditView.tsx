/** Audit: settings checked, worst first; each finding with what follows from it, the fix, and a scenario to see it. */
import { CircleAlert, Info, Play, RefreshCw, ShieldCheck, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import type { Finding } from "../../../shared/audit.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { SimScenario } from "../../../shared/scenario.ts";
import { client, isAbort, problemOf } from "../../client.ts";
import { simulate, useApp } from "../../state/app.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Button, IconButton } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { visible } from "../../ui/Text.tsx";
import "./audit.css";

const levels = {
  error: { text: "Error", icon: CircleAlert, tone: "danger" },
  warning: { text: "Warning", icon: TriangleAlert, tone: "warning" },
  info: { text: "Note", icon: Info, tone: "accent" },
} as const;

type What = "connection" | "scenario" | "defaults";

interface Audit {
  findings: Finding[] | null;
  problem: Problem | null;
}

function useAudit(
  what: What,
  connection: string | null,
  scenario: SimScenario | null,
  again: number,
): Audit {
  const [audit, setAudit] = useState<Audit>({ findings: null, problem: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: checked again when asked.
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const ask =
      what === "connection" && connection
        ? client.audit.connection({ connection }, { signal })
        : what === "scenario" && scenario
          ? client.audit.scenario({ scenario }, { signal })
          : client.audit.settings({ settings: {} }, { signal });
    ask.then(
      (findings) => !signal.aborted && setAudit({ findings, problem: null }),
      (error: unknown) =>
        !signal.aborted &&
        !isAbort(error) &&
        setAudit({ findings: null, problem: problemOf(error) }),
    );
    return () => abort.abort();
  }, [what, connection, scenario, again]);
  return audit;
}

function FindingItem({ finding }: { finding: Finding }) {
  const level = levels[finding.level];
  return (
    <li className={`finding finding-${finding.level}`}>
      <Icon icon={level.icon} label={level.text} />
      <div>
        <h2>{visible(finding.title)}</h2>
        <p className="ids">
          <Badge tone={level.tone}>{level.text}</Badge>
          <code className="mono">{visible(finding.setting)}</code>
          <code className="mono dim">{visible(finding.id)}</code>
        </p>
        <dl>
          <dt>Consequence</dt>
          <dd>{visible(finding.consequence)}</dd>
          <dt>Fix</dt>
          <dd>{visible(finding.fix)}</dd>
        </dl>
      </div>
      <Button
        icon={Play}
        aria-label={`Show it happening: ${visible(finding.title)}`}
        onClick={() => simulate({ from: "scenario", scenario: finding.scenario })}
      >
        Show it happening
      </Button>
    </li>
  );
}

export function AuditView() {
  const store = useCurrentStore();
  const scenario = useApp((state) => state.simulated);
  const [chosen, setChosen] = useState<What | null>(null);
  const [again, setAgain] = useState(0);
  const what = chosen ?? (store ? "connection" : "scenario");
  const { findings, problem } = useAudit(what, store?.connection.id ?? null, scenario, again);
  const worst = findings?.filter(({ level }) => level !== "info").length ?? 0;
  return (
    <div className="audit">
      <header className="panehead">
        <h1>Audit</h1>
        <Segmented
          label="What is checked"
          value={what}
          options={[
            ...(store ? [{ id: "connection" as const, text: "This connection" }] : []),
            { id: "scenario" as const, text: "The simulator's scenario" },
            { id: "defaults" as const, text: "Django's defaults" },
          ]}
          onChange={setChosen}
        />
        <span className="dim" role="status">
          {findings
            ? `${plural(worst, "finding")}, ${plural(findings.length - worst, "note")}`
            : problem
              ? ""
              : "Checking"}
        </span>
        <span className="grow" />
        <IconButton icon={RefreshCw} label="Check again" onClick={() => setAgain(again + 1)} />
      </header>
      <p className="help lead">
        {what === "connection"
          ? "The settings saved with this connection, and its kind of store as SESSION_ENGINE. Nothing is read from the store."
          : what === "scenario"
            ? `The settings and the actions of “${visible(scenario?.title || "the scenario")}”.`
            : "What a project has that sets nothing."}
      </p>
      <ScrollRegion label="Findings" className="findings">
        {problem && <ProblemNotice problem={problem} />}
        {findings?.length === 0 && (
          <EmptyState icon={ShieldCheck} title="Nothing was found">
            Every check passes with these settings.
          </EmptyState>
        )}
        <ul>
          {findings?.map((finding) => (
            <FindingItem key={`${finding.id} ${finding.title}`} finding={finding} />
          ))}
        </ul>
      </ScrollRegion>
    </div>
  );
}
