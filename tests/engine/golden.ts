/** The vectors made by real Django, as plain JSON. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import type { SecretKey } from "../../src/main/engine/hmac.ts";

export type Vector = Record<string, unknown>;

export const golden = <Shape = Record<string, never>>(
  name: "2.2" | "3.2" | "5.2" | "legacy",
): Shape =>
  JSON.parse(readFileSync(new URL(`../golden/golden-${name}.json`, import.meta.url), "utf8"));

/** A key as the vectors write it: text, or bytes in base64. */
export type GoldenKey = string | { $bytes: string };

export const secretOf = (key: GoldenKey): SecretKey =>
  typeof key === "string" ? key : Buffer.from(key.$bytes, "base64");

export type GoldenError = { type: string; message: string };

/** What a call throws, in the shape of the vectors. */
export function errorOf(call: () => unknown): GoldenError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { type: error.name, message: error.message };
  }
}

/** Seconds since the epoch as microseconds, exact for the vectors' six digits. */
export const micros = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6));
