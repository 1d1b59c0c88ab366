/**
 * When a file of Django's FileBasedCache expires: the pickle it begins with, a float of seconds or None.
 *
 *     80 05 95 0a00000000000000 47 41d954fc8b000000 2e 78 9c …     1700000300.0, then zlib of the value's pickle
 *     80 05 4e 2e 78 9c …                                          never
 *     nothing                                                      expired
 */
import type { ExpiryRule } from "./file-expiry.ts";

const PROTO = 0x80;
const FRAME = 0x95;
const FLOAT = 0x47;
const NONE = 0x4e;
const STOP = 0x2e;

/** Seconds since 1970, null for never, and where the value begins; undefined where the file begins otherwise. */
export function headerOf(
  data: string | Uint8Array,
): { expires: number | null; end: number } | undefined {
  // The first byte is no UTF-8, so what is text has no header.
  if (typeof data === "string" || data[0] !== PROTO) return undefined;
  const at = data[2] === FRAME ? 11 : 2;
  if (data[at] === NONE && data[at + 1] === STOP) return { expires: null, end: at + 2 };
  if (data[at] !== FLOAT || data[at + 9] !== STOP) return undefined;
  const view = new DataView(data.buffer, data.byteOffset + at + 1, 8);
  const expires = view.getFloat64(0);
  return Number.isFinite(expires) ? { expires, end: at + 10 } : undefined;
}

/** The same content with another expiry, in microseconds; as it is where it has no header, or this very microsecond in it. */
export function withExpiry(data: string | Uint8Array, micros: number): string | Uint8Array {
  const header = headerOf(data);
  if (!header || typeof data === "string") return data;
  // A float holds more of a moment than its text does.
  if (header.expires !== null && Math.round(header.expires * 1e6) === micros) return data;
  const protocol = data[1] ?? 0;
  const float = Buffer.alloc(10);
  float[0] = FLOAT;
  float.writeDoubleBE(micros / 1e6, 1);
  float[9] = STOP;
  // Protocols before 4 know no frames.
  const frame = protocol < 4 ? [] : [FRAME, float.length, 0, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([
    Buffer.from([PROTO, protocol, ...frame]),
    float,
    data.subarray(header.end),
  ]);
}

/** The file's time says nothing here. */
export const headerRule: ExpiryRule = {
  age: 0,
  followsMtime: () => false,
  limit(data) {
    if (data.length === 0) return { at: 0 };
    const header = headerOf(data);
    if (!header) return { at: null, why: "It does not begin with the time it expires at." };
    return header.expires === null
      ? { at: null, why: "It was stored without an expiry." }
      : { at: Math.round(header.expires * 1e6) };
  },
};
