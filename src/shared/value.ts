/** A Python value as the page shows it: a bounded tree. Built by the host alone, so it is checked at its top only. */
import { z } from "zod";

export interface ValueNode {
  /** Python's name of the type; "object" for what a pickle holds beyond the known ones. */
  type: string;
  /** Leaves: digits of an int, repr of a float, a str itself, ISO text, base64 of bytes. */
  text?: string;
  className?: string;
  /** Children, or characters, or bytes. */
  size: number;
  items?: ValueNode[];
  entries?: { key: ValueNode; value: ValueNode }[];
  /** Children or characters left out. */
  cut?: number;
  recursive?: true;
}

export const valueNodeSchema = z.custom<ValueNode>(
  (node) => typeof node === "object" && node !== null && "type" in node,
);
