/** Work that takes time or can be taken back: purges, jobs, the recycle bin. */
import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { call, confirm, store } from "./calls.ts";
import { changeReportSchema } from "./edit.ts";
import {
  binEntrySchema,
  binJobSchema,
  binUsageSchema,
  jobSchema,
  purgePreviewSchema,
  purgeRequestSchema,
  purgeStartSchema,
} from "./job.ts";

export const jobCalls = {
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
};
