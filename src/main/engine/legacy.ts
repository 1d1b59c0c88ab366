/**
 * session_data before 3.1.
 *
 *     1.3 to 3.0   base64( hex40 ":" serialized )      hex40 = HMAC-SHA1, key sha1("django.contrib.sessions"
 *                                                      + class name + SECRET_KEY), message = serialized
 *     1.0 to 1.2   base64( pickle hex32 )              hex32 = md5(pickle + SECRET_KEY)
 *
 * {"a":1} with the golden secret, and {'foo': 'bar'} of 1.2:
 *
 *     Nzk1Njg2MGUyOWRiMDhhM2VlNGQwMTJiY2Q2MDI0N2VjODM5OTE3Nzp7ImEiOjF9
 *     gAJ9cQFVA2Zvb3ECVQNiYXJxA3MuNzg2M2JkOWVjNTkzN2ZjZWI5ZmNmZTQ2OGVhMGIyMmM=
 *
 * Standard base64 with padding; until 1.4 with a line break after every 76 characters and at the end.
 * 3.1 and 3.2 still read the first form, and write it with DEFAULT_HASHING_ALGORITHM = "sha1".
 */
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { asBuffer } from "./encodings.ts";
import { hmacKey, type SecretKey } from "./hmac.ts";

/** Name of every built-in store's class. */
export const STORE_CLASS = "SessionStore";

/** The hex MAC of the 1.3 to 3.0 form. */
export const legacyMac = (
  serialized: Uint8Array,
  secret: SecretKey,
  className = STORE_CLASS,
): string => hmacKey("sha1", `django.contrib.sessions${className}`, secret).hex(serialized);

/** The hex MAC of the 1.0 to 1.2 form. */
export const md5Mac = (pickle: Uint8Array, secret: SecretKey): string =>
  hash("md5", Buffer.concat([pickle, typeof secret === "string" ? Buffer.from(secret) : secret]));

/** session_data as 1.5 to 3.0 write it. */
export function encodeLegacy(
  serialized: Uint8Array,
  secret: SecretKey,
  className = STORE_CLASS,
): string {
  const mac = Buffer.from(`${legacyMac(serialized, secret, className)}:`);
  return Buffer.concat([mac, serialized]).toString("base64");
}

/** session_data as 1.0 to 1.2 write it. */
export function encodeMd5(pickle: Uint8Array, secret: SecretKey): string {
  const text = Buffer.concat([pickle, Buffer.from(md5Mac(pickle, secret))]).toString("base64");
  return text.replace(/.{1,76}/g, "$&\n");
}

export type LegacyParts = { readonly mac: string; readonly serialized: Buffer };

const HEX40 = /^[0-9a-f]{40}:$/;
const HEX32 = /^[0-9a-f]{32}$/;
const DOT = 46;

/** The parts of decoded base64 in the 1.3 to 3.0 form, or null. */
export function splitLegacy(decoded: Uint8Array): LegacyParts | null {
  const bytes = asBuffer(decoded);
  const head = bytes.toString("latin1", 0, 41);
  return HEX40.test(head) ? { mac: head.slice(0, 40), serialized: bytes.subarray(41) } : null;
}

/** The parts of decoded base64 in the 1.0 to 1.2 form, or null. A pickle ends with a dot. */
export function splitMd5(decoded: Uint8Array): LegacyParts | null {
  const bytes = asBuffer(decoded);
  const at = bytes.length - 32;
  if (at < 2 || bytes[at - 1] !== DOT) return null;
  const mac = bytes.toString("latin1", at);
  return HEX32.test(mac) ? { mac, serialized: bytes.subarray(0, at) } : null;
}
