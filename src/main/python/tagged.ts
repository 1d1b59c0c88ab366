/** The tagged JSON text of values, both ways; the format is at the head of `tagged-write.ts`. */
export { readTagged } from "./tagged-read.ts";
export { type TaggedOptions, writeTagged } from "./tagged-write.ts";
