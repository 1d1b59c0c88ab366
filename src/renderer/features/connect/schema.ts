/** The form's fields out of a driver's JSON Schema. */
import type { DriverInfo } from "../../../shared/connection.ts";

export interface OptionField {
  name: string;
  title: string;
  description: string;
  kind: "path" | "text" | "password" | "number" | "boolean" | "choice";
  choices: string[];
  advanced: boolean;
  required: boolean;
  /** Shown as the placeholder; what the driver takes when the field is left empty. */
  fallback: string;
  /** Left empty on purpose is an answer of its own ("no users table"). */
  emptyCounts: boolean;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** A nullable or optional type is written as a union; the part that is not null counts. */
function plain(schema: Record<string, unknown>): Record<string, unknown> {
  const parts = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(parts)) return schema;
  const part = parts.map(record).find((one) => one.type !== "null");
  return { ...part, ...schema };
}

function kindOf(schema: Record<string, unknown>): OptionField["kind"] {
  if (Array.isArray(schema.enum)) return "choice";
  if (schema.format === "path") return "path";
  if (schema.format === "password" || schema["x-secret"] === true) return "password";
  if (schema.type === "boolean") return "boolean";
  return schema.type === "number" || schema.type === "integer" ? "number" : "text";
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** In the schema's own order. */
export function optionFields(driver: DriverInfo): OptionField[] {
  const required = Array.isArray(driver.options.required) ? driver.options.required : [];
  return Object.entries(record(driver.options.properties)).map(([name, raw]) => {
    const schema = plain(record(raw));
    return {
      name,
      title: text(schema.title) || name,
      description: text(schema.description),
      kind: kindOf(schema),
      choices: Array.isArray(schema.enum) ? schema.enum.map(String) : [],
      advanced: schema["x-advanced"] === true,
      required: required.includes(name) && schema.default === undefined,
      fallback: schema.default === undefined ? "" : String(schema.default ?? ""),
      emptyCounts: schema.type === "string" && schema.default !== "" && !schema.minLength,
    };
  });
}

/** What is reached over a network, or is no plain file or folder: it has a URL of its own in the form. */
export const isServer = (driver: DriverInfo): boolean =>
  !optionFields(driver).some((field) => field.kind === "path" && field.required) ||
  driver.kind === "cache";
