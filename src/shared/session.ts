/**
 * Sessions as they are listed and inspected.
 * Times are ISO 8601 in UTC with microseconds ("2026-01-01T00:00:30.000000Z"), so they sort as text.
 */
import { z } from "zod";
import { diffLineSchema } from "./diff.ts";
import { layerSchema } from "./layer.ts";
import { problemSchema } from "./problem.ts";
import { valueNodeSchema } from "./value.ts";

export const stateSchema = z.enum(["active", "expired", "browser"]);

export const encodingSchema = z.enum([
  "signed", // 3.1 and later: payload:timestamp:signature
  "legacy", // 1.3 to 3.0: base64 of hash:payload
  "md5", // 1.0 to 1.2
  "signed_cookies",
  "pickle", // a bare pickle, as cache backends hold
  "json", // bare JSON
  "django_redis", // compressed pickle, JSON or MessagePack, or bare MessagePack
  "database_cache", // base64 of a pickle, as DatabaseCache holds it
  "file_cache", // FileBasedCache: pickled expiry, then zlib of a pickle
  "unknown",
]);

/**
 * "valid" with the current key, "fallback:1" with the first fallback, "invalid" with none, "unverified" without keys;
 * "unsigned" in the forms that have none, as caches hold them.
 */
export const signatureSchema = z.union([
  z.enum(["valid", "invalid", "unverified", "unsigned"]),
  z.templateLiteral(["fallback:", z.number().int()]),
]);

/** A row and the cache in front of it (cached_db): where the two differ. The site sees the cache's copy where there is one. */
export const pairSchema = z.enum(["same", "cacheOnly", "rowOnly", "different"]);

export const userSchema = z.object({ id: z.string(), name: z.string().nullable() });

export const sessionRowSchema = z.object({
  key: z.string(),
  state: stateSchema,
  /** When the store stops serving it; null: never. */
  expires: z.string().nullable(),
  /** From the signature's timestamp or the file's time; null: unknown. */
  savedAt: z.string().nullable(),
  user: userSchema.nullable(),
  /** Stored bytes. */
  size: z.number(),
  /** Top-level keys of the decoded dict, the first 12, each cut at 60 characters. */
  keys: z.array(z.string()),
  keyCount: z.number(),
  encoding: encodingSchema,
  serializer: z.enum(["json", "pickle", "msgpack"]).nullable(),
  compressed: z.boolean(),
  signature: signatureSchema,
  /** Why the value cannot be read, or that Django would ignore it; null where all is well. */
  problem: problemSchema.nullable(),
  /** Absent where there is no cache in front, or its copy was too large to compare in a list. */
  pair: pairSchema.optional(),
});

export const orderSchema = z.enum(["expires", "-expires"]);

export const filterTokenSchema = z.object({
  /** As typed, quotes included. */
  text: z.string(),
  /** "state", "user", "key", "expires", "size", "signature" or "text" (part of the session key). */
  name: z.string(),
  value: z.string(),
  problem: problemSchema.nullable(),
});

/** How a filter will be answered. A scan reads every row in the range once. */
export const filterPlanSchema = z.object({
  tokens: z.array(filterTokenSchema),
  answeredBy: z.enum(["index", "key", "scan"]),
  /** Which token makes a scan necessary, in words; "" for index and key. */
  why: z.string(),
});

export const pageSchema = z.object({
  rows: z.array(sessionRowSchema),
  /** Opaque places to continue from; null at an end. */
  next: z.string().nullable(),
  previous: z.string().nullable(),
  /** The store has no order of expiry: rows come in its own, each once. */
  unordered: z.boolean().default(false),
  tookMs: z.number(),
});

export const scanEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("rows"), rows: z.array(sessionRowSchema) }),
  z.object({
    type: z.literal("progress"),
    scanned: z.number(),
    matched: z.number(),
    /** Rows in the range to scan; null while unknown. */
    total: z.number().nullable(),
    /** Rows per second, over the last second or so. */
    rate: z.number(),
    done: z.boolean(),
    tookMs: z.number(),
  }),
]);

export const countEventSchema = z.object({
  /** null while unknown. */
  total: z.number().nullable(),
  expired: z.number().nullable(),
  exact: z.boolean(),
});

export const histogramSchema = z.object({
  now: z.string(),
  from: z.string(),
  to: z.string(),
  /** Sessions by expiry, bins of equal width over [from, to). */
  bins: z.array(z.number()),
  /** Sessions outside [from, to): far-off expiries are not allowed to flatten the strip. */
  before: z.number(),
  after: z.number(),
  /** Sessions without an expiry. */
  never: z.number(),
  oldest: z.string().nullable(),
  /** By the server's statistics: about. */
  estimated: z.boolean(),
  done: z.boolean(),
});

export const lifetimeSchema = z.object({
  state: stateSchema,
  /** "Active. Expires in 3 d 4 h: SESSION_COOKIE_AGE of 2 weeks after it was last saved on ..." */
  reason: z.string(),
  savedAt: z.string().nullable(),
  expires: z.string().nullable(),
});

export const cookieViewSchema = z.object({
  name: z.string(),
  value: z.string(),
  maxAge: z.number().nullable(),
  expires: z.string().nullable(),
  domain: z.string().nullable(),
  path: z.string().nullable(),
  secure: z.boolean(),
  httpOnly: z.boolean(),
  sameSite: z.string().nullable(),
  /** The Set-Cookie header a save at this moment would send. */
  header: z.string(),
  /** Things to know: "The cookie ends with the browser; the row lives for SESSION_COOKIE_AGE." */
  notes: z.array(z.string()),
});

export const sessionDetailSchema = z.object({
  row: sessionRowSchema,
  /** Names the stored bytes as they were read; every write sends it back. */
  token: z.string(),
  lifetime: lifetimeSchema,
  /** null where nothing could be decoded. */
  value: valueNodeSchema.nullable(),
  /** The value as tagged JSON (scenario.md, last section), indented; null where undecoded or too large to edit here. */
  text: z.string().nullable(),
  /** Why it cannot be edited; null: it can once writes are unlocked. */
  notEditable: problemSchema.nullable(),
  layers: z.array(layerSchema),
  cookie: cookieViewSchema,
  /** What Django would do with this session on the next request, where that differs from what is shown. */
  djangoSees: z.string().nullable(),
  /** Of a row and a copy in the cache that differ: from what the row holds to the copy. null: they agree, or one is unreadable. */
  rowDiff: z.array(diffLineSchema).nullable(),
});

export type State = z.infer<typeof stateSchema>;
export type Encoding = z.infer<typeof encodingSchema>;
export type Signature = z.infer<typeof signatureSchema>;
export type Pair = z.infer<typeof pairSchema>;
export type User = z.infer<typeof userSchema>;
export type SessionRow = z.infer<typeof sessionRowSchema>;
export type Order = z.infer<typeof orderSchema>;
export type FilterToken = z.infer<typeof filterTokenSchema>;
export type FilterPlan = z.infer<typeof filterPlanSchema>;
export type Page = z.infer<typeof pageSchema>;
export type ScanEvent = z.infer<typeof scanEventSchema>;
export type CountEvent = z.infer<typeof countEventSchema>;
export type Histogram = z.infer<typeof histogramSchema>;
export type Lifetime = z.infer<typeof lifetimeSchema>;
export type CookieView = z.infer<typeof cookieViewSchema>;
export type SessionDetail = z.infer<typeof sessionDetailSchema>;
