/** The lab: a fleet of visitors, and what its sessions cost under each policy. Times in seconds. */
import { z } from "zod";
import { policySchema } from "./scenario.ts";

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

export type LabModel = z.infer<typeof labModelSchema>;
export type LabRequest = z.infer<typeof labRequestSchema>;
export type LabPolicy = z.infer<typeof labPolicySchema>;
export type LabResult = z.infer<typeof labResultSchema>;
export type LabEvent = z.infer<typeof labEventSchema>;
