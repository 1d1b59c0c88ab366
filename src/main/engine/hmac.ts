/**
 * Django's keyed hash with salt (django.utils.crypto.salted_hmac):
 *
 *     derived = H( utf8(salt) || secret )           a digest, also for long secrets
 *     mac     = HMAC_H( key = derived, message = utf8(value) )
 *
 *     new HmacKey("sha1", "salt", "secret").hex("value") = "a82be9ba6efe61405ee8d2e8a3781c37e103360a"
 *
 * Many values are checked with one key, so an HmacKey derives it once and keeps the padded key.
 */
import { Buffer } from "node:buffer";
import { createHash, getHashes, hash } from "node:crypto";
import { PythonError } from "./errors.ts";

/** SECRET_KEY: text is UTF-8 encoded, bytes are used as they are. */
export type SecretKey = string | Uint8Array;

/** One scratch buffer serves all keys: a message up to this size needs no allocation. */
const SCRATCH = 8192;

const BLOCK_SIZES: Readonly<Record<string, number>> = {
  md5: 64,
  sha1: 64,
  sha224: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};

export class HmacKey {
  private readonly algorithm: string;
  private readonly block: number;
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  /** ValueError (InvalidAlgorithm) for a hash that hashlib does not have. */
  constructor(algorithm: string, salt: string, secret: SecretKey) {
    const block = BLOCK_SIZES[algorithm];
    if (block === undefined || !getHashes().includes(algorithm))
      throw new PythonError(
        "InvalidAlgorithm",
        `'${algorithm}' is not an algorithm accepted by the hashlib module.`,
      );
    const key = createHash(algorithm).update(salt).update(secret).digest();
    this.algorithm = algorithm;
    this.block = block;
    this.inner = Buffer.alloc(block + SCRATCH, 0x36);
    this.outer = Buffer.alloc(block + key.length, 0x5c);
    for (let index = 0; index < key.length; index++) {
      this.inner[index] = 0x36 ^ (key[index] ?? 0);
      this.outer[index] = 0x5c ^ (key[index] ?? 0);
    }
  }

  digest(value: string | Uint8Array): Buffer {
    return Buffer.from(this.hex(value), "hex");
  }

  /** Lowercase hex of the MAC. */
  hex(value: string | Uint8Array): string {
    return this.mac(value, "hex");
  }

  /** Unpadded urlsafe base64 of the MAC: a signature. */
  base64Url(value: string | Uint8Array): string {
    return this.mac(value, "base64url");
  }

  private mac(value: string | Uint8Array, encoding: "hex" | "base64url"): string {
    this.outer.write(this.innerDigest(value), this.block, "latin1");
    return hash(this.algorithm, this.outer, encoding);
  }

  /** As "binary" text: that costs a third of a Buffer, which has to be made. */
  private innerDigest(value: string | Uint8Array): string {
    const { inner, block } = this;
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if ((typeof value === "string" ? value.length * 3 : value.length) > SCRATCH)
      return createHash(this.algorithm)
        .update(inner.subarray(0, block))
        .update(value)
        .digest("binary");
    let length = value.length;
    if (typeof value === "string") length = inner.write(value, block);
    else inner.set(value, block);
    return hash(this.algorithm, inner.subarray(0, block + length), "binary");
  }
}

const keys: { algorithm: string; salt: string; secret: SecretKey; key: HmacKey }[] = [];

/** An HmacKey, kept: a worker meets the same few keys a million times. */
export function hmacKey(algorithm: string, salt: string, secret: SecretKey): HmacKey {
  for (const kept of keys)
    if (kept.secret === secret && kept.salt === salt && kept.algorithm === algorithm)
      return kept.key;
  const key = new HmacKey(algorithm, salt, secret);
  if (keys.length >= 32) keys.length = 0;
  // Bytes may be changed by their owner later; text cannot.
  if (typeof secret === "string") keys.push({ algorithm, salt, secret, key });
  return key;
}

/** salted_hmac(salt, value, secret, algorithm).hexdigest() */
export const saltedHmac = (
  salt: string,
  value: string | Uint8Array,
  secret: SecretKey,
  algorithm = "sha1",
): string => hmacKey(algorithm, salt, secret).hex(value);
