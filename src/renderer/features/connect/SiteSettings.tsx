/** SESSION_* settings of the site, by Django's names; what is left empty is Django's default. */
import type { SessionSettings } from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import { Field, Input, Select } from "../../ui/Field.tsx";

type Name = keyof SessionSettings;
const kinds: [Name, "text" | "seconds" | "boolean" | "samesite", string][] = [
  ["SESSION_COOKIE_AGE", "seconds", "1209600"],
  ["SESSION_COOKIE_NAME", "text", "sessionid"],
  ["SESSION_COOKIE_DOMAIN", "text", "None"],
  ["SESSION_COOKIE_PATH", "text", "/"],
  ["SESSION_COOKIE_SAMESITE", "samesite", "Lax"],
  ["SESSION_COOKIE_SECURE", "boolean", "False"],
  ["SESSION_COOKIE_HTTPONLY", "boolean", "True"],
  ["SESSION_EXPIRE_AT_BROWSER_CLOSE", "boolean", "False"],
  ["SESSION_SAVE_EVERY_REQUEST", "boolean", "False"],
  ["USE_TZ", "boolean", "True"],
  ["TIME_ZONE", "text", "UTC"],
];

function parsed(kind: string, typed: string): unknown {
  if (typed === "") return undefined;
  if (kind === "boolean") return typed === "True";
  if (kind === "samesite") return typed === "False" ? null : typed;
  if (kind === "seconds") return Number.isNaN(Number(typed)) ? typed : Number(typed);
  return typed;
}

function shown(kind: string, value: unknown): string {
  if (value === undefined) return "";
  if (kind === "boolean") return value === true ? "True" : "False";
  if (kind === "samesite" && value === null) return "False";
  return String(value ?? "");
}

export interface SiteSettingsProps {
  settings: SessionSettings;
  onChange: (settings: SessionSettings) => void;
  problemAt: (place: string) => Problem | null;
}

export function SiteSettings({ settings, onChange, problemAt }: SiteSettingsProps) {
  return (
    <div className="cols sitesettings">
      {kinds.map(([name, kind, fallback]) => {
        const value = shown(kind, settings[name]);
        const set = (typed: string) => {
          const { [name]: _, ...rest } = settings;
          const next = parsed(kind, typed);
          onChange(next === undefined ? rest : { ...rest, [name]: next });
        };
        const choices = kind === "boolean" ? ["True", "False"] : ["Lax", "Strict", "None", "False"];
        return (
          <Field
            key={name}
            className="row"
            label={<code className="mono">{name}</code>}
            problem={problemAt(`setting:${name}`)}
          >
            {kind === "boolean" || kind === "samesite" ? (
              <Select value={value} onChange={(event) => set(event.target.value)}>
                <option value="">Django's default, {fallback}</option>
                {choices.map((choice) => (
                  <option key={choice}>{choice}</option>
                ))}
              </Select>
            ) : (
              <Input
                value={value}
                placeholder={fallback}
                {...(kind === "seconds" ? { unit: "s", inputMode: "numeric" as const } : {})}
                onChange={(event) => set(event.target.value)}
              />
            )}
          </Field>
        );
      })}
    </div>
  );
}
