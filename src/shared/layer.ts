/** The layers of a stored value, outermost first: what is stored, decoded, inflated, parsed. */
import { z } from "zod";
import { problemSchema } from "./problem.ts";

export const layerSchema = z.object({
  /** "Stored value", "zlib stream", "JSON text" */
  title: z.string(),
  /** "session_data, 598 characters" */
  about: z.string(),
  /** Bounded preview: text, or bytes as hex. */
  text: z.string().nullable(),
  hex: z.string().nullable(),
  /** Left out of the preview. */
  cut: z.number(),
  /** Spans of `text` with a meaning: flag, payload, timestamp, signature. */
  parts: z.array(
    z.object({ name: z.string(), from: z.number(), to: z.number(), meaning: z.string() }),
  ),
  /** How the next layer comes out of this one: "base64url decode, 546 characters to 409 bytes". */
  step: z.string().nullable(),
  /** Why the next layer cannot be had. */
  problem: problemSchema.nullable(),
});

export type Layer = z.infer<typeof layerSchema>;
