/** A connection as it is being typed, and what it becomes. */
import type {
  Connection,
  DriverInfo,
  Environment,
  Secrets,
  SessionSettings,
} from "../../../shared/connection.ts";
import type { Problem } from "../../../shared/problem.ts";
import type { OptionField } from "./schema.ts";

export interface Draft {
  /** "" for a new one. */
  id: string;
  driver: string;
  name: string;
  /** The name was typed, so no path changes it. */
  named: boolean;
  group: string;
  environment: Environment;
  options: Record<string, unknown>;
  settings: SessionSettings;
  storeClass: string;
  secretKeyEnv: string;
  secretKey: string;
  fallbacks: string[];
}

export const blankDraft = (driver: DriverInfo): Draft => ({
  id: "",
  driver: driver.name,
  name: "",
  named: false,
  group: "",
  environment: "development",
  options: {},
  settings: {},
  storeClass: "SessionStore",
  secretKeyEnv: "",
  secretKey: "",
  fallbacks: [],
});

export const draftOf = (connection: Connection): Draft => ({
  id: connection.id,
  driver: connection.driver,
  name: connection.name,
  named: true,
  group: connection.group,
  environment: connection.environment,
  options: connection.options,
  settings: connection.settings,
  storeClass: connection.storeClass,
  secretKeyEnv: connection.secretKeyEnv ?? "",
  secretKey: "",
  fallbacks: [],
});

const isGiven = ([, value]: [string, unknown]) => value !== undefined;

/** Fields never filled in are left out, so that the driver's and Django's defaults hold. */
export function connectionOf(draft: Draft): Connection {
  const { id, driver, group, environment, storeClass, secretKeyEnv, options, settings } = draft;
  return {
    id,
    driver,
    name: draft.name.trim(),
    group: group.trim(),
    environment,
    options: Object.fromEntries(Object.entries(options).filter(isGiven)),
    settings: Object.fromEntries(Object.entries(settings).filter(isGiven)),
    storeClass: storeClass.trim() || "SessionStore",
    secretKeyEnv: secretKeyEnv.trim() || null,
    builtin: false,
  };
}

export function secretsOf({ secretKey, fallbacks }: Draft): Secrets {
  const given = fallbacks.filter(Boolean);
  return {
    ...(secretKey ? { secretKey } : {}),
    ...(given.length > 0 ? { fallbacks: given } : {}),
  };
}

/** The field a problem belongs to: "option:path", "setting:TIME_ZONE", "name"; null for the whole form. */
export function placeOf(problem: Problem, fields: OptionField[]): string | null {
  const { option, setting } = problem.detail ?? {};
  if (typeof setting === "string") return `setting:${setting}`;
  const named = fields.find((field) => field.name === option);
  if (named) return `option:${named.name}`;
  const table = fields.find((field) => field.name === "table");
  if (problem.code === "no_table" && table) return "option:table";
  // The store's own place, not a certificate's.
  const path = fields.find((field) => field.kind === "path" && field.required);
  const ofPath = [
    "cannot_open",
    "not_a_database",
    "no_table",
    "no_sessions_folder",
    "not_found",
    "store_gone",
    "bad_request",
  ];
  return path && ofPath.includes(problem.code) ? `option:${path.name}` : null;
}

/** What is missing before anything can be asked of the host. */
export function missingIn(draft: Draft, fields: OptionField[]): [string, Problem] | null {
  const empty = fields.find((field) => field.required && !draft.options[field.name]);
  if (empty)
    return [`option:${empty.name}`, { code: "bad_request", message: `${empty.title} is empty.` }];
  if (!draft.name.trim()) return ["name", { code: "bad_request", message: "The name is empty." }];
  return null;
}
