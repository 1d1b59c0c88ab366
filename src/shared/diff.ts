/** How one value differs from another, path by path. */
import { z } from "zod";

export const diffLineSchema = z.object({
  /** "cart.items[0].sku" */
  path: z.string(),
  kind: z.enum(["added", "removed", "changed", "type"]),
  before: z.string().optional(),
  after: z.string().optional(),
});

export type DiffLine = z.infer<typeof diffLineSchema>;
