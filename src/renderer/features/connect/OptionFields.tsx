/** The driver's options, drawn from its schema. */
import type { Problem } from "../../../shared/problem.ts";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { Checkbox } from "../../ui/Switch.tsx";
import { PathField } from "./PathField.tsx";
import type { OptionField } from "./schema.ts";

const exampleFile = "/srv/site/db.sqlite3";
const exampleFolder = "/var/lib/site/sessions";

export interface OptionFieldsProps {
  fields: OptionField[];
  values: Record<string, unknown>;
  onChange: (name: string, value: unknown) => void;
  onPath: (path: string) => void;
  problemAt: (place: string) => Problem | null;
  foldersOnly: boolean;
  autoFocus?: boolean;
  /** Options the host has values of, which are not shown. */
  held?: readonly string[];
}

export function OptionFields(props: OptionFieldsProps) {
  const { fields, values, onChange, onPath, problemAt, foldersOnly, autoFocus, held } = props;
  const control = (field: OptionField, first: boolean) => {
    const value = values[field.name];
    const shown = value === undefined || value === null ? "" : String(value);
    const set = (next: unknown) => onChange(field.name, next);
    if (field.kind === "path")
      return (
        <PathField
          value={shown}
          onChange={set}
          onDone={onPath}
          foldersOnly={foldersOnly}
          placeholder={
            field.required ? (foldersOnly ? exampleFolder : exampleFile) : field.fallback
          }
          autoFocus={autoFocus === true && first}
        />
      );
    if (field.kind === "choice")
      return (
        <Select value={shown || field.fallback} onChange={(event) => set(event.target.value)}>
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </Select>
      );
    const number = field.kind === "number";
    return (
      <Input
        mono={field.kind === "text"}
        type={field.kind === "password" ? "password" : "text"}
        {...(field.kind === "password" ? { autoComplete: "new-password" } : {})}
        inputMode={number ? "numeric" : "text"}
        value={shown}
        placeholder={
          held?.includes(field.name)
            ? "known from the project, kept in the host"
            : value === "" && field.emptyCounts
              ? "none"
              : field.fallback
        }
        onChange={(event) => {
          const typed = event.target.value;
          if (number && typed !== "" && !Number.isNaN(Number(typed))) set(Number(typed));
          else set(typed || (field.emptyCounts ? "" : undefined));
        }}
      />
    );
  };
  // Paths need the width; everything else stands two in a row where there are two.
  const alone = fields.filter((field) => field.kind !== "path").length === 1;
  return (
    <div className={alone ? undefined : "optiongrid"}>
      {fields.map((field, index) =>
        field.kind === "boolean" ? (
          <div className="row" key={field.name}>
            <Checkbox
              checked={
                values[field.name] === undefined
                  ? field.fallback === "true"
                  : values[field.name] === true
              }
              help={field.description}
              onChange={(checked) => onChange(field.name, checked)}
            >
              {field.title}
            </Checkbox>
          </div>
        ) : (
          <Field
            key={field.name}
            className={field.kind === "path" ? "row is-wide" : "row"}
            label={field.title}
            hint={field.description}
            problem={problemAt(`option:${field.name}`)}
          >
            {control(field, index === 0)}
          </Field>
        ),
      )}
    </div>
  );
}
