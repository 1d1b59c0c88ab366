/**
 * The simulator as the page and the host speak of it. Moments are seconds after the scenario's start.
 *
 * A scenario here is the file of docs/scenario.md with one difference: every Python value in it (members of an
 * action, `initial.data`) is a tagged JSON text, so that `1` and `1.0` stay two things on their way to the page:
 *
 *     in a file    { "op": "set", "key": "n", "value": 1.0 }
 *     here         { "op": "set", "key": "\"n\"", "value": "1.0" }
 */
import { z } from "zod";
import { problemSchema } from "./problem.ts";

/** Every action, with the members it must have and those it may have. */
export const actionMembers = {
  set: { needs: ["key", "value"], takes: [] },
  setIn: { needs: ["key", "field", "value"], takes: [] },
  markModified: { needs: [], takes: [] },
  increment: { needs: ["key"], takes: [] },
  get: { needs: ["key"], takes: ["default"] },
  getItem: { needs: ["key"], takes: [] },
  has: { needs: ["key"], takes: [] },
  delete: { needs: ["key"], takes: [] },
  pop: { needs: ["key"], takes: ["default"] },
  setdefault: { needs: ["key", "value"], takes: [] },
  update: { needs: ["value"], takes: [] },
  clear: { needs: [], takes: [] },
  flush: { needs: [], takes: [] },
  cycleKey: { needs: [], takes: [] },
  keys: { needs: [], takes: [] },
  isEmpty: { needs: [], takes: [] },
  save: { needs: [], takes: [] },
  /** One of the three. */
  setExpiry: { needs: [], takes: ["seconds", "timedelta", "datetime"] },
  getExpiryAge: { needs: [], takes: [] },
  getExpiryDate: { needs: [], takes: [] },
  getExpireAtBrowserClose: { needs: [], takes: [] },
  setTestCookie: { needs: [], takes: [] },
  testCookieWorked: { needs: [], takes: [] },
  deleteTestCookie: { needs: [], takes: [] },
  login: { needs: ["user", "hash"], takes: [] },
  logout: { needs: [], takes: [] },
  deleteRow: { needs: [], takes: [] },
  /** What login_required does: without a signed-in user the view ends with a 302. */
  loginRequired: { needs: [], takes: [] },
} as const satisfies Record<string, { needs: readonly string[]; takes: readonly string[] }>;

export type ActionName = keyof typeof actionMembers;
const actionNames = Object.keys(actionMembers) as [ActionName, ...ActionName[]];

/** `op`, and its members as tagged JSON texts. */
export const actionSchema = z.object({ op: z.enum(actionNames) }).catchall(z.string());

export const requestSchema = z.object({
  method: z.string().optional(),
  path: z.string().optional(),
  /** Over https; true where absent. */
  secure: z.boolean().optional(),
  cookie: z.union([z.enum(["jar", "none"]), z.object({ value: z.string() })]).optional(),
  actions: z.array(actionSchema).optional(),
  status: z.number().int().optional(),
  /** Left out while the browser's cookie leads to a session with a signed-in user. */
  unlessSignedIn: z.boolean().optional(),
});

/** `at`, and exactly one of the others. */
export const stepSchema = z.object({
  at: z.number(),
  request: requestSchema.optional(),
  closeBrowser: z.literal(true).optional(),
  clearsessions: z.literal(true).optional(),
  clearCache: z.literal(true).optional(),
  /** "jar", or a key: what another process's SessionStore.delete() does. */
  deleteSession: z.string().optional(),
  /** The same by hand in the table or the folder: no cache is told. */
  deleteRow: z.string().optional(),
});

/** A session that is there at the start; under every engine it is put where that engine keeps it. */
export const initialSchema = z.object({
  /** Absent: the first key handed out. Means nothing to signed_cookies. */
  key: z.string().optional(),
  /** The dict, as tagged JSON. */
  data: z.string(),
  /** ISO; when it was last saved. Default: the start. */
  saved: z.string().optional(),
  /** ISO; what the store says of its end. Absent: as Django would have written it. */
  expires: z.string().optional(),
  /** Whether the browser holds its cookie, which then ends as Django would have sent it. Default true. */
  cookie: z.boolean().optional(),
});

export const settingsSchema = z.record(z.string(), z.unknown());

export const scenarioSchema = z.object({
  title: z.string().optional(),
  /** What to look at, or anything else worth a sentence. */
  note: z.string().optional(),
  /** "3.2", "4.2", "5.2" or "6.0", or a release of one of them. Default "5.2". */
  django: z.string().optional(),
  /** ISO. Default 2026-01-01T00:00:00Z. */
  start: z.string().optional(),
  /** Those that differ from Django's defaults. */
  settings: settingsSchema.optional(),
  keys: z.array(z.string()).optional(),
  initial: initialSchema.optional(),
  steps: z.array(stepSchema).max(100_000),
});

export const policySchema = z.object({ name: z.string().max(80), settings: settingsSchema });

/** What one step did, ready to be listed. */
export const stepFactSchema = z.object({
  index: z.number().int(),
  at: z.number(),
  kind: z.enum([
    "request",
    "closeBrowser",
    "clearsessions",
    "clearCache",
    "deleteSession",
    "deleteRow",
  ]),
  /** "POST /cart/add/", "Browser closed", "clearsessions". */
  label: z.string(),
  method: z.string().nullable(),
  path: z.string().nullable(),
  /** null for events, and for a request that was left out. */
  status: z.number().nullable(),
  /** A request with unlessSignedIn that met a signed-in user. */
  skipped: z.boolean(),
  cookieSent: z.string().nullable(),
  setCookie: z.array(z.string()),
  /** Calls on the store: rows, files and cache together. */
  reads: z.number(),
  writes: z.number(),
  saved: z.boolean(),
  interrupted: z.boolean(),
  exception: z.string().nullable(),
  /** The session's key after the response, and whether it is another one than before. */
  key: z.string().nullable(),
  newKey: z.boolean(),
  signedIn: z.boolean(),
  /** One an action that ran, as tagged JSON. */
  results: z.array(z.string()),
  /** In words, for the list and for assistive technology: "saved, cookie renewed until 00:31:05". */
  effect: z.string(),
});

const span = { from: z.number(), to: z.number() };

export const cookieSpanSchema = z.object({
  ...span,
  value: z.string(),
  /** Ends with the browser: drawn dashed. */
  browserLength: z.boolean(),
  /** Seconds after the start; null for browser-length. May lie after `to`. */
  expires: z.number().nullable(),
  /** Moments of a Set-Cookie inside of it, the first included. */
  sent: z.array(z.number()),
  /** "open": still there at the end of the axis. */
  end: z.enum(["open", "expired", "replaced", "deleted", "browserClosed"]),
});

export const sessionSpanSchema = z.object({
  ...span,
  key: z.string(),
  /** "expired": past its end and still stored. */
  state: z.enum(["live", "expired"]),
  /** null: never. */
  expires: z.number().nullable(),
  saves: z.array(z.number()),
  end: z.enum(["open", "expired", "deleted", "purged", "evicted"]),
});

/** A top-level key of the session the browser's cookie leads to. */
export const dataSpanSchema = z.object({
  ...span,
  key: z.string(),
  /** Tagged JSON, cut at 200 characters. */
  value: z.string(),
});

export const lanesSchema = z.object({
  cookie: z.array(cookieSpanSchema),
  /** Rows or files; for the cache engine its entries. Empty for signed_cookies, where the cookie is the session. */
  session: z.array(sessionSpanSchema),
  /** Copies in the cache: cached_db alone. */
  cache: z.array(sessionSpanSchema),
  /** The first 50 keys in order of appearance. */
  data: z.array(z.object({ key: z.string(), spans: z.array(dataSpanSchema) })),
  /** While the browser's cookie leads to a live session, and while that has a signed-in user. */
  present: z.array(z.object(span)),
  signedIn: z.array(z.object({ ...span, user: z.string() })),
});

export const markKindSchema = z.enum([
  "save",
  "setCookie",
  "newKey",
  "flush",
  "login",
  "lost",
  "notSaved",
  "interrupted",
  "exception",
  "browserClosed",
  "clearsessions",
  "deleted",
  "eviction",
]);

export const markSchema = z.object({
  at: z.number(),
  /** The step it belongs to; null where time alone did it (a cookie or a row ends). */
  step: z.number().int().nullable(),
  kind: markKindSchema,
  key: z.string().nullable(),
  /** "Lost: the row expired at 00:31:05." */
  text: z.string(),
});

/** What happened to the user under one policy. */
export const verdictSchema = z.object({
  /** First moment the user (without a login: the session) was lost against their will, up to the last step. */
  loggedOutAt: z.number().nullable(),
  reason: z.string(),
  /** "User logged out at 00:31:05", "Stays signed in". */
  text: z.string(),
  signedInAgainAt: z.number().nullable(),
  /** When the session present at the last step ends if nobody comes any more; null: none, or with the browser. */
  until: z.number().nullable(),
  forcedLogouts: z.number(),
  reads: z.number(),
  writes: z.number(),
  cookiesSent: z.number(),
  /** Top-level data keys that were lost with a session, Django's own left out. */
  dataLost: z.array(z.string()),
  /** Seconds that expired records stayed in the store, up to the end of the axis. */
  expiredKept: z.number(),
  /** Deploy checks the policy fails, as `check --deploy` names them. */
  checks: z.array(z.object({ id: z.string(), setting: z.string(), text: z.string() })),
  notes: z.array(z.string()),
});

export const runSchema = z.object({
  title: z.string(),
  /** The release whose behaviour this is. */
  django: z.string(),
  engine: z.enum(["db", "cached_db", "cache", "file", "signed_cookies"]),
  /** ISO. */
  start: z.string(),
  /** Seconds the axis covers: at least the last step and what follows from it. */
  span: z.number(),
  steps: z.array(stepFactSchema),
  lanes: lanesSchema,
  marks: z.array(markSchema),
  verdict: verdictSchema,
  /** The timeline as `simulate --json` prints it; null unless asked for. */
  timeline: z.string().nullable(),
});

/** One thing that was done while a request was answered, in order. */
export const explainedLineSchema = z.object({
  by: z.enum(["browser", "middleware", "session", "view", "store"]),
  text: z.string(),
  /** The setting or the function of Django that made it so: "SESSION_SAVE_EVERY_REQUEST", "SessionBase.cycle_key". */
  rule: z.string(),
  level: z.enum(["info", "good", "warning"]),
});

export const storeDiffLineSchema = z.object({
  kind: z.enum(["same", "added", "removed", "changed"]),
  /** "row auto…01", "row auto…01 expires", "row auto…01 data.counter". */
  path: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export const explainedSchema = z.object({
  step: stepFactSchema,
  /** The request as it left the browser: request line, Host, Cookie. Empty for events. */
  sent: z.array(z.string()),
  cookieHeader: z.string().nullable(),
  /** "The cookie is 9 min 8 s old. 20 min 52 s of its Max-Age remain." */
  cookieNote: z.string(),
  lines: z.array(explainedLineSchema),
  /** The answer: status line, Vary, Set-Cookie exactly as sent. */
  answer: z.array(z.string()),
  setCookie: z.array(z.string()),
  store: z.array(storeDiffLineSchema),
  /** What the store was told, in order, in its own language: "UPDATE django_session SET …". */
  statements: z.array(z.string()),
});

export const settingInfoSchema = z.object({
  name: z.string(),
  kind: z.enum([
    "text",
    "text or null",
    "seconds",
    "bool",
    "samesite",
    "key",
    "keys",
    "hash",
    "caches",
  ]),
  /** Of the version asked for. */
  default: z.unknown(),
  since: z.string(),
  /** One line. */
  meaning: z.string(),
  group: z.enum(["session", "cookie", "storage", "other"]),
  /** Values to choose from; empty: anything of its kind. */
  choices: z.array(z.object({ value: z.unknown(), label: z.string() })),
});

export const presetSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** What to look at in the timeline, one sentence. */
  shows: z.string(),
  scenario: scenarioSchema,
});

export const findingSchema = z.object({
  /** "security.W012" for Django's own checks, a word for others. */
  id: z.string(),
  level: z.enum(["error", "warning", "info"]),
  setting: z.string(),
  title: z.string(),
  consequence: z.string(),
  fix: z.string(),
  /** Shows it happening. */
  scenario: scenarioSchema,
});

/** The fleet: who comes, how often, and what they do. Times in seconds. */
export const labModelSchema = z.object({
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
  days: z.number().min(0.01).max(366).default(28),
  /** Visits of new visitors a day; they arrive by a Poisson process. */
  visitsPerDay: z.number().positive().max(20_000_000).default(10_000),
  /** Mean number of requests a visit, at least one; geometric. */
  requestsPerVisit: z.number().min(1).max(1000).default(8),
  /** Mean pause between two requests; exponential. */
  pause: z.number().positive().max(86_400).default(60),
  /** Share of pauses that are long ones, and their mean; exponential. */
  longPauseShare: z.number().min(0).max(1).default(0.05),
  longPause: z.number().positive().max(31_536_000).default(2400),
  /** Share of visits that sign in with their first request. */
  loginShare: z.number().min(0).max(1).default(0.3),
  /** Share of requests whose view changes the session. */
  writeShare: z.number().min(0).max(1).default(0.25),
  /** Share of signed-in visits that end with a logout, and share of all visits that end with the browser closed. */
  logoutShare: z.number().min(0).max(1).default(0.1),
  closeShare: z.number().min(0).max(1).default(0.3),
  /** Share of visits after which the visitor comes back with the same browser, and the mean time until then; exponential. */
  returnShare: z.number().min(0).max(0.95).default(0.3),
  returnAfter: z.number().positive().max(31_536_000).default(172_800),
  /** Bytes of the data a session holds, as JSON. */
  dataBytes: z.number().int().min(0).max(1_000_000).default(200),
  /** Seconds between two runs of clearsessions; null: never. The first one after that time. */
  clearEvery: z.number().min(60).nullable().default(86_400),
});

export const labRequestSchema = z.object({
  policies: z
    .array(policySchema.extend({ django: z.string().optional() }))
    .min(1)
    .max(4),
  model: labModelSchema,
});

/** A mean over the second half of the time, with its standard error by batch means. */
const figure = z.object({ mean: z.number(), error: z.number() });

export const labPolicySchema = z.object({
  name: z.string(),
  /** One value a moment of `at`: rows live, rows expired and waiting, writes a second, stored bytes. */
  live: z.array(z.number()),
  expired: z.array(z.number()),
  writesPerSecond: z.array(z.number()),
  bytes: z.array(z.number()),
  steady: z.object({ live: figure, expired: figure, writesPerSecond: figure, bytes: figure }),
  peakRows: z.number(),
  visits: z.number(),
  requests: z.number(),
  reads: z.number(),
  writes: z.number(),
  cookiesSent: z.number(),
  forcedLogouts: z.number(),
  forcedLogoutsPerThousand: z.number(),
  /** Rows the largest run of clearsessions deletes. */
  largestPurge: z.number(),
});

export const labResultSchema = z.object({
  model: labModelSchema,
  /** Days after the start; the middle of each bin. */
  at: z.array(z.number()),
  policies: z.array(labPolicySchema),
  assumptions: z.array(z.string()),
  tookMs: z.number(),
});

export const labEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), visits: z.number(), total: z.number() }),
  z.object({ type: z.literal("result"), result: labResultSchema }),
]);

/** Requests read out of a HAR file or an access log. */
export const importedSchema = z.object({
  kind: z.enum(["har", "access"]),
  scenario: scenarioSchema,
  requests: z.number(),
  /** Lines or entries left out, the first 100, each with its place. */
  problems: z.array(z.object({ place: z.string(), problem: problemSchema })),
  problemCount: z.number(),
});

export type SimAction = z.infer<typeof actionSchema>;
export type SimRequest = z.infer<typeof requestSchema>;
export type SimStep = z.infer<typeof stepSchema>;
export type SimScenario = z.infer<typeof scenarioSchema>;
export type Policy = z.infer<typeof policySchema>;
export type StepFact = z.infer<typeof stepFactSchema>;
export type CookieSpan = z.infer<typeof cookieSpanSchema>;
export type SessionSpan = z.infer<typeof sessionSpanSchema>;
export type DataSpan = z.infer<typeof dataSpanSchema>;
export type Lanes = z.infer<typeof lanesSchema>;
export type Mark = z.infer<typeof markSchema>;
export type MarkKind = z.infer<typeof markKindSchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type SimRun = z.infer<typeof runSchema>;
export type ExplainedLine = z.infer<typeof explainedLineSchema>;
export type StoreDiffLine = z.infer<typeof storeDiffLineSchema>;
export type Explained = z.infer<typeof explainedSchema>;
export type SettingInfo = z.infer<typeof settingInfoSchema>;
export type Preset = z.infer<typeof presetSchema>;
export type Finding = z.infer<typeof findingSchema>;
export type LabModel = z.infer<typeof labModelSchema>;
export type LabRequest = z.infer<typeof labRequestSchema>;
export type LabPolicy = z.infer<typeof labPolicySchema>;
export type LabResult = z.infer<typeof labResultSchema>;
export type LabEvent = z.infer<typeof labEventSchema>;
export type Imported = z.infer<typeof importedSchema>;
