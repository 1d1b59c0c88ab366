/** Sessions of an open store, and their users. */
import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { call, confirm, keys, store } from "./calls.ts";
import {
  changeReportSchema,
  draftCheckSchema,
  draftSchema,
  saveResultSchema,
  treeChangeSchema,
} from "./edit.ts";
import {
  countEventSchema,
  filterPlanSchema,
  histogramSchema,
  orderSchema,
  pageSchema,
  scanEventSchema,
  sessionDetailSchema,
} from "./session.ts";

export const sessionCalls = {
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
    /** A large server's table is estimated from its statistics unless `exact` is asked for; the same of the histogram. */
    count: call
      .input(store.extend({ exact: z.boolean().default(false) }))
      .output(eventIterator(countEventSchema)),
    histogram: call
      .input(
        store.extend({
          bins: z.number().int().min(10).max(400).default(160),
          exact: z.boolean().default(false),
        }),
      )
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
};
