/** What needs no store: pasted cookies, the simulator, the lab, the audit. */
import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { findingSchema, settingInfoSchema } from "./audit.ts";
import { call, store } from "./calls.ts";
import { cookieSiteSchema, pastedCookieSchema } from "./cookies.ts";
import { labEventSchema, labRequestSchema } from "./lab.ts";
import { explainedSchema, runSchema } from "./run.ts";
import {
  importedSchema,
  policySchema,
  presetSchema,
  scenarioSchema,
  settingsSchema,
} from "./scenario.ts";

export const simulatorCalls = {
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
