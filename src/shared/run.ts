/**
 * What a scenario's run tells: its steps, what lanes and marks draw, the verdict, one step in full. Moments are
 * seconds after the scenario's start.
 */
import { z } from "zod";

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
