/** One setting: a control of its kind, its meaning, whether it differs from the default, and the way back. */
import { RotateCcw } from "lucide-react";
import { useEffect, useId, useState } from "react";
import type { SettingInfo } from "../../../shared/audit.ts";
import type { Problem } from "../../../shared/problem.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Input, Select } from "../../ui/Field.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { visible } from "../../ui/Text.tsx";
import { secondsOf, spanText } from "./virtual-time.ts";

export interface SettingFieldProps {
  info: SettingInfo;
  value: unknown;
  changed: boolean;
  problem: Problem | null;
  /** undefined: back to the default. */
  onChange: (value: unknown) => void;
}

interface ControlProps extends Omit<SettingFieldProps, "changed"> {
  wiring: { "aria-label": string; "aria-describedby": string; "aria-invalid"?: true };
}

const sliderMost = Math.log(31_536_000);

/** The cookie's age over seven powers of ten: 1 s to a year. */
function AgeSlider({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <>
      <input
        className="agebar"
        type="range"
        min={0}
        max={1000}
        aria-label="Cookie age, roughly"
        aria-valuetext={spanText(value)}
        value={value <= 1 ? 0 : Math.round((1000 * Math.log(value)) / sliderMost)}
        onChange={(event) => {
          const exact = Math.exp((Number(event.target.value) / 1000) * sliderMost);
          const grid = [1, 5, 30, 60, 300, 1800, 3600, 43_200, 86_400].findLast(
            (g) => exact >= g * 4,
          );
          onChange(Math.round(exact / (grid ?? 1)) * (grid ?? 1));
        }}
      />
      <div className="agescale" aria-hidden="true">
        <span>1 s</span>
        <span>1 min</span>
        <span>1 h</span>
        <span>1 d</span>
        <span>1 y</span>
      </div>
    </>
  );
}

/** Text that becomes a value as it is typed; what cannot be read stays in the field and is said. */
function Typed({
  value,
  read,
  write,
  onChange,
  wiring,
  unit,
  empty,
}: {
  value: unknown;
  write: (value: unknown) => string;
  /** undefined: cannot be read. */
  read: (text: string) => unknown;
  onChange: (value: unknown) => void;
  wiring: ControlProps["wiring"];
  unit?: string;
  empty?: string;
}) {
  const [text, setText] = useState(write(value));
  const [bad, setBad] = useState(false);
  const written = write(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed stays until the value changes elsewhere.
  useEffect(() => {
    if (JSON.stringify(read(text)) === JSON.stringify(value)) return;
    setText(written);
    setBad(false);
  }, [written]);
  return (
    <Input
      mono
      {...wiring}
      {...(bad ? { "aria-invalid": true as const } : {})}
      value={text}
      placeholder={empty}
      {...(unit ? { unit } : {})}
      onChange={(event) => {
        setText(event.target.value);
        const next = read(event.target.value);
        setBad(next === undefined);
        if (next !== undefined) onChange(next);
      }}
    />
  );
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function Control({ info, value, problem, onChange, wiring }: ControlProps) {
  const { kind, choices } = info;
  if (kind === "bool")
    return (
      <span className="bool">
        {value ? "True" : "False"}
        <Switch
          checked={value === true}
          onChange={onChange}
          label={info.name}
          describedBy={wiring["aria-describedby"]}
        />
      </span>
    );
  if (choices.length > 0) {
    const index = choices.findIndex(
      (choice) => JSON.stringify(choice.value) === JSON.stringify(value),
    );
    return (
      <Select
        {...wiring}
        value={String(index)}
        onChange={(event) => onChange(choices[Number(event.target.value)]?.value)}
      >
        {index === -1 && <option value="-1">{visible(String(value))}</option>}
        {choices.map((choice, at) => (
          <option key={choice.label} value={String(at)}>
            {choice.label}
          </option>
        ))}
      </Select>
    );
  }
  if (kind === "seconds")
    return (
      <Typed
        value={value}
        write={String}
        read={(text) => secondsOf(text) ?? (/^-?\d+$/.test(text) ? Number(text) : undefined)}
        onChange={onChange}
        wiring={wiring}
        unit={typeof value === "number" ? spanText(value) : "s"}
      />
    );
  if (kind === "keys" || kind === "caches")
    return (
      <Typed
        value={value}
        write={(given) => JSON.stringify(given)}
        read={json}
        onChange={onChange}
        wiring={{ ...wiring, ...(problem ? { "aria-invalid": true as const } : {}) }}
      />
    );
  const nullable = kind === "text or null" || kind === "samesite";
  return (
    <Typed
      value={value}
      write={(given) => (given === null || given === false ? "" : String(given))}
      read={(text) => (text === "" && nullable ? null : text)}
      onChange={onChange}
      wiring={wiring}
      empty={nullable ? "None" : ""}
    />
  );
}

export function SettingField(props: SettingFieldProps) {
  const { info, value, changed, problem, onChange } = props;
  const id = useId();
  const wiring = {
    "aria-label": info.name,
    "aria-describedby": id,
    ...(problem ? { "aria-invalid": true as const } : {}),
  };
  const wide = info.kind === "caches" || info.kind === "keys" || info.name.length > 24;
  return (
    <div
      className={`setting${changed ? " is-changed" : ""}${wide && info.kind !== "bool" ? " is-wide" : ""}`}
    >
      <div className="setting-row">
        <span className="setting-name">
          {changed && <i className="dot" title={`Default: ${JSON.stringify(info.default)}`} />}
          {info.name}
        </span>
        <Control {...props} wiring={wiring} />
        {changed && (
          <IconButton
            icon={RotateCcw}
            label={`Reset ${info.name}`}
            title={`Reset to ${JSON.stringify(info.default)}`}
            onClick={() => onChange(undefined)}
          />
        )}
      </div>
      {info.name === "SESSION_COOKIE_AGE" && (
        <AgeSlider value={typeof value === "number" ? value : 0} onChange={onChange} />
      )}
      <p className="help" id={id}>
        {changed && <span className="sr">Changed. Default {JSON.stringify(info.default)}. </span>}
        {info.meaning}
      </p>
      {problem && (
        <p className="bad" role="alert">
          {visible(problem.message)} {visible(problem.hint ?? "")}
        </p>
      )}
    </div>
  );
}
