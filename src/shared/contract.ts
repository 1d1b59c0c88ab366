/**
 * The contract: every procedure a face offers and the page, the preload port and the command line call.
 * Expected failures are the one typed error PROBLEM; anything else is a bug.
 */
import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import {
  connectionSchema,
  driverInfoSchema,
  openStoreSchema,
  secretsSchema,
  testResultSchema,
} from "./connection.ts";
import { cookieSiteSchema, pastedCookieSchema } from "./cookies.ts";
import {
  changeReportSchema,
  draftCheckSchema,
  draftSchema,
  saveResultSchema,
  treeChangeSchema,
} from "./edit.ts";
import {
  binEntrySchema,
  binJobSchema,
  binUsageSchema,
  jobSchema,
  purgePreviewSchema,
  purgeRequestSchema,
  purgeStartSchema,
} from "./job.ts";
import { problemSchema } from "./problem.ts";
import { projectFindingSchema, projectSchema } from "./project.ts";
import {
  countEventSchema,
  filterPlanSchema,
  histogramSchema,
  orderSchema,
  pageSchema,
  scanEventSchema,
  sessionDetailSchema,
} from "./session.ts";
import {
  explainedSchema,
  findingSchema,
  importedSchema,
  labEventSchema,
  labRequestSchema,
  policySchema,
  presetSchema,
  runSchema,
  scenarioSchema,
  settingInfoSchema,
  settingsSchema,
} from "./simulator.ts";

const call = oc.errors({ PROBLEM: { status: 422, data: problemSchema } });
const store = z.object({ connection: z.string() });
/** Where the environment is production, the connection's name typed by the user; else absent. */
const confirm = z.object({ confirmName: z.string().optional() });
const keys = z.object({ keys: z.array(z.string()).min(1).max(100_000) });
const done = z.object({});

export const contract = {
  app: {
    info: call.output(
      z.object({
        version: z.string(),
        home: z.string(),
        face: z.enum(["electron", "headless", "cli"]),
        platform: z.string(),
        now: z.string(),
        /** What went wrong with the app's own files: damaged ones were kept aside. */
        notices: z.array(z.string()),
        /** Where "remember" keeps secrets: in the system's credential store, or (kept false) in memory; why, in words. */
        credentials: z.object({ kept: z.boolean(), text: z.string() }),
      }),
    ),
    /** Things that happen by themselves: writes locked again, a store closed, a job changed status. */
    events: call.output(
      eventIterator(
        z.discriminatedUnion("type", [
          z.object({ type: z.literal("hello") }),
          z.object({ type: z.literal("store"), store: openStoreSchema }),
          z.object({
            type: z.literal("closed"),
            connection: z.string(),
            problem: problemSchema.nullable(),
          }),
          /** An open store's connection was lost (then tries go on by themselves), or is back: read anew. */
          z.object({
            type: z.literal("connection"),
            connection: z.string(),
            state: z.enum(["lost", "back"]),
            /** Tries made so far. */
            attempt: z.number(),
            /** ISO time of the next try; null when back. */
            nextAt: z.string().nullable(),
            problem: problemSchema.nullable(),
          }),
          z.object({ type: z.literal("job"), job: jobSchema }),
          z.object({ type: z.literal("bin"), usage: binUsageSchema }),
        ]),
      ),
    ),
  },

  drivers: { list: call.output(z.array(driverInfoSchema)) },

  files: {
    /** Entries of a folder for the path fields; `path` may be unfinished: its last part filters. */
    suggest: call.input(z.object({ path: z.string() })).output(
      z.object({
        folder: z.string(),
        entries: z.array(
          z.object({
            name: z.string(),
            path: z.string(),
            kind: z.enum(["folder", "sqlite", "file"]),
          }),
        ),
      }),
    ),
    /** What a path is: a SQLite file, a folder of session files, or why neither. */
    detect: call.input(z.object({ path: z.string() })).output(
      z.object({
        driver: z.string(),
        options: z.record(z.string(), z.unknown()),
        name: z.string(),
      }),
    ),
  },

  connections: {
    /** Saved ones, the demo store first. */
    list: call.output(
      z.array(
        z.object({
          connection: connectionSchema,
          store: openStoreSchema.nullable(),
          /** Whether its secrets are known without asking, and until when. */
          remembered: z.enum(["kept", "memory", "no"]),
        }),
      ),
    ),
    /**
     * Secrets among the options are taken out: nothing of them is written with the connection. `secrets` are held in
     * memory, or with `remember` kept as app.info's `credentials` says; `forget` drops what was held.
     */
    save: call
      .input(
        z.object({
          connection: connectionSchema,
          secrets: secretsSchema.optional(),
          remember: z.boolean().optional(),
          forget: z.boolean().optional(),
        }),
      )
      .output(connectionSchema),
    remove: call.input(store).output(done),
    /** Opens and closes again, without saving. */
    test: call
      .input(z.object({ connection: connectionSchema, secrets: secretsSchema }))
      .output(testResultSchema),
    /** Always read-only. Opening an open one changes nothing but its keys. */
    open: call.input(store.extend({ secrets: secretsSchema.optional() })).output(openStoreSchema),
    /** Opens a path or a store URL without saving a connection; the answer's connection.id is used from then on. */
    openTarget: call
      .input(
        z.object({
          target: z.string(),
          table: z.string().optional(),
          secrets: secretsSchema.optional(),
        }),
      )
      .output(openStoreSchema),
    close: call.input(store).output(done),
    /** Tries at once to reach a lost store again; the answer says whether it is reached. */
    reconnect: call.input(store).output(z.object({ back: z.boolean() })),
    /** Trusts the key an SSH host offered (problem.detail.hostKey of the refusal): written to the app's own known_hosts. */
    acceptHostKey: call
      .input(z.object({ host: z.string(), port: z.number().int(), key: z.string().max(20_000) }))
      .output(z.object({ fingerprint: z.string() })),
    unlock: call.input(store.extend(confirm.shape)).output(openStoreSchema),
    lock: call.input(store).output(openStoreSchema),
    /** Makes the demo store anew around the present moment and opens it. */
    resetDemo: call.output(openStoreSchema),
  },

  project: {
    /** Reads a folder's settings as text; nothing is run. `variables`: values of environment variables it asked for. */
    read: call
      .input(
        z.object({
          path: z.string().max(4096),
          settingsModule: z.string().max(500).optional(),
          variables: z.record(z.string(), z.string()).optional(),
        }),
      )
      .output(projectSchema),
    /** Opens a proposal without saving it, with the secrets the project gave; `options` fill in what it asks for. */
    open: call
      .input(
        z.object({
          project: z.string(),
          proposal: z.string(),
          options: z.record(z.string(), z.unknown()).optional(),
          secrets: secretsSchema.optional(),
        }),
      )
      .output(openStoreSchema),
    /** Compares a project's settings with an open store. */
    check: call.input(store.extend({ project: z.string() })).output(z.array(projectFindingSchema)),
  },

  sessions: {
    plan: call.input(z.object({ filter: z.string() })).output(filterPlanSchema),
    /** A keyset page; a filter that needs a scan is refused with bad_filter. At most 500 rows. */
    page: call
      .input(
        store.extend({
          filter: z.string().default(""),
          order: orderSchema.default("-expires"),
          after: z.string().optional(),
          before: z.string().optional(),
          limit: z.number().int().min(1).max(500).default(200),
        }),
      )
      .output(pageSchema),
    /** Ends with a progress event that says done. Ending the iteration stops the scan. */
    scan: call
      .input(
        store.extend({
          filter: z.string(),
          order: orderSchema.default("-expires"),
          /** Stops by itself after so many matches. */
          limit: z.number().int().min(1).max(1_000_000).default(10_000),
        }),
      )
      .output(eventIterator(scanEventSchema)),
    count: call.input(store).output(eventIterator(countEventSchema)),
    histogram: call
      .input(store.extend({ bins: z.number().int().min(10).max(400).default(160) }))
      .output(eventIterator(histogramSchema)),
    /** not_found where it is gone. */
    get: call.input(store.extend({ key: z.string() })).output(sessionDetailSchema),
    /** The whole stored value, for "save as": text as it is, bytes as base64. At most 64 MB. */
    raw: call
      .input(store.extend({ key: z.string() }))
      .output(z.object({ text: z.string().nullable(), base64: z.string().nullable() })),
    /** Checks a draft without writing: errors are bad_json with detail.line, detail.column, detail.offset. */
    check: call.input(store.extend(draftSchema.shape)).output(draftCheckSchema),
    /** One change to a draft made in the tree; gives the new draft text and tree. */
    change: call
      .input(
        store
          .extend(draftSchema.pick({ key: true, text: true }).shape)
          .extend({ change: treeChangeSchema }),
      )
      .output(z.object({ text: z.string(), value: draftCheckSchema.shape.value })),
    save: call
      .input(store.extend({ ...draftSchema.shape, ...confirm.shape }))
      .output(saveResultSchema),
    /** Sets the expiry to `seconds` from now (default SESSION_COOKIE_AGE); the value stays as it is. */
    extend: call
      .input(
        store.extend({
          ...keys.shape,
          ...confirm.shape,
          seconds: z.number().positive().optional(),
        }),
      )
      .output(changeReportSchema),
    expireNow: call
      .input(store.extend({ ...keys.shape, ...confirm.shape }))
      .output(changeReportSchema),
    delete: call
      .input(store.extend({ ...keys.shape, ...confirm.shape }))
      .output(changeReportSchema),
  },

  users: {
    /** For the command field: users whose name starts so, the first 20. */
    find: call
      .input(store.extend({ text: z.string() }))
      .output(z.array(z.object({ id: z.string(), name: z.string() }))),
    /** Deletes every session of a user; the sessions are found by a scan as the job runs. */
    logout: call
      .input(store.extend({ user: z.string(), ...confirm.shape }))
      .output(z.object({ job: z.string() })),
  },

  purge: {
    preview: call
      .input(store.extend(purgeRequestSchema.shape))
      .output(eventIterator(purgePreviewSchema)),
    start: call
      .input(store.extend({ ...purgeStartSchema.shape, ...confirm.shape }))
      .output(z.object({ job: z.string() })),
  },

  jobs: {
    list: call.input(z.object({ connection: z.string().optional() })).output(z.array(jobSchema)),
    /** The job now, then on every change at most four times a second, until it ends. */
    watch: call.input(z.object({ job: z.string() })).output(eventIterator(jobSchema)),
    pause: call.input(z.object({ job: z.string() })).output(jobSchema),
    resume: call.input(z.object({ job: z.string() })).output(jobSchema),
    stop: call.input(z.object({ job: z.string() })).output(jobSchema),
  },

  bin: {
    usage: call.output(binUsageSchema),
    setLimit: call.input(z.object({ limit: z.number().int().min(0) })).output(binUsageSchema),
    jobs: call.input(z.object({ connection: z.string().optional() })).output(z.array(binJobSchema)),
    entries: call
      .input(
        z.object({
          job: z.string(),
          after: z.number().optional(),
          limit: z.number().int().max(500).default(200),
        }),
      )
      .output(z.array(binEntrySchema)),
    /** What this app did to one session, newest first. */
    history: call.input(store.extend({ key: z.string() })).output(z.array(binEntrySchema)),
    /** Puts back one by one (sequences) or the whole job; keys that live again are skipped. */
    restore: call
      .input(
        z.object({ job: z.string(), sequences: z.array(z.number()).optional(), ...confirm.shape }),
      )
      .output(changeReportSchema),
    /** Forgets before-images for good. */
    remove: call.input(z.object({ job: z.string() })).output(binUsageSchema),
  },

  /** Cookies of the signed_cookies engine. Nothing is stored; typed keys are used for the call alone. */
  cookies: {
    /** One a line: values, name=value, Cookie and Set-Cookie headers. too_large for more than 1,000. */
    read: call
      .input(
        z.object({
          text: z.string().max(16 * 1024 * 1024),
          site: cookieSiteSchema.default({ settings: {} }),
        }),
      )
      .output(z.object({ cookies: z.array(pastedCookieSchema) })),
    /** Signs tagged JSON with the current key, now; in the form of the original where there is one. */
    sign: call
      .input(
        z.object({
          text: z.string(),
          original: z.string().nullable().default(null),
          resign: z.boolean().default(false),
          site: cookieSiteSchema.default({ settings: {} }),
        }),
      )
      .output(pastedCookieSchema),
  },

  /** Django's rules on a virtual clock. Nothing here reads or writes a store, fromSession apart, which reads. */
  simulator: {
    /** Scenarios that come with the app. */
    presets: call.output(z.array(presetSchema)),
    /** What the settings form is drawn from: every setting of that version with its default and meaning. */
    settings: call
      .input(z.object({ django: z.string().default("5.2") }))
      .output(z.array(settingInfoSchema)),
    /** The settings that differ from Django's defaults, as lines of a settings.py. */
    settingsText: call
      .input(z.object({ django: z.string().default("5.2"), settings: settingsSchema }))
      .output(z.object({ text: z.string() })),
    /** A scenario file: one, an array, or one a line. Problems name the place: bad_json with line and column, bad_request. */
    read: call
      .input(z.object({ text: z.string() }))
      .output(z.object({ scenarios: z.array(scenarioSchema) })),
    /** The file of docs/scenario.md; one scenario is an object, several an array. */
    write: call
      .input(z.object({ scenarios: z.array(scenarioSchema).min(1) }))
      .output(z.object({ text: z.string() })),
    /** Runs all steps: what happened in each, and what the lanes draw. bad_request, bad_setting, too_large. */
    run: call
      .input(z.object({ scenario: scenarioSchema, timeline: z.boolean().default(false) }))
      .output(runSchema),
    /** One step in full: what came in, what was done and why, what went out, what the store held before and after. */
    explain: call
      .input(z.object({ scenario: scenarioSchema, step: z.number().int().min(0) }))
      .output(explainedSchema),
    /** The same steps once a policy, whose settings go over the scenario's. */
    compare: call
      .input(z.object({ scenario: scenarioSchema, policies: z.array(policySchema).min(1).max(4) }))
      .output(z.array(z.object({ name: z.string(), run: runSchema }))),
    /** A stored session with its data, expiry and age, and the connection's settings, as the start of a scenario. */
    fromSession: call.input(store.extend({ key: z.string() })).output(scenarioSchema),
    /** The settings of a connection as a policy: those that differ from Django's defaults. */
    fromConnection: call.input(store).output(policySchema),
    /** A HAR file or an access log (common, combined) as requests. At most 10,000; what does not fit is told. */
    fromLog: call
      .input(
        z.object({
          text: z.string(),
          name: z.string().default(""),
          settings: settingsSchema.default({}),
        }),
      )
      .output(importedSchema),
    /** A Python TestCase for the user's own Django project which replays the scenario and asserts its timeline. */
    exportTest: call
      .input(z.object({ scenario: scenarioSchema }))
      .output(z.object({ fileName: z.string(), text: z.string() })),
  },

  lab: {
    /** A fleet of visitors under one to four policies, in a worker. Ends with the result; ending the iteration stops it. */
    run: call.input(labRequestSchema).output(eventIterator(labEventSchema)),
  },

  audit: {
    /** Settings checked as `check --deploy` and good practice do; worst first. */
    settings: call
      .input(z.object({ django: z.string().default("5.2"), settings: settingsSchema }))
      .output(z.array(findingSchema)),
    /** The same for an open connection: its settings, and its kind of store as SESSION_ENGINE. */
    connection: call.input(store).output(z.array(findingSchema)),
    /** The same for a scenario: its settings, and what its actions do. */
    scenario: call.input(z.object({ scenario: scenarioSchema })).output(z.array(findingSchema)),
  },
};

export type Contract = typeof contract;
