/** The driver's options, drawn from its schema. */
import type { Problem } from "../../../shared/problem.ts";
import { Field, Input, Select } from "../../ui/Field.tsx";
import { Checkbox } from "../../ui/Switch.tsx";
import { PathField } from "./PathField.tsx";
import type { OptionField } from "./schema.ts";

export interface OptionFieldsProps {
  fields: OptionField[];
  values: Record<string, unknown>;
  onChange: (name: string, value: unknown) => void;
  onPath: (path: string) => void;
  problemAt: (place: string) => Problem | null;
  foldersOnly: boolean;
  autoFocus?: boolean;
}

export function OptionFields(props: OptionFieldsProps) {
  const { fields, values, onChange, onPath, problemAt, foldersOnly, autoFocus } = props;
  return fields.map((field, index) => {
    const value = values[field.name];
    const shown = value === undefined || value === null ? "" : String(value);
    const set = (next: unknown) => onChange(field.name, next);
    if (field.kind === "boolean")
      return (
        <div className="row" key={field.name}>
          <Checkbox
            checked={value === undefined ? field.fallback === "true" : value === true}
            help={field.description}
            onChange={set}
          >
            {field.title}
          </Checkbox>
        </div>
      );
    return (
      <Field
        key={field.name}
        className="row"
        label={field.title}
        aside={field.kind === "path" ? undefined : field.description}
        hint={field.kind === "path" ? field.description : undefined}
        problem={problemAt(`option:${field.name}`)}
      >
        {field.kind === "path" ? (
          <PathField
            value={shown}
            onChange={set}
            onDone={onPath}
            foldersOnly={foldersOnly}
            placeholder={foldersOnly ? "/var/lib/site/sessions" : "/srv/site/db.sqlite3"}
            autoFocus={autoFocus === true && index === 0}
          />
        ) : field.kind === "choice" ? (
          <Select value={shown || field.fallback} onChange={(event) => set(event.target.value)}>
            {field.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </Select>
        ) : (
          <Input
            mono={field.kind === "text"}
            inputMode={field.kind === "number" ? "numeric" : "text"}
            value={shown}
            placeholder={value === "" ? "none" : field.fallback}
            onChange={(event) => {
              const typed = event.target.value;
              const number = field.kind === "number" && typed !== "" && !Number.isNaN(+typed);
              set(number ? +typed : typed || (field.emptyCounts ? "" : undefined));
            }}
          />
        )}
      </Field>
    );
  });
}
