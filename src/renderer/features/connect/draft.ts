/** A connection as it is being typed, and what it becomes. */
import type {
  Colour,
  Connection,
  DriverInfo,
  Environment,
  Secrets,
  SessionSettings,
  Tunnel,
} from "../../../shared/connection.ts";
import { cachePrefix } from "../../../shared/connection.ts";
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
  colour: Colour;
  options: Record<string, unknown>;
  settings: SessionSettings;
  storeClass: string;
  secretKeyEnv: string;
  secretKey: string;
  fallbacks: string[];
  /** null: the server is reached without one. */
  tunnel: Tunnel | null;
  /** cached_db: the cache that is shown together with the table. */
  cachedBy: Connection["cachedBy"];
  tunnelPassword: string;
  tunnelPassphrase: string;
  /** Secrets are kept where the host keeps them, beyond this run. */
  remember: boolean;
  /** Secrets the host holds already, of a project's proposal: what they are called, and by which name they are used. */
  held: { handle: string; names: string[] } | null;
}

export const blankTunnel: Tunnel = {
  host: "",
  port: null,
  user: "",
  method: "auto",
  keyPath: "",
  passwordEnv: "",
  passphraseEnv: "",
};

const noSecrets = {
  secretKey: "",
  fallbacks: [],
  tunnelPassword: "",
  tunnelPassphrase: "",
  remember: false,
  held: null,
};

export const blankDraft = (driver: DriverInfo): Draft => ({
  saved: null,
  id: "",
  driver: driver.name,
  name: "",
  named: false,
  group: "",
  environment: "development",
  colour: "none",
  options: {},
  settings: {},
  storeClass: "SessionStore",
  secretKeyEnv: "",
  tunnel: null,
  cachedBy: null,
  ...noSecrets,
});

export const draftOf = (connection: Connection): Draft => ({
  saved: connection,
  id: connection.id,
  driver: connection.driver,
  name: connection.name,
  named: true,
  group: connection.group,
  environment: connection.environment,
  colour: connection.colour ?? "none",
  options: connection.options,
  settings: connection.settings,
  storeClass: connection.storeClass,
  secretKeyEnv: connection.secretKeyEnv ?? "",
  tunnel: connection.tunnel ?? null,
  cachedBy: connection.cachedBy ?? null,
  ...noSecrets,
});

/** A project's proposal as a new connection; its secrets stay in the host. */
export const draftOfProposal = (
  connection: Connection,
  { handle, secrets }: { handle: string | null; secrets: string[] },
): Draft => ({
  ...draftOf(connection),
  saved: null,
  id: "",
  held: handle === null ? null : { handle, names: secrets },
});

const isGiven = ([, value]: [string, unknown]) => value !== undefined;

/** Fields of the store's options, and of its cache's where there is one. */
export interface Fields {
  store: OptionField[];
  cache: OptionField[];
}

/** What may be saved, fields never filled in left out so that the driver's defaults hold, and what is secret. */
function parted(options: Record<string, unknown>, fields: OptionField[]) {
  const names = fields.filter(({ kind }) => kind === "password").map(({ name }) => name);
  const given = Object.entries(options).filter(isGiven);
  return {
    open: Object.fromEntries(given.filter(([name]) => !names.includes(name))),
    secret: given.filter(([name, value]) => names.includes(name) && value !== ""),
  };
}

/** Fields never filled in are left out, so that the driver's and Django's defaults hold; secrets go apart. */
export function connectionOf(draft: Draft, { store, cache }: Fields): Connection {
  const { id, driver, group, environment, storeClass, secretKeyEnv, options, settings } = draft;
  const { cachedBy } = draft;
  return {
    ...draft.saved,
    id,
    driver,
    name: draft.name.trim(),
    group: group.trim(),
    environment,
    colour: draft.colour,
    options: parted(options, store).open,
    settings: Object.fromEntries(Object.entries(settings).filter(isGiven)),
    tunnel: draft.tunnel,
    cachedBy: cachedBy ? { ...cachedBy, options: parted(cachedBy.options, cache).open } : null,
    storeClass: storeClass.trim() || "SessionStore",
    secretKeyEnv: secretKeyEnv.trim() || null,
    builtin: false,
  };
}

/** undefined where nothing was typed, so that what an open store has stays. */
export function secretsOf(draft: Draft, { store, cache }: Fields): Secrets | undefined {
  const fallbacks = draft.fallbacks.filter(Boolean);
  const options = [
    ...parted(draft.options, store).secret,
    ...parted(draft.cachedBy?.options ?? {}, cache).secret.map(
      ([name, value]) => [cachePrefix + name, value] as const,
    ),
  ].map(([name, value]) => [name, String(value)] as const);
  const { tunnelPassword: password, tunnelPassphrase: passphrase } = draft;
  const tunnel = {
    ...(password ? { password } : {}),
    ...(passphrase ? { passphrase } : {}),
  };
  const given = {
    ...(draft.held ? { handle: draft.held.handle } : {}),
    ...(draft.tunnel && Object.keys(tunnel).length > 0 ? { tunnel } : {}),
    ...(draft.secretKey ? { secretKey: draft.secretKey } : {}),
    ...(fallbacks.length > 0 ? { fallbacks } : {}),
    ...(options.length > 0 ? { options: Object.fromEntries(options) } : {}),
  };
  return Object.keys(given).length > 0 ? given : undefined;
}

/** The field a problem belongs to: "option:path", "setting:TIME_ZONE", "name"; null for the whole form. */
export function placeOf(problem: Problem, fields: OptionField[]): string | null {
  const { option, setting, step } = problem.detail ?? {};
  if (step === "ssh") return "tunnel";
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
  if (draft.tunnel?.host.trim() === "")
    return ["tunnel", { code: "bad_request", message: "The SSH host is empty." }];
  return null;
}
