/** Jobs: work that takes time, watched, paused and stopped; and the recycle bin that undoes them. */
import { z } from "zod";
import type { Capabilities } from "./connection.ts";
import { problemSchema } from "./problem.ts";
import { sessionRowSchema } from "./session.ts";

export const batchSchema = z.object({
  at: z.string(),
  number: z.number(),
  rows: z.number(),
  lockMs: z.number(),
  pauseMs: z.number(),
  note: z.string(),
});

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(["purge", "logout", "restore", "delete"]),
  connection: z.string(),
  title: z.string(),
  status: z.enum(["running", "paused", "stopped", "done", "failed"]),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Time spent working, pauses by hand left out. */
  elapsedMs: z.number(),
  done: z.number(),
  /** Expected, as counted before the start; null: not known. */
  total: z.number().nullable(),
  bytes: z.number(),
  /** Sessions a second over the last seconds. */
  rate: z.number(),
  batchSize: z.number(),
  longestLockMs: z.number(),
  /** Left alone: renewed, changed or gone meanwhile. */
  skipped: z.number(),
  /** The newest 50 and every slow one up to 100. */
  batches: z.array(batchSchema),
  /** Sampled once a second: [seconds since start, rows a second, longest lock in ms]. At most 600. */
  samples: z.array(z.tuple([z.number(), z.number(), z.number()])),
  /** Recycle bin job that holds the before-images; null: none kept. */
  binJob: z.string().nullable(),
  /** Facts of the plan and of the outcome, in words, for the report. */
  facts: z.array(z.object({ title: z.string(), text: z.string() })),
  problem: problemSchema.nullable(),
});

export const purgeRequestSchema = z.object({
  /** ISO; sessions whose expiry is before it go. Default: the store's clock, read once. */
  before: z.string().optional(),
  /** Files only: also those Django's own rule never removes. */
  includeNeverRemoved: z.boolean().default(false),
  /** Counted one by one also where a large server's statistics would tell about how many. */
  exact: z.boolean().default(false),
});

export const purgePreviewSchema = z.object({
  /** Fixed once; the purge is started with it. */
  cutoff: z.string(),
  count: z.number(),
  bytes: z.number(),
  /** Both grow while counting; final once true. */
  exact: z.boolean(),
  /** Both are about right, by the server's statistics, and stay as they are. */
  estimated: z.boolean(),
  storeTotal: z.number().nullable(),
  oldest: z.string().nullable(),
  sample: z.array(sessionRowSchema),
  /** Files that Django's rule never removes: apart, and off by default. */
  neverRemoved: z
    .object({
      count: z.number(),
      bytes: z.number(),
      why: z.string(),
      sample: z.array(sessionRowSchema),
    })
    .nullable(),
  checks: z.array(z.object({ level: z.enum(["ok", "info", "warning"]), text: z.string() })),
  /** What runs, in the store's own language. */
  statement: z.string(),
  bin: z.object({ needs: z.number(), free: z.number(), fits: z.boolean() }),
  tookMs: z.number(),
});

export const purgeStartSchema = z.object({
  cutoff: z.string(),
  includeNeverRemoved: z.boolean().default(false),
  backup: z.boolean().default(true),
  /** Batches shrink so that no lock is held longer than this. Absent, as the pause: as usual for the store. */
  maxLockMs: z.number().min(5).max(10_000).optional(),
  pauseMs: z.number().min(0).max(60_000).optional(),
  /** The count that was shown, for progress. */
  expected: z.number().nullable().default(null),
});

export const binJobSchema = z.object({
  id: z.string(),
  kind: z.enum(["edit", "extend", "expire", "delete", "logout", "purge"]),
  connection: z.string(),
  connectionName: z.string(),
  title: z.string(),
  at: z.string(),
  entries: z.number(),
  /** Not yet put back. */
  restorable: z.number(),
  bytes: z.number(),
});

export const binEntrySchema = z.object({
  job: z.string(),
  sequence: z.number(),
  at: z.string(),
  kind: binJobSchema.shape.kind,
  key: z.string(),
  /** The session as it was. */
  before: sessionRowSchema,
  restoredAt: z.string().nullable(),
});

export const binUsageSchema = z.object({
  bytes: z.number(),
  limit: z.number(),
  jobs: z.number(),
  entries: z.number(),
});

/**
 * In ms. Where a batch locks all of the store, the site needs the time between two of them. Where it locks its own rows,
 * short locks cost nothing, and a pause is for the server's disk and its replicas.
 */
export const usualPace = ({ rowLocks }: Pick<Capabilities, "rowLocks">): Pace =>
  rowLocks ? { maxLockMs: 20, pauseMs: 5 } : { maxLockMs: 50, pauseMs: 20 };

export interface Pace {
  maxLockMs: number;
  pauseMs: number;
}

export type Batch = z.infer<typeof batchSchema>;
export type Job = z.infer<typeof jobSchema>;
export type PurgeRequest = z.infer<typeof purgeRequestSchema>;
export type PurgePreview = z.infer<typeof purgePreviewSchema>;
export type PurgeStart = z.infer<typeof purgeStartSchema>;
export type BinJob = z.infer<typeof binJobSchema>;
export type BinEntry = z.infer<typeof binEntrySchema>;
export type BinUsage = z.infer<typeof binUsageSchema>;
