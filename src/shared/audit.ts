/** Django's settings described, and what an audit finds in them. */
import { z } from "zod";
import { scenarioSchema } from "./scenario.ts";

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

export type SettingInfo = z.infer<typeof settingInfoSchema>;
export type Finding = z.infer<typeof findingSchema>;
