/** Every setting with Django's default and its meaning; those that differ are marked and can be put back. */
import { Copy } from "lucide-react";
import { Fragment } from "react";
import type { SettingInfo } from "../../../shared/audit.ts";
import type { Problem } from "../../../shared/problem.ts";
import { client, problemOf } from "../../client.ts";
import { Button } from "../../ui/Button.tsx";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ProblemNotice } from "../../ui/Notice.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { showToast } from "../../ui/toasts.ts";
import { changeScenario, useDoc } from "./document.ts";
import { namePolicy } from "./policies.ts";
import { SettingField } from "./SettingField.tsx";
import { useSettings } from "./use-settings.ts";

export const versions = ["3.2", "4.2", "5.2", "6.0"];
const groups = {
  session: "Session",
  cookie: "Cookie",
  storage: "Storage",
  other: "Other",
} as const;

/** "5.2" of "5.2.17". */
const versionOf = (django: string | undefined) =>
  versions.find((known) => django === known || django?.startsWith(`${known}.`)) ?? "5.2";

function setSetting(name: string, value: unknown): void {
  changeScenario((scenario) => {
    const { [name]: _, ...rest } = scenario.settings ?? {};
    return { ...scenario, settings: value === undefined ? rest : { ...rest, [name]: value } };
  }, `setting ${name}`);
}

const isChanged = (info: SettingInfo, settings: Record<string, unknown>): boolean =>
  Object.hasOwn(settings, info.name) &&
  JSON.stringify(settings[info.name]) !== JSON.stringify(info.default);

async function copySettings(django: string, settings: Record<string, unknown>): Promise<void> {
  try {
    const { text } = await client.simulator.settingsText({ django, settings });
    await navigator.clipboard.writeText(text);
    showToast({ text: "Settings copied as lines of a settings.py." });
  } catch (error) {
    showToast({ text: problemOf(error).message, tone: "danger" });
  }
}

export function PolicyForm({ problem }: { problem: Problem | null }) {
  const { draft } = useDoc();
  const settings = draft.scenario.settings ?? {};
  const django = versionOf(draft.scenario.django);
  const { infos, problem: unread } = useSettings(django);
  const changed = (infos ?? []).filter((info) => isChanged(info, settings));
  const named = infos?.map(({ name }) => name) ?? [];
  const unknown = Object.keys(settings).filter((name) => infos && !named.includes(name));
  const at = problem?.detail?.["setting"];
  return (
    <form className="policy-form" aria-label="Policy" onSubmit={(event) => event.preventDefault()}>
      <ScrollRegion label="Settings" className="policy-scroll">
        <Field label="Policy name">
          <Input
            value={draft.policyName}
            maxLength={80}
            onChange={(event) => namePolicy(event.target.value)}
          />
        </Field>
        <Field label="Django version">
          <Select
            value={django}
            onChange={(event) =>
              changeScenario((scenario) => ({ ...scenario, django: event.target.value }))
            }
          >
            {versions.map((version) => (
              <option key={version} value={version}>
                {version}
              </option>
            ))}
          </Select>
        </Field>
        <p className="changed-line">
          {changed.length === 0
            ? "Django's defaults"
            : `${plural(changed.length, "setting differs", "settings differ")} from Django's defaults`}
          {changed.length > 0 && (
            <button
              type="button"
              className="link"
              onClick={() => changeScenario((scenario) => ({ ...scenario, settings: {} }))}
            >
              Reset all
            </button>
          )}
        </p>
        {problem && typeof at !== "string" && <ProblemNotice problem={problem} />}
        {unread && <ProblemNotice problem={unread} />}
        {(Object.keys(groups) as (keyof typeof groups)[]).map((group) => (
          <Fragment key={group}>
            {infos?.some((info) => info.group === group) && <h2>{groups[group]}</h2>}
            {infos
              ?.filter((info) => info.group === group)
              .map((info) => (
                <SettingField
                  key={info.name}
                  info={info}
                  value={Object.hasOwn(settings, info.name) ? settings[info.name] : info.default}
                  changed={isChanged(info, settings)}
                  problem={at === info.name ? problem : null}
                  onChange={(value) => setSetting(info.name, value)}
                />
              ))}
          </Fragment>
        ))}
        {unknown.map((name) => (
          <div key={name} className="setting is-changed">
            <span className="setting-name">{name}</span>
            <p className="help">Django {django} has no such setting for sessions.</p>
            {at === name && problem && <ProblemNotice problem={problem} />}
            <button type="button" className="link" onClick={() => setSetting(name, undefined)}>
              Remove {name}
            </button>
          </div>
        ))}
      </ScrollRegion>
      <div className="policy-foot">
        <Button icon={Copy} onClick={() => void copySettings(django, settings)}>
          Copy as settings.py
        </Button>
        <p className="help">
          Runs on a virtual store. The connected store is neither read nor written.
        </p>
      </div>
    </form>
  );
}
