/** `_session_expiry` of a stored value, for stores whose expiry depends on it. */
import { EXPIRY_KEY } from "../engine/lifetime.ts";
import { readStored } from "../engine/read.ts";
import { isDict, PyDatetime, PyFloat } from "../python/value.ts";

/** Seconds or ISO text; null where there is none; undefined where the value cannot be read or makes no sense. */
export function storedExpiry(data: string | Uint8Array): number | string | null | undefined {
  const { value } = readStored(data, {}, { verify: false });
  if (!isDict(value)) return undefined;
  const expiry = value.get(EXPIRY_KEY) ?? null;
  if (expiry === null || typeof expiry === "number" || typeof expiry === "string") return expiry;
  if (typeof expiry === "boolean" || typeof expiry === "bigint") return Number(expiry);
  if (expiry instanceof PyFloat) return expiry.value;
  return expiry instanceof PyDatetime ? expiry.iso : undefined;
}
