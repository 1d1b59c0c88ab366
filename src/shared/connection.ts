/** Connections: saved places, and what is known of one that is open. */
import { z } from "zod";
import { problemSchema } from "./problem.ts";

export const environmentSchema = z.enum(["development", "staging", "production"]);

/** SESSION_* settings of the site the store belongs to, Django's names; absent means Django's default. */
export const sessionSettingsSchema = z
  .object({
    SESSION_COOKIE_NAME: z.string(),
    SESSION_COOKIE_AGE: z.number(),
    SESSION_COOKIE_DOMAIN: z.string().nullable(),
    SESSION_COOKIE_PATH: z.string().nullable(),
    SESSION_COOKIE_SECURE: z.boolean(),
    SESSION_COOKIE_HTTPONLY: z.boolean(),
    SESSION_COOKIE_SAMESITE: z.enum(["Lax", "Strict", "None"]).nullable(),
    SESSION_EXPIRE_AT_BROWSER_CLOSE: z.boolean(),
    SESSION_SAVE_EVERY_REQUEST: z.boolean(),
    USE_TZ: z.boolean(),
    TIME_ZONE: z.string(),
  })
  .partial();

/** Colours by name; the page knows their shades. */
export const colourSchema = z.enum([
  "none",
  "grey",
  "red",
  "orange",
  "yellow",
  "green",
  "blue",
  "violet",
]);

/** The way to a server through an SSH host. Secrets are apart, in `secrets.tunnel`. */
export const tunnelSchema = z.object({
  /** A host's name or address, or an alias of ~/.ssh/config. */
  host: z.string().min(1).max(255),
  /** null: ~/.ssh/config, else 22. */
  port: z.number().int().min(1).max(65_535).nullable().default(null),
  /** "": ~/.ssh/config, else the system's user. */
  user: z.string().max(255).default(""),
  /** auto: agent, then keys, then the password, whichever there are. */
  method: z.enum(["auto", "agent", "key", "password"]).default("auto"),
  /** "": ~/.ssh/config, else ~/.ssh/id_ed25519, id_ecdsa and id_rsa. */
  keyPath: z.string().default(""),
  /** Environment variables to read the password and the key's passphrase from. */
  passwordEnv: z.string().default(""),
  passphraseEnv: z.string().default(""),
});

/** How options of `cachedBy` are named among secrets: "cachedBy.password". */
export const cachePrefix = "cachedBy.";

/** The cache of a cached_db site. */
export const cachedBySchema = z.object({
  driver: z.string(),
  options: z.record(z.string(), z.unknown()),
});

/** What is saved. Never holds a secret: keys are named by environment variable or kept in memory. */
export const connectionSchema = z.object({
  id: z.string(),
  name: z.string().min(1).max(80),
  group: z.string().max(80).default(""),
  environment: environmentSchema.default("development"),
  /** Absent: none. */
  colour: colourSchema.optional(),
  /** Absent or null: the server is reached without one. */
  tunnel: tunnelSchema.nullable().optional(),
  /** A driver's name, and options as its schema describes them. */
  driver: z.string(),
  options: z.record(z.string(), z.unknown()),
  /** cached_db: the cache in front of the table, which is shown and changed together with it. */
  cachedBy: cachedBySchema.nullable().optional(),
  settings: sessionSettingsSchema.default({}),
  /** The part of the signing salt after "django.contrib.sessions.", for a subclassed SessionStore. */
  storeClass: z.string().default("SessionStore"),
  /** Environment variable to read SECRET_KEY from at open; null: asked for, kept in memory only. */
  secretKeyEnv: z.string().nullable().default(null),
  /** The demo store: keys known, cannot be edited or removed. */
  builtin: z.boolean().default(false),
});

/** Typed by the user: held in the host's memory while the connection is open, or kept where `remember` asks for it. */
export const secretsSchema = z.object({
  secretKey: z.string().optional(),
  fallbacks: z.array(z.string()).optional(),
  /** Options the driver marks as secret, by name: { password: "…", "cachedBy.password": "…" }. */
  options: z.record(z.string(), z.string()).optional(),
  tunnel: z
    .object({ password: z.string().optional(), passphrase: z.string().optional() })
    .optional(),
  /** Stands for secrets the host holds: `handle` of a project's proposal. What is typed as well counts more. */
  handle: z.string().optional(),
});

export const capabilitiesSchema = z.object({
  /** Orders a page can be had in without a scan. */
  orders: z.array(z.enum(["expires", "-expires"])),
  count: z.enum(["exact", "estimate", "none"]),
  histogram: z.boolean(),
  users: z.boolean(),
  write: z.boolean(),
  purge: z.boolean(),
  /** A purge locks the rows it deletes and nothing else: nobody waits but who saves one of these. */
  rowLocks: z.boolean().optional(),
  /** The expiry can be set apart from the data (a column, a TTL, a file's time). */
  setExpiry: z.boolean(),
  /** A kind of session Django's own rule never removes exists here (files with an integer expiry). */
  neverRemoved: z.boolean(),
  /** The listing may miss sessions; why. */
  partial: z.string().nullable(),
});

export const storeKindSchema = z.enum(["db", "file", "cache", "signed_cookies"]);

export const openStoreSchema = z.object({
  connection: connectionSchema,
  kind: storeKindSchema,
  capabilities: capabilitiesSchema,
  /** One line for the title bar: "SQLite 3.54, /srv/site/db.sqlite3". */
  title: z.string(),
  /** Facts for the connect panel and the title's tooltip. */
  facts: z.array(
    z.object({ level: z.enum(["ok", "info", "warning"]), title: z.string(), text: z.string() }),
  ),
  locked: z.boolean(),
  /** ISO time at which writes lock again by themselves; null while locked. */
  unlockedUntil: z.string().nullable(),
  keys: z.object({ secretKey: z.boolean(), fallbacks: z.number() }),
  /** The site's settings with Django's defaults filled in. */
  settings: sessionSettingsSchema.required(),
});

/** A step of "Test connection", in order; the first failing one carries the problem. */
export const testStepSchema = z.object({
  title: z.string(),
  text: z.string(),
  level: z.enum(["ok", "info", "warning", "failed"]),
  problem: problemSchema.nullable(),
  /** lookup, tcp, ssh, tls, authentication, database, table, key, or null: a fact about the store. */
  step: z.string().nullable().default(null),
});

export const testResultSchema = z.object({
  ok: z.boolean(),
  tookMs: z.number(),
  steps: z.array(testStepSchema),
  /** Signature check of a sample, where keys are given: counts by signature state. */
  sampled: z.object({
    total: z.number(),
    valid: z.number(),
    fallbacks: z.array(z.number()),
    invalid: z.number(),
    unverified: z.number(),
    /** In forms that have no signature, as caches hold them. */
    unsigned: z.number(),
  }),
});

export const driverInfoSchema = z.object({
  name: z.string(),
  title: z.string(),
  /** One line for the connect screen. */
  summary: z.string(),
  kind: storeKindSchema,
  /** JSON Schema of its options; the form is drawn from it. `format: "path"` and `x-advanced: true` are honoured. */
  options: z.record(z.string(), z.unknown()),
  /** URL schemes it opens: "sqlite", "file". */
  schemes: z.array(z.string()),
});

export type Tunnel = z.infer<typeof tunnelSchema>;
export type Colour = z.infer<typeof colourSchema>;
export type Environment = z.infer<typeof environmentSchema>;
export type SessionSettings = z.infer<typeof sessionSettingsSchema>;
/** The site's settings with Django's defaults filled in. */
export type FilledSettings = z.infer<typeof openStoreSchema>["settings"];
export type Connection = z.infer<typeof connectionSchema>;
export type Secrets = z.infer<typeof secretsSchema>;
export type Capabilities = z.infer<typeof capabilitiesSchema>;
export type StoreKind = z.infer<typeof storeKindSchema>;
export type OpenStore = z.infer<typeof openStoreSchema>;
export type TestStep = z.infer<typeof testStepSchema>;
export type TestResult = z.infer<typeof testResultSchema>;
export type DriverInfo = z.infer<typeof driverInfoSchema>;
