/** What is read of a Django project's settings, as text: nothing of it is run. Never holds a secret. */
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { problemSchema } from "./problem.ts";

export const projectOriginSchema = z.object({
  /** Relative to the project; "" for what was typed here or stands in this app's environment. */
  file: z.string(),
  line: z.number(),
  /** "literal", "variable DB_HOST in .env", "default of DB_HOST", ... */
  how: z.string(),
});

export const projectSettingSchema = z.object({
  /** "SESSION_COOKIE_AGE", "DATABASES['default']['NAME']" */
  name: z.string(),
  /** As Python writes it; null where it is not known, or secret. */
  value: z.string().nullable(),
  /** default: the project sets none, so Django's counts. assumed: `why` says what was assumed. no: `why` says why. */
  known: z.enum(["yes", "assumed", "default", "no"]),
  why: z.string().nullable(),
  origin: projectOriginSchema.nullable(),
  /** Its value stays in the host. */
  secret: z.boolean(),
  /** The environment variable that would make it known. */
  variable: z.string().nullable(),
});

export const projectProposalSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** Why this place: "SESSION_ENGINE is django.contrib.sessions.backends.db". */
  reason: z.string(),
  driver: z.string(),
  /** False: the app cannot open it; `why` says why not, and `connection` is null. */
  available: z.boolean(),
  why: z.string().nullable(),
  /** To be shown in the form, tested, saved: its id is empty. Its secrets are named by `handle`. */
  connection: connectionSchema.nullable(),
  /** Goes into `secrets.handle` of connections.test, save and open; null: there are no secrets. */
  handle: z.string().nullable(),
  /** Which secrets the handle stands for: "secretKey", "fallbacks", "password". */
  secrets: z.array(z.string()),
  /** Options of the driver that could not be read and have to be filled in. */
  asks: z.array(z.object({ option: z.string(), why: z.string() })),
});

export const projectSchema = z.object({
  /** Names the read project for project.open and project.check, while the host runs. */
  handle: z.string(),
  folder: z.string(),
  settingsModule: z.string(),
  settingsFile: z.string(),
  /** Who named the module: "manage.py, line 9". */
  settingsFrom: z.string(),
  /** Other settings modules that were found; project.read takes one as `settingsModule`. */
  otherModules: z.array(z.string()),
  /** As a lock or requirements file names it. */
  django: z.object({ version: z.string(), file: z.string() }).nullable(),
  settings: z.array(projectSettingSchema),
  proposals: z.array(projectProposalSchema),
  /** Variables that would make more known; project.read takes them as `variables`. */
  asks: z.array(
    z.object({ variable: z.string(), settings: z.array(z.string()), secret: z.boolean() }),
  ),
  problems: z.array(problemSchema),
});

/** Where the settings and the store agree or contradict each other. */
export const projectFindingSchema = z.object({
  level: z.enum(["ok", "info", "warning"]),
  title: z.string(),
  text: z.string(),
});

export type ProjectSetting = z.infer<typeof projectSettingSchema>;
export type ProjectProposal = z.infer<typeof projectProposalSchema>;
export type Project = z.infer<typeof projectSchema>;
export type ProjectFinding = z.infer<typeof projectFindingSchema>;
