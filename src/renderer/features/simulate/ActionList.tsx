/** What the view does with its session, in order: each action with its members. */
import { MoveDown, MoveUp, Plus, X } from "lucide-react";
import { useState } from "react";
import { type ActionName, actionMembers, type SimAction } from "../../../shared/scenario.ts";
import { Button, IconButton } from "../../ui/Button.tsx";
import { Input, Select } from "../../ui/Field.tsx";
import { actionOf } from "./edits.ts";

const names = Object.keys(actionMembers) as ActionName[];

/** Members whose value is a text nearly always: shown without quotes. */
const texts = ["key", "field", "user", "hash", "datetime"];

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member as it is shown: a text without its quotes where it cannot be mistaken for something else. */
function shown(member: string, json: string): string {
  const value = parse(json);
  return texts.includes(member) && typeof value === "string" && parse(value) === undefined
    ? value
    : json;
}

/** What is typed, as JSON: text that is no JSON is a text. NaN and the like are Python's JSON. */
const typed = (text: string): string =>
  parse(text) !== undefined || /^-?(NaN|Infinity)$/.test(text) ? text : JSON.stringify(text);

function Member({
  name,
  value,
  label,
  onChange,
}: {
  name: string;
  value: string;
  label: string;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState<string | null>(null);
  return (
    <div className="member">
      <span aria-hidden="true">{name}</span>
      <Input
        mono
        aria-label={label}
        value={text ?? shown(name, value)}
        onFocus={() => setText(shown(name, value))}
        onBlur={() => setText(null)}
        onChange={(event) => {
          setText(event.target.value);
          onChange(typed(event.target.value));
        }}
      />
    </div>
  );
}

function ExpiryKind({
  action,
  onChange,
}: {
  action: SimAction;
  onChange: (next: SimAction) => void;
}) {
  const kinds = { seconds: "300", timedelta: "300", datetime: '"2026-01-01T01:00:00+00:00"' };
  const kind =
    (Object.keys(kinds) as (keyof typeof kinds)[]).find((one) => one in action) ?? "seconds";
  return (
    <Select
      aria-label="Kind of expiry"
      value={kind}
      onChange={(event) => {
        const next = event.target.value as keyof typeof kinds;
        onChange({ op: "setExpiry", [next]: kinds[next] });
      }}
    >
      <option value="seconds">seconds</option>
      <option value="timedelta">timedelta</option>
      <option value="datetime">datetime</option>
    </Select>
  );
}

export interface ActionListProps {
  actions: readonly SimAction[];
  onChange: (actions: SimAction[], tag: string) => void;
}

export function ActionList({ actions, onChange }: ActionListProps) {
  const replace = (index: number, action: SimAction, tag = "") =>
    onChange([...actions.slice(0, index), action, ...actions.slice(index + 1)], tag);
  const swap = (index: number, by: -1 | 1) => {
    const [one, other] = [actions[index], actions[index + by]];
    if (one && other) onChange([...actions].with(index, other).with(index + by, one), "");
  };
  return (
    <fieldset className="step-actions">
      <legend>The view</legend>
      {actions.length === 0 && <p className="help">Does not touch the session.</p>}
      <ol>
        {actions.map((action, index) => {
          const { needs, takes } = actionMembers[action.op];
          const members =
            action.op === "setExpiry"
              ? Object.keys(action).filter((member) => member !== "op")
              : [...needs, ...takes];
          const position = `action ${index + 1}`;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: an action has no name but its place.
            <li key={index}>
              <div className="action-head">
                <Select
                  aria-label={`Action ${index + 1}`}
                  value={action.op}
                  onChange={(event) => replace(index, actionOf(event.target.value as ActionName))}
                >
                  {names.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </Select>
                {action.op === "setExpiry" && (
                  <ExpiryKind action={action} onChange={(next) => replace(index, next)} />
                )}
                <IconButton
                  icon={MoveUp}
                  label={`Move ${position} up`}
                  reason={index === 0 ? "This is the first action." : null}
                  onClick={() => swap(index, -1)}
                />
                <IconButton
                  icon={MoveDown}
                  label={`Move ${position} down`}
                  reason={index === actions.length - 1 ? "This is the last action." : null}
                  onClick={() => swap(index, 1)}
                />
                <IconButton
                  icon={X}
                  label={`Delete ${position}`}
                  onClick={() => onChange([...actions].toSpliced(index, 1), "")}
                />
              </div>
              {members.length > 0 && (
                <div className="members">
                  {members.map((member) => (
                    <Member
                      key={`${action.op} ${member}`}
                      name={member}
                      label={`${member} of ${position}`}
                      value={action[member] ?? "null"}
                      onChange={(value) =>
                        replace(index, { ...action, [member]: value }, `${member} ${index}`)
                      }
                    />
                  ))}
                </div>
              )}
            </li>
          );
        })}
      </ol>
      <Button icon={Plus} onClick={() => onChange([...actions, actionOf("set")], "")}>
        Add action
      </Button>
    </fieldset>
  );
}
