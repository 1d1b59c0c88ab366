/** Two to four policies under the same requests, on the timeline's axis, each with its verdict. */
import {
  ArrowUpToLine,
  Check,
  ChevronDown,
  ChevronRight,
  LogOut,
  Plus,
  ShieldAlert,
  X,
} from "lucide-react";
import { useState, useSyncExternalStore } from "react";
import type { SimRun, Verdict } from "../../../shared/run.ts";
import { client, problemOf } from "../../client.ts";
import { useCurrentStore } from "../../state/stores.ts";
import { IconButton } from "../../ui/Button.tsx";
import { count, plural } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { visible } from "../../ui/Text.tsx";
import { showToast } from "../../ui/toasts.ts";
import { useDoc } from "./document.ts";
import { extent, inSight, place } from "./lane-layout.ts";
import {
  addPolicy,
  copyPolicy,
  knownPolicies,
  maxPolicies,
  removePolicy,
  showPolicy,
  slots,
} from "./policies.ts";
import { lastAt, useStage } from "./stage.ts";
import { useCompared } from "./use-run.ts";
import "./compare.css";

/** While the user was there, dashed where the cookie was browser-length; ticks where the store was written. */
function Track({ run }: { run: SimRun }) {
  const axis = useStage((state) => state.axis);
  const { lanes, steps } = run;
  const there = lanes.signedIn.length > 0 ? lanes.signedIn : lanes.present;
  const end = lastAt(run);
  const browserLength = (at: number) =>
    lanes.cookie.some((one) => one.browserLength && one.from <= at && one.to >= at);
  const gaps = there.flatMap(({ to }, index) => {
    const until = there[index + 1]?.from ?? end;
    return until > to ? [{ from: to, to: until }] : [];
  });
  let last = Number.NEGATIVE_INFINITY;
  const ticks = steps.filter((step) => {
    if (step.writes === 0 || !inSight(axis, step.at)) return false;
    const x = place(axis, step.at);
    if (x - last < 0.25) return false;
    last = x;
    return true;
  });
  return (
    <div className="cmp-bar" aria-hidden="true">
      {there
        .filter(({ from, to }) => inSight(axis, from, to))
        .map(({ from, to }) => (
          <i
            key={from}
            className={`span${browserLength(from) ? " browser" : ""}`}
            style={extent(axis, from, to)}
          />
        ))}
      {gaps
        .filter(({ from, to }) => inSight(axis, from, to))
        .map(({ from, to }) => (
          <i key={from} className="span gap" style={extent(axis, from, to)} />
        ))}
      {ticks.map((step) => (
        <i key={step.index} className="w" style={{ left: `${place(axis, step.at)}%` }} />
      ))}
    </div>
  );
}

function VerdictLine({ verdict }: { verdict: Verdict }) {
  const lost = verdict.loggedOutAt !== null;
  const facts = [
    verdict.reason && visible(verdict.reason),
    verdict.forcedLogouts > 1 && plural(verdict.forcedLogouts, "forced logout"),
    plural(verdict.reads, "store read"),
    plural(verdict.writes, "store write"),
    `${plural(verdict.cookiesSent, "cookie")} sent`,
    ...verdict.notes.map(visible),
  ].filter((fact): fact is string => typeof fact === "string" && fact !== "");
  return (
    <p className="cmp-verdict">
      <span className={`st ${lost ? "st-danger" : "st-active"}`}>
        <Icon icon={lost ? LogOut : Check} />
        <b>{visible(verdict.text)}</b>
      </span>
      {facts.map((fact) => (
        <span key={fact} className="v-fact">
          {fact}
        </span>
      ))}
      {verdict.checks.length > 0 && (
        <span
          className="v-fact st-warning"
          title={verdict.checks.map(({ text }) => visible(text)).join("\n")}
        >
          <Icon icon={ShieldAlert} />
          fails {plural(verdict.checks.length, "check")}:{" "}
          {verdict.checks.map(({ id }) => visible(id)).join(", ")}
        </span>
      )}
    </p>
  );
}

interface RowProps {
  slot: string;
  name: string;
  run: SimRun | undefined;
  /** Place among the added ones; null: the scenario's own. */
  index: number | null;
}

function Row({ slot, name, run, index }: RowProps) {
  const changed = run && `Django ${run.django}, ${run.engine}`;
  return (
    <article
      className={`cmp${index === null ? " is-current" : ""}`}
      aria-label={`Policy ${slot}, ${name}`}
    >
      <h3 className="cmp-label">
        <span className="slot">{slot}</span>
        <span className="cut" title={visible(name)}>
          {visible(name)}
        </span>
        <small>{index === null ? "shown above" : changed}</small>
      </h3>
      <div className="cmp-track">
        {run ? (
          <>
            <Track run={run} />
            <VerdictLine verdict={run.verdict} />
          </>
        ) : (
          <p className="cmp-verdict dim">Running</p>
        )}
      </div>
      {index !== null && (
        <div className="cmp-tools">
          <IconButton
            icon={ArrowUpToLine}
            label={`Show ${visible(name)} above`}
            onClick={() => showPolicy(index)}
          />
          <IconButton
            icon={X}
            label={`Remove ${visible(name)}`}
            onClick={() => removePolicy(index)}
          />
        </div>
      )}
    </article>
  );
}

function useChoices(): MenuItem[] {
  const store = useCurrentStore();
  const own = async (connection: string) => {
    try {
      addPolicy(await client.simulator.fromConnection({ connection }));
    } catch (error) {
      showToast({ text: problemOf(error).message, tone: "danger" });
    }
  };
  return [
    { id: "copy", text: "A copy of the policy above", onSelect: copyPolicy },
    ...(store
      ? [
          {
            id: "connection",
            text: `Settings of ${visible(store.connection.name)}`,
            onSelect: () => void own(store.connection.id),
          },
        ]
      : []),
    ...knownPolicies.map((policy, index) => ({
      id: policy.name,
      text: policy.name,
      separated: index === 0,
      onSelect: () => addPolicy(policy),
    })),
  ];
}

/** Whether the window is too low for the comparison beside everything else. */
function useShort(): boolean {
  return useSyncExternalStore(
    (changed) => {
      addEventListener("resize", changed);
      return () => removeEventListener("resize", changed);
    },
    () => innerHeight < 800,
  );
}

export function Compare({ run }: { run: SimRun }) {
  const doc = useDoc();
  const { policyName, policies } = doc.draft;
  const compared = useCompared(doc);
  const items = useChoices();
  const [folded, setFolded] = useState<boolean | null>(null);
  const small = useShort();
  const isFolded = folded ?? small;
  const full = policies.length >= maxPolicies - 1;
  return (
    <section className="compare" aria-label="Comparison of policies" data-region="compare">
      <header>
        <button
          type="button"
          className="fold"
          aria-expanded={!isFolded}
          onClick={() => setFolded(!isFolded)}
        >
          <Icon icon={isFolded ? ChevronRight : ChevronDown} size={14} />
          <h2>Compare</h2>
        </button>
        <span className="dim cut">
          {isFolded
            ? [visible(run.verdict.text), ...policyTexts(compared)].join(" · ")
            : `same requests, ${plural(policies.length + 1, "policy", "policies")}. Ticks are store writes.`}
        </span>
        <span className="grow" />
        <MenuButton
          items={
            full
              ? items.map((item) => ({ ...item, reason: `At most ${count(maxPolicies)}.` }))
              : items
          }
          label="Add policy"
          className="iconbtn iconbtn-text"
        >
          <Icon icon={Plus} />
          Add policy
        </MenuButton>
      </header>
      {!isFolded && (
        <div className="cmp-rows">
          <Row slot="A" name={policyName} run={run} index={null} />
          {policies.map((policy, index) => (
            <Row
              key={policy.name}
              slot={slots[index + 1] ?? ""}
              name={policy.name}
              run={compared && "runs" in compared ? compared.runs[index] : undefined}
              index={index}
            />
          ))}
          {compared && "problem" in compared && <ProblemNotice problem={compared.problem} />}
        </div>
      )}
    </section>
  );
}

const policyTexts = (compared: ReturnType<typeof useCompared>): string[] =>
  compared && "runs" in compared ? compared.runs.map(({ verdict }) => visible(verdict.text)) : [];
