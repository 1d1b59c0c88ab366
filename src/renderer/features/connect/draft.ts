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
  /** As it was saved: what this form does not show stays. null for a new one. */
  saved: Connection | null;
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
  saved: null,
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
  saved: connection,
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

/** Fields never filled in are left out, so that the driver's and Django's defaults hold; secrets go apart. */
export function connectionOf(draft: Draft, fields: OptionField[]): Connection {
  const { id, driver, group, environment, storeClass, secretKeyEnv, options, settings } = draft;
  const secret = fields.filter((field) => field.kind === "password").map((field) => field.name);
  const open = Object.entries(options).filter(([name]) => !secret.includes(name));
  return {
    ...draft.saved,
    id,
    driver,
    name: draft.name.trim(),
    group: group.trim(),
    environment,
    options: Object.fromEntries(open.filter(isGiven)),
    settings: Object.fromEntries(Object.entries(settings).filter(isGiven)),
    storeClass: storeClass.trim() || "SessionStore",
    secretKeyEnv: secretKeyEnv.trim() || null,
    builtin: false,
  };
}

/** undefined where nothing was typed, so that what an open store has stays. */
export function secretsOf(draft: Draft, fields: OptionField[]): Secrets | undefined {
  const fallbacks = draft.fallbacks.filter(Boolean);
  const options = fields
    .filter((field) => field.kind === "password" && draft.options[field.name])
    .map((field) => [field.name, String(draft.options[field.name])] as const);
  const given = {
    ...(draft.secretKey ? { secretKey: draft.secretKey } : {}),
    ...(fallbacks.length > 0 ? { fallbacks } : {}),
    ...(options.length > 0 ? { options: Object.fromEntries(options) } : {}),
  };
  return Object.keys(given).length > 0 ? given : undefined;
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
  return null;
}
