/** The layers of a stored value, outermost first, as the inspector shows them under "Raw layers". */
import { z } from "zod";
import { problemSchema } from "./problem.ts";

/** A named stretch of a layer's text, in UTF-16 units from its start. */
export const layerPartSchema = z.object({
  name: z.enum(["flag", "payload", "time", "signature", "mac"]),
  start: z.number().int(),
  end: z.number().int(),
  /** What the stretch says, for a person. */
  meaning: z.string(),
});

export const layerSchema = z.object({
  /** "Stored value", "zlib stream", "JSON text", ... */
  title: z.string(),
  /** "598 characters", "409 bytes, header 78 9c". */
  note: z.string(),
  /** Characters of a text, bytes of bytes. */
  size: z.number().int(),
  form: z.enum(["text", "bytes"]),
  /** The first 64 KiB: the text itself, or two hex digits a byte without spaces. */
  preview: z.string(),
  truncated: z.boolean(),
  parts: z.array(layerPartSchema),
  /** What was done to come to the next layer, or to the value after the last. */
  step: z.string(),
  /** Why that step failed; there is no layer after it then. */
  problem: problemSchema.nullable(),
});

export type LayerPart = z.infer<typeof layerPartSchema>;
export type Layer = z.infer<typeof layerSchema>;
