/**
 * Scenarios as the page and the host speak of them. Moments are seconds after the scenario's start.
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

export const presetSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** What to look at in the timeline, one sentence. */
  shows: z.string(),
  scenario: scenarioSchema,
});

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
export type Preset = z.infer<typeof presetSchema>;
export type Imported = z.infer<typeof importedSchema>;
