/** Cookies of the signed_cookies engine: pasted, decoded, verified, edited and signed again. There is no store behind them. */
import { z } from "zod";
import { sessionSettingsSchema } from "./connection.ts";
import { layerSchema } from "./layer.ts";
import { problemSchema } from "./problem.ts";
import { encodingSchema, signatureSchema } from "./session.ts";
import { valueNodeSchema } from "./value.ts";

/** What cookies are read with: an open connection's keys and settings, and what is typed, which counts more. */
export const cookieSiteSchema = z.object({
  connection: z.string().optional(),
  secretKey: z.string().optional(),
  fallbacks: z.array(z.string()).optional(),
  settings: sessionSettingsSchema.default({}),
});

export const pastedCookieSchema = z.object({
  /** The line it was found in, from 1. */
  line: z.number().int(),
  name: z.string(),
  value: z.string(),
  encoding: encodingSchema,
  serializer: z.enum(["json", "pickle", "msgpack"]).nullable(),
  compressed: z.boolean(),
  signature: signatureSchema,
  /** ISO; whole seconds. null: it has no readable time. */
  signedAt: z.string().nullable(),
  /** Seconds since it was signed; negative for a clock that is ahead. */
  age: z.number().nullable(),
  /** When SESSION_COOKIE_AGE is over since then, ISO. Nothing else ends it, logging out included. */
  ends: z.string().nullable(),
  expired: z.boolean(),
  /** Bytes of `name=value`; browsers drop a cookie of more than `limit`. */
  size: z.number().int(),
  limit: z.number().int(),
  tooLarge: z.boolean(),
  content: valueNodeSchema.nullable(),
  /** Tagged JSON, indented; null where undecoded. */
  text: z.string().nullable(),
  layers: z.array(layerSchema),
  /** What Django would do with it at the next request, where that is not to use it. */
  djangoSees: z.string().nullable(),
  problem: problemSchema.nullable(),
});

export type CookieSite = z.infer<typeof cookieSiteSchema>;
export type PastedCookie = z.infer<typeof pastedCookieSchema>;
