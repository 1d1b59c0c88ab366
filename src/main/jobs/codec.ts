/** Stored values to tagged JSON and back, without a store: one value at a time. */

import type { Problem } from "../../shared/problem.ts";
import type { Encoding, SessionRow } from "../../shared/session.ts";
import { asProblem, readStored, type SerializerName } from "../engine/read.ts";
import { isoMicros } from "../engine/time.ts";
import { writeStored } from "../engine/write.ts";
import { problem } from "../problem.ts";
import { readTagged, writeTagged } from "../python/tagged.ts";
import { isDict } from "../python/value.ts";

export interface CodecKeys {
  secretKey?: string | undefined;
  fallbacks?: readonly string[] | undefined;
  salt?: string | undefined;
}

export type Decoded =
  | {
      ok: true;
      /** Tagged JSON text. */
      value: string;
      serializer: SerializerName;
      compressed: boolean;
      encoding: Encoding;
      signedAt: string | null;
      signature: SessionRow["signature"];
    }
  | { ok: false; problem: Problem };

/** Year 10000, in microseconds: no calendar says later times. */
const END_OF_TIME = 253402300800000000n;

/** Never throws for what is stored. A value a key does not fit is given all the same. */
export function decodeText(stored: string | Uint8Array, keys: CodecKeys): Decoded {
  const reading = readStored(stored, keys);
  const { value, serializer, compressed, encoding, signedAt, signature } = reading;
  if (value === undefined || serializer === null)
    return {
      ok: false,
      problem: reading.problem ?? problem("unknown_format", "The form is not known.").problem,
    };
  try {
    return {
      ok: true,
      value: writeTagged(value),
      serializer,
      compressed,
      encoding,
      signedAt: signedAt !== null && signedAt < END_OF_TIME ? isoMicros(signedAt) : null,
      signature,
    };
  } catch (error) {
    return { ok: false, problem: asProblem(error) };
  }
}

/** Forms that are text; a bare pickle is bytes and has no place in a line. */
export const codecForms = ["signed", "signed_cookies", "legacy", "md5", "json"] as const;
export type CodecForm = (typeof codecForms)[number];

export interface EncodeHow {
  secretKey: string;
  salt: string;
  encoding: CodecForm;
  serializer: "json" | "pickle";
  compress: boolean;
}

export type Encoded =
  | {
      ok: true;
      encoded: string;
      serializer: "json" | "pickle";
      compressed: boolean;
      encoding: CodecForm;
      signedAt: string | null;
    }
  | { ok: false; problem: Problem };

/** `text` is tagged JSON of a dict. Never throws for what was typed. */
export function encodeText(text: string, how: EncodeHow): Encoded {
  try {
    const value = readTagged(text);
    if (!isDict(value))
      throw problem("not_a_dict", "A session has to be a dict: JSON text in braces.");
    // Whole seconds are all a signature holds.
    const now = BigInt(Math.floor(Date.now() / 1000)) * 1_000_000n;
    const serializer =
      how.encoding === "md5" ? "pickle" : how.encoding === "json" ? "json" : how.serializer;
    const stored = writeStored(value, { ...how, serializer, now });
    const encoded = typeof stored === "string" ? stored : Buffer.from(stored).toString("base64");
    const timed = how.encoding === "signed" || how.encoding === "signed_cookies";
    return {
      ok: true,
      // The md5 form has a line break every 76 characters, which base64 does not need.
      encoded: encoded.replaceAll("\n", ""),
      serializer,
      compressed: timed && encoded.startsWith("."),
      encoding: how.encoding,
      signedAt: timed ? isoMicros(now) : null,
    };
  } catch (error) {
    return { ok: false, problem: asProblem(error) };
  }
}
