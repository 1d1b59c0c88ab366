/** One step: its time, what it is, and for a request everything the browser and the view do. */
import { useState } from "react";
import type { SimRequest, SimStep } from "../../../shared/scenario.ts";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { Checkbox } from "../../ui/Switch.tsx";
import { ActionList } from "./ActionList.tsx";
import { changeScenario } from "./document.ts";
import { kindOf, replaceStep, type StepKind, stepKinds, stepOf } from "./edits.ts";
import { moveTo } from "./RequestLane.tsx";
import { clockOf, secondsOf } from "./virtual-time.ts";

function Time({ index, at }: { index: number; at: number }) {
  const [text, setText] = useState<string | null>(null);
  const seconds = text === null ? at : secondsOf(text);
  const commit = () => {
    if (text !== null && seconds !== null && seconds !== at) moveTo(index, seconds);
    setText(null);
  };
  return (
    <Field
      label="Time"
      problem={
        seconds === null ? { message: "A time is like 90, 31:05, 00:31:05 or 2 d 00:10:00." } : null
      }
    >
      <Input
        mono
        value={text ?? clockOf(at)}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
      />
    </Field>
  );
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

function RequestFields({
  request,
  onChange,
}: {
  request: SimRequest;
  onChange: (change: Partial<SimRequest>, tag: string) => void;
}) {
  const { method = "GET", path = "/", status = 200, secure = true, cookie = "jar" } = request;
  const kind = typeof cookie === "string" ? cookie : "value";
  const known = methods.includes(method) ? methods : [method, ...methods];
  return (
    <>
      <div className="two">
        <Field label="Method">
          <Select
            value={method}
            onChange={(event) => onChange({ method: event.target.value }, "method")}
          >
            {known.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
        <Field label="Status">
          <Input
            mono
            inputMode="numeric"
            value={String(status)}
            onChange={(event) => {
              const next = Number(event.target.value);
              if (Number.isInteger(next) && next >= 0 && next < 1000)
                onChange({ status: next }, "status");
            }}
          />
        </Field>
      </div>
      <Field label="Path">
        <Input
          mono
          value={path}
          onChange={(event) => onChange({ path: event.target.value }, "path")}
        />
      </Field>
      <Field label="Cookie">
        <Select
          value={kind}
          onChange={(event) =>
            onChange(
              {
                cookie:
                  event.target.value === "value"
                    ? { value: "" }
                    : event.target.value === "none"
                      ? "none"
                      : "jar",
              },
              "cookie",
            )
          }
        >
          <option value="jar">What the browser has</option>
          <option value="none">None</option>
          <option value="value">A value of its own</option>
        </Select>
      </Field>
      {typeof cookie === "object" && (
        <Field label="Cookie value">
          <Input
            mono
            value={cookie.value}
            onChange={(event) => onChange({ cookie: { value: event.target.value } }, "value")}
          />
        </Field>
      )}
      <Checkbox checked={secure} onChange={(next) => onChange({ secure: next }, "secure")}>
        Over https
      </Checkbox>
      <Checkbox
        checked={request.unlessSignedIn === true}
        onChange={(next) => onChange({ unlessSignedIn: next }, "unless")}
      >
        Left out while signed in
      </Checkbox>
      <ActionList
        actions={request.actions ?? []}
        onChange={(actions, tag) => onChange({ actions }, tag)}
      />
    </>
  );
}

export function StepForm({ index, step }: { index: number; step: SimStep }) {
  const kind = kindOf(step);
  const replace = (next: SimStep, tag = "") =>
    changeScenario((scenario) => replaceStep(scenario, index, next), tag && `${tag} ${index}`);
  return (
    <>
      <div className="two">
        <Time index={index} at={step.at} />
        <Field label="What happens">
          <Select
            value={kind}
            onChange={(event) => replace(stepOf(event.target.value as StepKind, step.at))}
          >
            {stepKinds.map(({ id, text }) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      {(kind === "deleteSession" || kind === "deleteRow") && (
        <Field label="Session" hint='The key, or "jar" for the one the browser holds.'>
          <Input
            mono
            value={step[kind] ?? ""}
            onChange={(event) => replace({ ...step, [kind]: event.target.value }, "key")}
          />
        </Field>
      )}
      {step.request && (
        <RequestFields
          request={step.request}
          onChange={(change, tag) =>
            replace({ ...step, request: { ...step.request, ...change } }, tag)
          }
        />
      )}
    </>
  );
}
