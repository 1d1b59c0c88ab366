/**
 * django.core.signing: text with a signature, text with a time and a signature, values in between.
 *
 *     signature = base64url( HMAC_H( key = H(salt + "signer" + key), message = value ) )
 *     Signer            value ":" signature
 *     TimestampSigner   value ":" base62(int(time)) ":" signature
 *     dumps             payload ":" base62(int(time)) ":" signature
 *     payload           base64url(serialized), or "." + base64url(zlib(serialized)) where that saves two bytes
 *
 * {"a":1} signed at 1700000000 for the db store with the golden secret:
 *
 *     eyJhIjoxfQ:1r31eq:e8BAfr92jaSHQvf6DEypRCpTHy_jAdiBYlo7NLhisxI
 */
import { timingSafeEqual } from "node:crypto";
import type { PyValue } from "../python/value.ts";
import { deflateZlib } from "./deflate.ts";
import { base62, base64Url, fromBase62, fromBase64Url } from "./encodings.ts";
import { BadSignature, PythonError, SignatureExpired } from "./errors.ts";
import { type HmacKey, hmacKey, type SecretKey } from "./hmac.ts";
import { inflateZlib } from "./inflate.ts";
import { jsonSerializer, type Serializer } from "./serializers.ts";
import { type Micros, SECOND, secondsOf } from "./time.ts";

export type { SecretKey } from "./hmac.ts";

/** The salt of session_data in every built-in store that keeps its data on the server, 3.1 and later. */
export const SESSION_SALT = "django.contrib.sessions.SessionStore";
export const SIGNED_COOKIES_SALT = "django.contrib.sessions.backends.signed_cookies";
/** Default salt of dumps() and loads(). */
const SIGNING_SALT = "django.core.signing";

export type SignerOptions = {
  readonly key: SecretKey;
  readonly fallbackKeys?: readonly SecretKey[];
  /** Default ":". */
  readonly sep?: string;
  /** Default: the class path, as Django does for an empty salt too. */
  readonly salt?: string;
  /** Default sha256; sessions before 3.1 used sha1. */
  readonly algorithm?: string;
  /** 3.1 and 3.2 also accept this one (sha1). */
  readonly legacyAlgorithm?: string;
};

export class Signer {
  private readonly sep: string;
  private readonly signing: HmacKey;
  private readonly checking: readonly { readonly key: HmacKey; readonly index: number }[];

  /** ValueError for a separator that could occur in a signature. */
  constructor(options: SignerOptions, classPath = "django.core.signing.Signer") {
    this.sep = options.sep ?? ":";
    if (/^[A-z0-9-_=]*$/.test(this.sep))
      throw new PythonError(
        "ValueError",
        `Unsafe Signer separator: '${this.sep.replaceAll("\\", "\\\\")}' (cannot be empty or consist of only A-z0-9-_=)`,
      );
    const salt = `${options.salt || classPath}signer`;
    const algorithm = options.algorithm ?? "sha256";
    const secrets = [options.key, ...(options.fallbackKeys ?? [])];
    this.signing = hmacKey(algorithm, salt, options.key);
    this.checking = [
      algorithm,
      ...(options.legacyAlgorithm ? [options.legacyAlgorithm] : []),
    ].flatMap((name) =>
      secrets.map((secret, index) => ({ key: hmacKey(name, salt, secret), index })),
    );
  }

  signature(value: string): string {
    return this.signing.base64Url(value);
  }

  sign(value: string): string {
    return value + this.sep + this.signature(value);
  }

  /** BadSignature where there is no separator or no key fits. */
  unsign(signed: string): string {
    return this.check(signed).value;
  }

  /** unsign() that also says which key fitted: 0 is the current one, n the nth fallback. */
  check(signed: string): { value: string; key: number } {
    const { left: value, right: signature } = this.split(signed);
    const found = this.checking.find(({ key }) => sameText(key.base64Url(value), signature));
    if (!found) throw new BadSignature(`Signature "${signature}" does not match`);
    return { value, key: found.index };
  }

  /** At the last separator. */
  split(signed: string): { left: string; right: string } {
    const at = signed.lastIndexOf(this.sep);
    if (at < 0) throw new BadSignature(`No "${this.sep}" found in value`);
    return { left: signed.slice(0, at), right: signed.slice(at + this.sep.length) };
  }

  /** The separator in front of a second part. */
  join(value: string, part: string): string {
    return value + this.sep + part;
  }
}

/** Constant time for texts of one length. Signatures are ASCII; anything else cannot be equal. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Signs with the time, in whole seconds cut toward zero. */
export class TimestampSigner {
  private readonly signer: Signer;

  constructor(options: SignerOptions) {
    this.signer = new Signer(options, "django.core.signing.TimestampSigner");
  }

  sign(value: string, now: Micros): string {
    return this.signer.sign(this.signer.join(value, base62(now / SECOND)));
  }

  /**
   * BadSignature; ValueError or IndexError for a missing or unreadable time, also without maxAge;
   * SignatureExpired where more than `maxAge` seconds have passed (equal is still good).
   */
  unsign(signed: string, age?: { readonly maxAge: number; readonly now: Micros }): string {
    return this.check(signed, age).value;
  }

  /** unsign() with the signing time, and the key that fitted as in Signer.check. */
  check(
    signed: string,
    age?: { readonly maxAge: number; readonly now: Micros },
  ): { value: string; key: number; signedAt: Micros } {
    const { value: timed, key } = this.signer.check(signed);
    let parts: { left: string; right: string };
    try {
      parts = this.signer.split(timed);
    } catch {
      throw new PythonError("ValueError", "not enough values to unpack (expected 2, got 1)");
    }
    const timestamp = fromBase62(parts.right);
    if (age) {
      // Python subtracts floats, so must this.
      const passed = secondsOf(age.now) - Number(timestamp);
      if (passed > age.maxAge)
        throw new SignatureExpired(
          `Signature age ${Number.isInteger(passed) ? `${passed}.0` : passed} > ${age.maxAge} seconds`,
        );
    }
    return { value: parts.left, key, signedAt: timestamp * SECOND };
  }
}

/** Serialized bytes as a payload, without time and signature. */
export function encodePayload(raw: Uint8Array, compress: boolean): string {
  if (compress) {
    const packed = deflateZlib(raw);
    if (packed.length < raw.length - 1) return `.${base64Url(packed)}`;
  }
  return base64Url(raw);
}

/** The bytes that were serialized. binascii's Error, zlib's `error`, or a too_large problem. */
export function decodePayload(payload: string, maxBytes?: number): Uint8Array {
  if (!payload.startsWith(".")) return fromBase64Url(payload);
  return inflateZlib(fromBase64Url(payload.slice(1)), maxBytes);
}

export type DumpOptions = SignerOptions & {
  readonly now: Micros;
  readonly compress?: boolean;
  readonly serializer?: Serializer;
};

/** signing.dumps(value). Signs with `key`, never with a fallback. */
export function dumps(value: PyValue, options: DumpOptions): string {
  const payload = encodePayload(
    (options.serializer ?? jsonSerializer).dumps(value),
    options.compress ?? false,
  );
  return new TimestampSigner({ ...options, salt: options.salt || SIGNING_SALT }).sign(
    payload,
    options.now,
  );
}

export type LoadOptions = SignerOptions & {
  readonly serializer?: Serializer;
  /** With `maxAge` in seconds, older values are refused. */
  readonly age?: { readonly maxAge: number; readonly now: Micros };
};

/** signing.loads(text). Throws what Django would raise, by name; the value need not be a dict. */
export function loads(text: string, options: LoadOptions): PyValue {
  const signer = new TimestampSigner({ ...options, salt: options.salt || SIGNING_SALT });
  return (options.serializer ?? jsonSerializer).loads(
    decodePayload(signer.unsign(text, options.age)),
  );
}
