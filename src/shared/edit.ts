/** Changing sessions: what is asked, what is shown before, what came of it. */
import { z } from "zod";
import { diffLineSchema } from "./diff.ts";
import { sessionDetailSchema } from "./session.ts";
import { valueNodeSchema } from "./value.ts";

/** "recompute": Django's save() (from _session_expiry or SESSION_COOKIE_AGE, from now); "keep": the stored expiry stays. */
export const expiryRuleSchema = z.enum(["recompute", "keep"]);

export const draftSchema = z.object({
  key: z.string(),
  /** The token the session was read with; "": a new session, whose key has to be free. */
  token: z.string(),
  /** The whole new value as tagged JSON. */
  text: z.string(),
  expiry: expiryRuleSchema,
  /** Also over a session no key fits or nobody can read: else bad_signature, since signing makes a forgery valid. */
  resign: z.boolean().optional(),
});

export const draftCheckSchema = z.object({
  diff: z.array(diffLineSchema),
  /** The draft as a tree, for the tree editor. */
  value: valueNodeSchema,
  /** ISO, what the store will hold after the save. */
  expires: z.string().nullable(),
  previousExpires: z.string().nullable(),
  /** Stored bytes after the save. */
  size: z.number(),
});

/** A step into a value: a dict's key as tagged JSON text, or an index. */
export const pathStepSchema = z.union([
  z.object({ key: z.string() }),
  z.object({ index: z.number().int() }),
]);

/** One change made in the tree. Literals are tagged JSON: `1`, `1.0`, `"x"`, `{"$type":"tuple","value":[]}`. */
export const treeChangeSchema = z.discriminatedUnion("op", [
  z.object({ op: z.literal("set"), path: z.array(pathStepSchema), literal: z.string() }),
  z.object({ op: z.literal("delete"), path: z.array(pathStepSchema) }),
  z.object({ op: z.literal("rename"), path: z.array(pathStepSchema), key: z.string() }),
  /** Adds under the dict or list at `path`; `key` for a dict only. */
  z.object({
    op: z.literal("insert"),
    path: z.array(pathStepSchema),
    key: z.string().optional(),
    literal: z.string(),
  }),
]);

/** A save either happened, or lost a race: then nothing was written and both versions are shown. */
export const saveResultSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("saved"), session: sessionDetailSchema, job: z.string() }),
  z.object({
    outcome: z.literal("conflict"),
    /** The session as it is now; null: it is gone. */
    current: sessionDetailSchema.nullable(),
    /** From what was read to what is there now. */
    theirs: z.array(diffLineSchema),
    /** From what was read to the draft. */
    yours: z.array(diffLineSchema),
  }),
]);

/** What came of a change to one or many sessions. */
export const changeReportSchema = z.object({
  /** Recycle bin job that can put everything back; null where nothing changed. */
  job: z.string().nullable(),
  done: z.number(),
  /** Sessions left alone, each with its reason, the first 100. */
  skipped: z.array(z.object({ key: z.string(), reason: z.string() })),
  skippedCount: z.number(),
});

export type { DiffLine } from "./diff.ts";
export type ExpiryRule = z.infer<typeof expiryRuleSchema>;
export type Draft = z.infer<typeof draftSchema>;
export type DraftCheck = z.infer<typeof draftCheckSchema>;
export type PathStep = z.infer<typeof pathStepSchema>;
export type TreeChange = z.infer<typeof treeChangeSchema>;
export type SaveResult = z.infer<typeof saveResultSchema>;
export type ChangeReport = z.infer<typeof changeReportSchema>;
