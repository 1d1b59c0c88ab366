/** What procedures are made of. Expected failures are the one typed error PROBLEM. */
import { oc } from "@orpc/contract";
import { z } from "zod";
import { problemSchema } from "./problem.ts";

export const call = oc.errors({ PROBLEM: { status: 422, data: problemSchema } });
export const store = z.object({ connection: z.string() });
/** Where the environment is production, the connection's name typed by the user; else absent. */
export const confirm = z.object({ confirmName: z.string().optional() });
export const keys = z.object({ keys: z.array(z.string()).min(1).max(100_000) });
export const done = z.object({});
