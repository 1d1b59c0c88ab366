/** The app itself: what it is, and what happens by itself. */
import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { call } from "./calls.ts";
import { openStoreSchema } from "./connection.ts";
import { binUsageSchema, jobSchema } from "./job.ts";
import { problemSchema } from "./problem.ts";

export const appCalls = {
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
};
