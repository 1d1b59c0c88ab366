/** What the forecast assumes, and the policies it is made for. */
import { Play, Plus, Square, X } from "lucide-react";
import { useState } from "react";
import { useApp } from "../../state/app.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { count } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { ScrollRegion } from "../../ui/ScrollRegion.tsx";
import { visible } from "../../ui/Text.tsx";
import { groups, type LabField, readField } from "./fields.ts";
import { knownPolicies, policyOf, runLab, stopLab, useLab } from "./lab-store.ts";

const shownValue = (field: LabField, value: number) =>
  String(field.share ? Number((100 * value).toFixed(6)) : value);

function NumberField({ field, onBad }: { field: LabField; onBad: (bad: boolean) => void }) {
  const model = useLab((state) => state.model);
  const [text, setText] = useState(() => shownValue(field, model[field.name]));
  const read = readField(field, text);
  return (
    <Field label={field.label} problem={"bad" in read ? { message: read.bad } : null}>
      <Input
        inputMode="decimal"
        value={text}
        unit={field.unit}
        onChange={(event) => {
          setText(event.target.value);
          const next = readField(field, event.target.value);
          onBad("bad" in next);
          if ("value" in next) useLab.setState({ model: { ...model, [field.name]: next.value } });
        }}
      />
    </Field>
  );
}

const schedules: { seconds: number | null; text: string }[] = [
  { seconds: null, text: "never" },
  { seconds: 3600, text: "every hour" },
  { seconds: 86_400, text: "every day" },
  { seconds: 604_800, text: "every week" },
];

function Schedule() {
  const model = useLab((state) => state.model);
  return (
    <Field label="clearsessions runs">
      <Select
        value={String(model.clearEvery)}
        onChange={(event) => {
          const value = event.target.value;
          useLab.setState({
            model: { ...model, clearEvery: value === "null" ? null : Number(value) },
          });
        }}
      >
        {schedules.map(({ seconds, text }) => (
          <option key={text} value={String(seconds)}>
            {text}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function Policies() {
  const policies = useLab((state) => state.policies);
  const simulated = useApp((state) => state.simulated);
  const free = (name: string) => policies.every((policy) => policy.name !== name);
  const choices = [...(simulated ? [policyOf(simulated)] : []), ...knownPolicies];
  const full = policies.length >= 4;
  return (
    <section aria-label="Policies" className="labpolicies">
      <h2>Policies</h2>
      <ul>
        {policies.map((policy, index) => (
          <li key={policy.name}>
            <i className={`key key-${index}`} aria-hidden="true" />
            <span className="name">
              {visible(policy.name)}
              <small>
                {Object.entries(policy.settings)
                  .map(([name, value]) => `${name}=${visible(JSON.stringify(value))}`)
                  .join(", ") || "Django's defaults"}
              </small>
            </span>
            <IconButton
              icon={X}
              label={`Remove ${visible(policy.name)}`}
              reason={policies.length === 1 ? "One policy has to stay." : null}
              onClick={() =>
                useLab.setState({ policies: policies.filter((one) => one !== policy) })
              }
            />
          </li>
        ))}
      </ul>
      <MenuButton
        label="Add policy"
        className="btn"
        items={choices.map((policy, index) => ({
          id: `${index} ${policy.name}`,
          text:
            simulated && index === 0 ? `From the simulator: ${visible(policy.name)}` : policy.name,
          reason: full
            ? "At most four policies."
            : free(policy.name)
              ? undefined
              : "This policy is there already.",
          onSelect: () => useLab.setState({ policies: [...policies, policy] }),
        }))}
      >
        <Icon icon={Plus} />
        Add policy
      </MenuButton>
    </section>
  );
}

export function LabForm() {
  const running = useLab((state) => state.running);
  const model = useLab((state) => state.model);
  const [bad, setBad] = useState<readonly string[]>([]);
  const visits = model.visitsPerDay * model.days;
  return (
    <form
      className="labform"
      aria-label="Assumptions"
      data-region="lab"
      onSubmit={(event) => {
        event.preventDefault();
        if (bad.length === 0) runLab();
      }}
    >
      <ScrollRegion label="Assumptions" className="policy-scroll">
        <Policies />
        {groups.map((group) => (
          <fieldset key={group.title}>
            <legend>{group.title}</legend>
            {group.fields.map((field) => (
              <NumberField
                key={field.name}
                field={field}
                onBad={(isBad) =>
                  setBad((names) => [
                    ...names.filter((name) => name !== field.name),
                    ...(isBad ? [field.name] : []),
                  ])
                }
              />
            ))}
            {group.title === "How visits begin and end" && <Schedule />}
          </fieldset>
        ))}
      </ScrollRegion>
      <div className="policy-foot">
        {running ? (
          // Of its own: as the same element it would submit once it is the other button again.
          <Button key="stop" icon={Square} onClick={stopLab}>
            Stop
          </Button>
        ) : (
          <Button
            key="run"
            icon={Play}
            type="submit"
            variant="primary"
            reason={bad.length > 0 ? "A value above cannot be read." : null}
          >
            Run {count(visits)} visits
          </Button>
        )}
        <p className="help">
          Runs in a worker of the host. The same seed gives the same figures. No store is read or
          written.
        </p>
      </div>
    </form>
  );
}
